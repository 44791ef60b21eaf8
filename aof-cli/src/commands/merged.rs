//! What a merge or a repair has to say.

mod lines;

use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::output::exit::{ERROR, Failure, Outcome};
use crate::output::hint::{cut_torn_end, if_text};
use crate::output::paths::quoted;
use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use aof_api::Error;
use aof_api::merge::{self, Fork, InputDamage, Stretch, Unmergeable};
use std::io::{BufWriter, IsTerminal, StdoutLock, Write};
use std::path::Path;

/// How many lines of a kind a terminal shows; a pipe gets them all.
const SHOWN_MAX: usize = 10;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const QUIET: Style = Style::new().dimmed();

type Out = BufWriter<AutoStream<StdoutLock<'static>>>;

/// The inputs by their names, and how to print.
pub(crate) struct Merged<'a> {
    paths: Vec<String>,
    output: &'a OutputArguments,
    shown_max: usize,
}

impl<'a> Merged<'a> {
    pub(crate) fn new(paths: &[&Path], output: &'a OutputArguments) -> Merged<'a> {
        let paths = paths.iter().map(|path| path.display().to_string()).collect();
        let shown_max = if std::io::stdout().is_terminal() { SHOWN_MAX } else { usize::MAX };
        Merged { paths, output, shown_max }
    }

    /// Prints what was found in the inputs, and answers why nothing was written.
    pub(crate) fn refuse(&self, report: &merge::Report, error: Error) -> Failure {
        let Error::Unmergeable { reason } = &error else {
            return Failure::at(Path::new(&self.paths.join(", ")))(error);
        };
        let mut out = out();
        let printed = if self.output.json {
            self.refuse_json(&mut out, report, reason)
        } else {
            self.inputs(&mut out, report).map_err(Failure::output)
        };
        if let Err(failure) = printed.and_then(|()| out.flush().map_err(Failure::output)) {
            return failure;
        }
        Failure::Problem(match &**reason {
            Unmergeable::Fork(fork) => self.fork(fork),
            Unmergeable::NoEntries => {
                let text = self.paths.iter().filter_map(|path| if_text(Path::new(path)));
                let reason = text.fold(reason.to_string(), |reason, text| reason + "\n  " + &text);
                let [damage] = &report.damage[..] else { return Failure::Problem(reason) };
                if !damage.finding.kind.is_torn_end() {
                    return Failure::Problem(reason);
                }
                let (command, what) = cut_torn_end(&quoted(Path::new(self.path(damage.finding.part))));
                format!("{reason}\n  {command}   {what}")
            }
            reason => reason.to_string(),
        })
    }

    /// Prints what was found and written; `kept` is where the original is.
    pub(crate) fn print(&self, report: &merge::Report, written: Option<&Path>, kept: Option<&Path>) -> Outcome<()> {
        let mut out = out();
        if self.output.json {
            self.print_json(&mut out, report, written, kept)?;
        } else {
            self.print_text(&mut out, report, written, kept).map_err(Failure::output)?;
        }
        out.flush().map_err(Failure::output)
    }

    fn path(&self, input: usize) -> &str {
        self.paths.get(input).map_or("", String::as_str)
    }

    fn fork(&self, fork: &Fork) -> String {
        let mut text = format!(
            "{} histories stand on parent {}; nothing was written. Choose one with --tip:",
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
                        (false, _) => ("made good", QUIET),
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
        let mut shown = Shown::new(self.shown_max);
        for gap in &report.gaps {
            if shown.one() {
                writeln!(out, "{ERROR}GAP{ERROR:#} {}", gap_text(gap))?;
            }
        }
        shown.rest(out, "gap")?;
        let mut shown = Shown::new(self.shown_max);
        for stretch in &report.stretches {
            if shown.one() {
                writeln!(out, "left out  {}", stretch_text(stretch))?;
            }
        }
        shown.rest(out, "stretch of entries left out")?;
        let tip = |tip: Option<aof_api::Tip>| {
            tip.map_or_else(|| "none".to_owned(), |tip| format!("{} (op {})", tip.checksum, tip.op))
        };
        let verb = if written.is_some() { "written" } else { "keeps" };
        let target = written.map_or_else(String::new, |path| format!(" to {}", path.display()));
        writeln!(out, "{verb:<10}{}{target}", counted(report.entries, "entry"))?;
        if let (Some(first), Some(last)) = (report.first, report.tip) {
            writeln!(out, "ops       {} to {}", first.op, last.op)?;
        }
        if let Some(root) = report.root {
            writeln!(out, "root      {root}")?;
        }
        writeln!(out, "tip       {}", tip(report.tip))?;
        if report.left_out() > 0 {
            writeln!(out, "left out  {}", counted(report.left_out(), "entry"))?;
        }
        if let Some(kept) = kept {
            writeln!(out, "original  {}", kept.display())?;
        }
        self.verdict(out, report, written)
    }

    fn verdict(&self, out: &mut Out, report: &merge::Report, written: Option<&Path>) -> std::io::Result<()> {
        if report.changes_nothing() && written.is_none() {
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
            let (command, what) = cut_torn_end(&quoted(Path::new(self.path(torn.finding.part))));
            writeln!(out, "`{command}` {what}.")?;
        }
        if !report.gaps.is_empty() || lost().next().is_some() {
            writeln!(out, "Another copy of the log may have what is missing: `aof merge` puts them together.")?;
        }
        if report.left_out() > 0 && !report.gaps.is_empty() {
            writeln!(
                out,
                "What lies behind the gap is whole: `--gaps` keeps it, in a log that only `--rule tb` accepts."
            )?;
        } else if report.left_out() > 0 {
            writeln!(out, "What is left out does not connect to the first file: `--root` chooses where to begin.")?;
        }
        Ok(())
    }
}

fn out() -> Out {
    BufWriter::new(AutoStream::auto(std::io::stdout().lock()))
}

fn gap_text(gap: &merge::Gap) -> String {
    let (before, parent, behind) = (gap.before.op, gap.parent, gap.behind.op);
    match gap.missing() {
        Some(missing) if missing.start() == missing.end() => {
            format!(
                "behind op {before}: op {behind} wants its parent {parent}, op {}, which is missing",
                missing.start()
            )
        }
        Some(missing) => format!(
            "behind op {before}: ops {} to {} are missing; op {behind} wants {parent}, the last of them, as its parent",
            missing.start(),
            missing.end()
        ),
        None => format!("behind op {before}: op {behind} wants another parent, {parent}, which is missing"),
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
