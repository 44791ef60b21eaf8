//! `aof validate`: findings, notes, and the summary.

use crate::arguments::{OutputArguments, ValidateArguments};
use crate::exit::{ERROR, Exit, Failure, Outcome};
use crate::json;
use crate::progress::Progress;
use crate::size::{Size, counted, grouped};
use crate::source::Source;
use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use aof_api::{Finding, Note, Observation, Rule, ValidateOptions, Validation, Validator};
use futures::executor::block_on;
use std::collections::BTreeMap;
use std::io::{BufWriter, IsTerminal, StdoutLock, Write};

/// How many findings or notes of a kind a terminal shows; a pipe gets them all.
const SHOWN_MAX: u64 = 10;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const QUIET: Style = Style::new().dimmed();

pub(crate) fn run(arguments: &ValidateArguments, output: &OutputArguments) -> Outcome {
    let sources = Source::open_all(&arguments.logs)?;
    let mut progress = Progress::new(Source::total_len(&sources), output);
    let streams = sources.iter().any(Source::is_stream);
    let threads = if streams { 1 } else { arguments.threads.count() };
    let rule = Rule::from(arguments.rule);
    let mut validator = Validator::new(ValidateOptions::new().rule(rule).verify_threads(threads));
    progress.follow_entries(validator.entries_so_far());
    let mut report = Report::new(output.json, &progress);
    for source in &sources {
        validator.set_live(source.live);
        report.path = source.path.display().to_string();
        let mut readers = vec![progress.watch(source.reader()?)];
        if rule == Rule::Linear && !source.is_stream() {
            // As many as can be had: file descriptors may be few.
            readers.extend((1..threads).map_while(|_| Some(progress.watch(source.reader().ok()?))));
        }
        let read = block_on(validator.read_striped(readers, |observation| report.observe(&observation)));
        report.check()?;
        read.map_err(Failure::at(&source.path))?;
    }
    progress.finish();
    let validation = validator.finish();
    let tip_matches = arguments.tip.map(|tip| validation.tip.is_some_and(|last| last.checksum == tip));
    report.finish(&validation, arguments, &sources, tip_matches)?;
    let clean = report.findings() == 0 && tip_matches != Some(false);
    Ok(if clean { Exit::Clean } else { Exit::Problems })
}

/// Prints what is found as it is found, and counts it.
struct Report<'a> {
    out: BufWriter<AutoStream<StdoutLock<'static>>>,
    json: bool,
    shown_max: u64,
    progress: &'a Progress,
    path: String,
    findings: BTreeMap<&'static str, u64>,
    notes: BTreeMap<&'static str, u64>,
    /// The first failure of the output.
    failed: Option<Failure>,
}

impl<'a> Report<'a> {
    fn new(json: bool, progress: &'a Progress) -> Report<'a> {
        let shown_max = if json || !std::io::stdout().is_terminal() { u64::MAX } else { SHOWN_MAX };
        Report {
            out: BufWriter::new(AutoStream::auto(std::io::stdout().lock())),
            json,
            shown_max,
            progress,
            path: String::new(),
            findings: BTreeMap::new(),
            notes: BTreeMap::new(),
            failed: None,
        }
    }

    fn findings(&self) -> u64 {
        self.findings.values().sum()
    }

    fn observe(&mut self, observation: &Observation) {
        let (counts, kind) = match observation {
            Observation::Finding(finding) => (&mut self.findings, finding.kind.name()),
            Observation::Note(note) => (&mut self.notes, note.kind.name()),
        };
        let count = counts.entry(kind).or_insert(0);
        *count += 1;
        if self.failed.is_none() && *count <= self.shown_max {
            self.failed = self.progress.clone().suspend(|| self.print(observation)).err();
        }
    }

    fn print(&mut self, observation: &Observation) -> Outcome<()> {
        if self.json {
            let object = match observation {
                Observation::Finding(finding) => json::finding(&self.path, finding),
                Observation::Note(note) => json::note(&self.path, note),
            };
            return json::print(&mut self.out, &object);
        }
        let (label, style, offset, op, kind, text) = match observation {
            Observation::Finding(Finding { offset, op, kind, .. }) => {
                ("FINDING", ERROR, offset, op, kind.name(), kind.to_string())
            }
            Observation::Note(Note { offset, op, kind, .. }) => {
                ("note", QUIET, offset, op, kind.name(), kind.to_string())
            }
        };
        let op = op.map_or(String::new(), |op| format!(", op {op}"));
        let path = &self.path;
        writeln!(self.out, "{style}{label} {kind}{style:#} {path} at offset {offset}{op}: {text}")
            .map_err(Failure::output)?;
        // On a terminal, people want to see it when it is found.
        if self.shown_max < u64::MAX { self.out.flush().map_err(Failure::output) } else { Ok(()) }
    }

    /// The first failure of the output so far.
    fn check(&mut self) -> Outcome<()> {
        self.failed.take().map_or(Ok(()), Err)
    }

    fn finish(
        &mut self,
        validation: &Validation,
        arguments: &ValidateArguments,
        sources: &[Source],
        tip_matches: Option<bool>,
    ) -> Outcome<()> {
        let notes = self.notes.values().sum();
        let rule = Rule::from(arguments.rule);
        if self.json {
            let summary = json::summary(validation, self.findings(), notes, rule.name(), tip_matches);
            json::print(&mut self.out, &summary)?;
        } else {
            self.summarize(validation, arguments, sources, tip_matches).map_err(Failure::output)?;
        }
        self.out.flush().map_err(Failure::output)
    }

    fn summarize(
        &mut self,
        validation: &Validation,
        arguments: &ValidateArguments,
        sources: &[Source],
        tip_matches: Option<bool>,
    ) -> std::io::Result<()> {
        let Report { out, findings, notes, shown_max, .. } = self;
        for (kind, count) in findings.iter().chain(notes.iter()).filter(|(_, count)| **count > *shown_max) {
            writeln!(out, "{QUIET}... {} in all; `--json` lists every one{QUIET:#}", counted(*count, kind))?;
        }
        let none = || "none".to_owned();
        let ops = validation.ops.as_ref().map_or_else(none, |ops| format!("{} to {}", ops.start(), ops.end()));
        let counts = |counts: &BTreeMap<&str, u64>| {
            let counts: Vec<_> = counts.iter().map(|(kind, count)| counted(*count, kind)).collect();
            if counts.is_empty() { none() } else { counts.join(", ") }
        };
        let row = |out: &mut dyn Write, name: &str, value: String| writeln!(out, "{name:<10}{value}");
        row(out, "entries", grouped(validation.entries))?;
        row(out, "bytes", format!("{} ({})", grouped(validation.bytes), Size(validation.bytes)))?;
        row(out, "ops", ops)?;
        row(out, "root", validation.root.map_or_else(none, |root| root.to_string()))?;
        row(out, "tip", validation.tip.map_or_else(none, |tip| format!("{} (op {})", tip.checksum, tip.op)))?;
        let partial = if findings.is_empty() { "" } else { " (of what was read)" };
        row(out, "digest", format!("{}{partial}", validation.digest))?;
        row(out, "findings", counts(findings))?;
        row(out, "notes", counts(notes))?;
        let rule = Rule::from(arguments.rule);
        if let (Some(false), Some(expected)) = (tip_matches, arguments.tip) {
            writeln!(out, "{ERROR}not the expected tip{ERROR:#}: {expected} was expected as the last checksum")?;
        }
        if findings.is_empty() && tip_matches != Some(false) {
            let what = if validation.entries == 0 { "empty" } else { "whole" };
            return writeln!(out, "{GOOD}{what}{GOOD:#} under the rule {rule}");
        }
        let count: u64 = findings.values().sum();
        if count > 0 {
            writeln!(out, "{ERROR}{}{ERROR:#} under the rule {rule}", counted(count, "finding"))?;
        }
        advise(out, validation.entries, findings, sources)
    }
}

/// What to do next.
fn advise(
    out: &mut dyn Write,
    entries: u64,
    findings: &BTreeMap<&'static str, u64>,
    sources: &[Source],
) -> std::io::Result<()> {
    let has = |kind| findings.contains_key(kind);
    if entries == 0 && has("damage") {
        writeln!(out, "Not one entry was found: perhaps this is no append-only log.")?;
    } else if has("damage") || has("unreadable") {
        writeln!(out, "Every entry counted above is whole; what is lost is at the offsets named. Keep the file.")?;
    }
    if has("gap") {
        writeln!(out, "A gap is legal where a replica caught up by state sync: `--rule tb` accepts that.")?;
    }
    if has("break") {
        writeln!(out, "A restarted replica records entries again: `--rule seen-parent` accepts that.")?;
    }
    if has("damage") && sources.iter().any(|source| source.live) {
        writeln!(out, "The log is being written at this moment.")?;
    }
    Ok(())
}
