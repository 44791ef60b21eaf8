//! `aof validate`: findings, notes, and the summary.

use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::command_line::validate::ValidateArguments;
use crate::input::source::Source;
use crate::output::exit::{ERROR, Exit, Failure, Outcome};
use crate::output::hint::{cut_torn_end, if_text};
use crate::output::json;
use crate::output::progress::Progress;
use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use aof_api::Rule;
use aof_api::validate::{self, Finding, FindingKind, Note, Observation, Validation, Validator};
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
    let threads = if streams { 1 } else { arguments.threads.for_bytes(Source::total_len(&sources)) };
    let rule = Rule::from(arguments.rule);
    let mut validator = Validator::new(validate::Options::new().rule(rule).verify_threads(threads));
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
    for note in &validation.notes {
        report.path = sources.get(note.part).map_or_else(String::new, |source| source.path.display().to_string());
        report.observe(&Observation::Note(note.clone()));
    }
    report.check()?;
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
    /// In damaged and unreadable places.
    lost_bytes: u64,
    /// Ends as a crash leaves them.
    torn_ends: u64,
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
            lost_bytes: 0,
            torn_ends: 0,
            failed: None,
        }
    }

    fn findings(&self) -> u64 {
        self.findings.values().sum()
    }

    fn observe(&mut self, observation: &Observation) {
        if let Observation::Finding(Finding {
            kind: FindingKind::Damage { len, .. } | FindingKind::Unreadable { len, .. },
            ..
        }) = observation
        {
            self.lost_bytes += len;
        }
        if let Observation::Finding(finding) = observation {
            self.torn_ends += u64::from(finding.kind.is_torn_end());
        }
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
        let Report { out, findings, notes, shown_max, lost_bytes, torn_ends, .. } = self;
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
        let only_torn = count > 0 && *torn_ends == count;
        advise(out, validation, *lost_bytes, only_torn, findings, sources)
    }
}

/// What is unaffected, and what to do next.
fn advise(
    out: &mut dyn Write,
    validation: &Validation,
    lost_bytes: u64,
    only_torn: bool,
    findings: &BTreeMap<&'static str, u64>,
    sources: &[Source],
) -> std::io::Result<()> {
    let has = |kind| findings.contains_key(kind);
    let damaged = has("damage") || has("unreadable");
    if validation.entries == 0 && damaged && !only_torn {
        writeln!(out, "Not one entry was found: perhaps this is no append-only log.")?;
        let mut texts = sources.iter().filter_map(|source| if_text(&source.path));
        return texts.try_for_each(|text| writeln!(out, "{text}"));
    }
    if damaged {
        let whole = validation.bytes.saturating_sub(lost_bytes);
        let (whole, bytes) = (grouped(whole), grouped(validation.bytes));
        let entries = counted(validation.entries, "entry");
        let rest = if only_torn { "the rest is the torn end" } else { "what is lost is at the offsets named" };
        writeln!(out, "unaffected {entries}, {whole} of {bytes} bytes; {rest}")?;
    }
    if damaged && sources.iter().any(|source| source.live) {
        writeln!(out, "The log is being written at this moment: validate again before you do anything.")?;
    }
    let names: Vec<String> = sources.iter().map(Source::in_command).collect();
    let names = names.join(" ");
    let mut next = Vec::new();
    if only_torn && sources.len() == 1 {
        let (command, what) = cut_torn_end(&names);
        next.push(format!("{command}   {what}"));
    }
    if damaged || has("gap") {
        next.push(format!("aof merge -o OUT {names} ANOTHER-COPY   fills in what another copy of the log has"));
    }
    if damaged && validation.entries > 0 && sources.len() == 1 {
        next.push(format!("aof repair -o OUT {names}   writes what is whole to a log that opens"));
    }
    if has("gap") && !damaged && sources.len() == 1 {
        next.push(format!("aof repair --dry-run {names}   says what of it can be kept"));
    }
    if has("gap") {
        next.push("--rule tb   accepts gaps: they are legal where a replica caught up by state sync".to_owned());
    }
    if has("break") {
        next.push("--rule seen-parent   accepts what a restarted replica records again".to_owned());
    }
    if has("fork") {
        next.push(format!("aof merge -o OUT {names}   lists each branch with the --tip that keeps it"));
    }
    if !next.is_empty() {
        writeln!(out, "What to do next; keep the file until it is done:")?;
    }
    next.iter().try_for_each(|line| writeln!(out, "  {line}"))
}
