//! What a merge or a repair has to say.

mod lines;

use super::clusters::mixed;
use super::lost::lost;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::input::source::Source;
use crate::output::advice::{Next, cut_torn_end};
use crate::output::failure::{ERROR, Failure, Outcome};
use crate::output::json;
use crate::output::json::log::plain_note;
use crate::output::looks::looks;
use crate::output::out::Out;
use crate::output::paths::{quoted, shown};
use crate::output::say::say;
use anstyle::{AnsiColor, Style};
use aof_api::merge::{self, Fork, InputDamage, Stretch, Unmergeable};
use aof_api::read::Until;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// How many lines of a kind a terminal shows; a pipe gets them all.
const SHOWN_MAX: usize = 10;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const QUIET: Style = Style::new().dimmed();

/// The inputs by their names, and how to print.
pub(crate) struct Merged<'a> {
    paths: Vec<PathBuf>,
    output: &'a OutputArguments,
    shown_max: usize,
    /// One log is repaired, so a whole one is left as it is.
    repairs: bool,
}

impl<'a> Merged<'a> {
    pub(crate) fn new(paths: &[&Path], output: &'a OutputArguments) -> Merged<'a> {
        let paths = paths.iter().map(|path| path.to_path_buf()).collect();
        let shown_max = if std::io::stdout().is_terminal() { SHOWN_MAX } else { usize::MAX };
        Merged { paths, output, shown_max, repairs: false }
    }

    /// What is said is about the repair of one log.
    pub(crate) fn repairing(self) -> Merged<'a> {
        Merged { repairs: true, ..self }
    }

    /// Prints what was found in the inputs, and returns why nothing was written.
    pub(crate) fn refuse(&self, report: &merge::Report, error: merge::Error) -> Failure {
        let reason = match error {
            merge::Error::Storage(error) => return Failure::at(self.input_path(0))(error),
            merge::Error::Unmergeable { reason } => reason,
            error => return Failure::problem(error.to_string()),
        };
        let mut out = Out::of_verdict();
        let printed = if self.output.json {
            self.refuse_json(&mut out, report, &reason)
        } else {
            self.inputs(&mut out, report).map_err(Failure::output)
        };
        if let Err(failure) = printed.and_then(|()| out.finish()) {
            return failure;
        }
        match &*reason {
            Unmergeable::Fork(fork) => Failure::problem(self.fork(fork)),
            Unmergeable::NoEntries => self.no_entries(report, &reason),
            reason => Failure::problem(reason.to_string()),
        }
    }

    /// Not one entry was found: what the files look like.
    fn no_entries(&self, report: &merge::Report, reason: &Unmergeable) -> Failure {
        let (mut text, mut next) = (reason.to_string(), Vec::new());
        for path in &self.paths {
            if let Some((looks, command)) = looks(path).map(|looks| looks.advice(path)) {
                text += &format!("\n  {looks}");
                next.extend(command);
            }
        }
        if let [damage] = &report.damage[..]
            && damage.finding.kind.is_torn_end()
        {
            next.push(self.cut_torn_end(damage.finding.part));
        }
        Failure::Problem { text, next }
    }

    fn cut_torn_end(&self, input: usize) -> Next {
        cut_torn_end(&quoted(self.input_path(input)))
    }

    /// Prints what was found and written; `kept` is where the original is.
    pub(crate) fn print(&self, report: &merge::Report, written: Option<&Path>, kept: Option<&Path>) -> Outcome<()> {
        let mut out = Out::of_verdict();
        if self.output.json {
            self.print_json(&mut out, report, written, kept)?;
        } else {
            self.print_text(&mut out, report, written, kept).map_err(Failure::output)?;
        }
        out.finish()
    }

    /// Notes something about the file at `path`.
    pub(crate) fn note(&self, path: &Path, kind: &'static str, text: String) -> Outcome<()> {
        if !self.output.json {
            say!("note: {text}");
            return Ok(());
        }
        let mut out = Out::of_verdict();
        json::print(&mut out, &plain_note(path, kind, text))?;
        out.finish()
    }

    /// Notes inputs in which logs of several clusters are mixed, of which one is kept.
    pub(crate) fn note_clusters(&self, sources: &[Source]) -> Outcome<()> {
        sources.iter().try_for_each(|source| match mixed(source) {
            Some(text) => self.note(&source.path, "cluster", text),
            None => Ok(()),
        })
    }

    /// Notes inputs that have lost their end.
    pub(crate) fn note_lost(&self, sources: &[Source]) -> Outcome<()> {
        sources.iter().try_for_each(|source| match lost(source)? {
            Some(finding) => {
                let text = format!("{} at offset {}: {}", shown(&source.path), finding.offset, finding.message);
                self.note(&source.path, "lost", text)
            }
            None => Ok(()),
        })
    }

    /// Notes that the output ends before the op that was asked for.
    pub(crate) fn note_short(&self, until: Option<Until>, report: &merge::Report) -> Outcome<()> {
        match (until, report.tip) {
            (Some(Until::Op(op)), Some(tip)) if tip.op < op => {
                let text = format!("the output ends with op {}, before op {op}", tip.op);
                self.note(self.input_path(0), "until", text)
            }
            _ => Ok(()),
        }
    }

    fn input_path(&self, input: usize) -> &Path {
        self.paths.get(input).map_or(Path::new(""), PathBuf::as_path)
    }

    fn path(&self, input: usize) -> String {
        shown(self.input_path(input))
    }

    fn fork(&self, fork: &Fork) -> String {
        let mut text = format!(
            "{} histories follow parent {}; nothing was written. Choose one with --tip:",
            grouped(fork.branch_count),
            fork.parent
        );
        for branch in &fork.branches {
            let (first, last) = (branch.first.op, branch.last.op);
            let views = match branch.views {
                Some((first, last)) if first == last => format!(", view {first}"),
                Some((first, last)) => format!(", views {first} to {last}"),
                None => String::new(),
            };
            let forks = if branch.forks > 0 {
                format!(" ({} more in it)", counted(branch.forks, "fork"))
            } else {
                String::new()
            };
            text += &format!(
                "\n  --tip {}  {}, ops {first} to {last}{views}, from offset {} of {}{forks}",
                branch.last.checksum,
                counted(branch.entries, "entry"),
                branch.offset,
                self.path(branch.input),
            );
        }
        let more = fork.branch_count - fork.branches.len() as u64;
        if more > 0 { text + &format!("\n  and {} more", grouped(more)) } else { text }
    }

    fn inputs(&self, out: &mut Out, report: &merge::Report) -> std::io::Result<()> {
        for (input, path) in report.inputs.iter().zip(&self.paths) {
            let path = shown(path);
            let ops = input.ops.as_ref().map_or(String::new(), |ops| format!(", ops {} to {}", ops.start(), ops.end()));
            let duplicates = if input.duplicates > 0 {
                format!(", {} of them known", grouped(input.duplicates))
            } else {
                String::new()
            };
            writeln!(
                out,
                "input     {path}: {} ({}){ops}{duplicates}",
                counted(input.entries, "entry"),
                Size(input.bytes)
            )?;
        }
        let mut shown = Shown::new(self.shown_max);
        for note in &report.notes {
            if shown.one() {
                writeln!(
                    out,
                    "{QUIET}note pending{QUIET:#} {} at offset {}: {}",
                    self.path(note.part),
                    note.offset,
                    note.kind
                )?;
            }
        }
        shown.rest(out, "note")?;
        for lost in [false, true] {
            let mut shown = Shown::new(self.shown_max);
            for InputDamage { finding, .. } in report.damage.iter().filter(|damage| damage.lost == lost) {
                if shown.one() {
                    let (label, style) = match (lost, finding.kind.is_torn_end()) {
                        (true, true) => ("torn end", ERROR),
                        (true, false) => ("LOST", ERROR),
                        (false, _) => ("recovered", QUIET),
                    };
                    let op = finding.op.map_or(String::new(), |op| format!(", op {op}"));
                    let (path, offset, kind) = (self.path(finding.part), finding.offset, &finding.kind);
                    writeln!(out, "{style}{label}{style:#} {path} at offset {offset}{op}: {kind}")?;
                }
            }
            shown.rest(out, "damaged place")?;
        }
        Ok(())
    }

    fn print_text(
        &self,
        out: &mut Out,
        report: &merge::Report,
        written: Option<&Path>,
        kept: Option<&Path>,
    ) -> std::io::Result<()> {
        self.inputs(out, report)?;
        let mut rows = Shown::new(self.shown_max);
        for gap in &report.gaps {
            if rows.one() {
                writeln!(out, "{ERROR}GAP{ERROR:#} {}", gap_text(gap))?;
            }
        }
        rows.rest(out, "gap")?;
        let mut rows = Shown::new(self.shown_max);
        for stretch in &report.stretches {
            if rows.one() {
                writeln!(out, "left out  {}", stretch_text(stretch))?;
            }
        }
        rows.rest(out, "stretch of entries left out")?;
        let tip = |tip: Option<aof_api::Tip>| {
            tip.map_or_else(|| "none".to_owned(), |tip| format!("{} (op {})", tip.checksum, tip.op))
        };
        let verb = if written.is_some() { "written" } else { "keeps" };
        let target = written.map_or_else(String::new, |path| format!(" to {}", shown(path)));
        writeln!(out, "{verb:<10}{}{target}", counted(report.entries, "entry"))?;
        if let (Some(first), Some(last)) = (report.first, report.tip) {
            writeln!(out, "ops       {} to {}", first.op, last.op)?;
        }
        if let Some(root) = report.root {
            writeln!(out, "root      {root}")?;
        }
        writeln!(out, "tip       {}", tip(report.tip))?;
        if report.past > 0 {
            writeln!(out, "past it   {} left out, as asked", counted(report.past, "entry"))?;
        }
        if report.left_out() > 0 {
            writeln!(out, "left out  {}", counted(report.left_out(), "entry"))?;
        }
        if let Some(kept) = kept {
            writeln!(out, "original  {}", shown(kept))?;
        }
        self.verdict(out, report, written)
    }

    fn verdict(&self, out: &mut Out, report: &merge::Report, written: Option<&Path>) -> std::io::Result<()> {
        if self.repairs && report.changes_nothing() && written.is_none() {
            return writeln!(out, "{GOOD}nothing to repair{GOOD:#}");
        }
        if report.is_whole() {
            let what = if report.entries == 0 { "empty" } else { "whole" };
            return writeln!(out, "{GOOD}{what}{GOOD:#}");
        }
        let lost = || report.damage.iter().filter(|damage| damage.lost);
        let torn = lost().find(|damage| damage.finding.kind.is_torn_end());
        let all_torn =
            report.gaps.is_empty() && report.left_out() == 0 && lost().all(|damage| damage.finding.kind.is_torn_end());
        let verdict = if all_torn { "whole but for a torn end" } else { "not whole" };
        writeln!(out, "{ERROR}{verdict}{ERROR:#}")?;
        if let (true, None, Some(torn)) = (all_torn, written, torn) {
            let Next { command, why } = self.cut_torn_end(torn.finding.part);
            writeln!(out, "`{command}` {why}.")?;
        }
        if !report.gaps.is_empty() || lost().next().is_some() {
            writeln!(out, "Another copy of the log may have what is missing: `aof merge` puts them together.")?;
        }
        if report.left_out() > 0 && !report.gaps.is_empty() {
            writeln!(
                out,
                "What is after the gap is whole: `--gaps` keeps it, in a log that only `--rule tb` accepts."
            )?;
        } else if report.left_out() > 0 {
            writeln!(out, "What is left out does not connect to the first file: `--root` chooses where to begin.")?;
        }
        Ok(())
    }
}

fn gap_text(gap: &merge::Gap) -> String {
    let (before, parent, after) = (gap.before.op, gap.parent, gap.after.op);
    match gap.missing() {
        Some(missing) if missing.start() == missing.end() => {
            format!("after op {before}: op {} ({parent}), the parent of op {after}, is missing", missing.start())
        }
        Some(missing) => format!(
            "after op {before}: ops {} to {} are missing; the last of them, {parent}, is the parent of op {after}",
            missing.start(),
            missing.end()
        ),
        None => format!("after op {before}: {parent}, the parent of op {after}, is missing"),
    }
}

fn stretch_text(stretch: &Stretch) -> String {
    let Stretch { parent, first, last, entries, forks, .. } = stretch;
    let forks = if *forks > 0 { format!(", {}", counted(*forks, "fork")) } else { String::new() };
    format!("{}, ops {} to {}{forks}, on {parent}", counted(*entries, "entry"), first.op, last.op)
}

/// Counts lines, and shows the first of them.
struct Shown {
    max: usize,
    count: usize,
}

impl Shown {
    fn new(max: usize) -> Shown {
        Shown { max, count: 0 }
    }

    fn one(&mut self) -> bool {
        self.count += 1;
        self.count <= self.max
    }

    fn rest(&self, out: &mut Out, thing: &str) -> std::io::Result<()> {
        if self.count > self.max {
            writeln!(
                out,
                "{QUIET}... {} in all; `--json` lists every one{QUIET:#}",
                counted(self.count as u64, thing)
            )?;
        }
        Ok(())
    }
}
