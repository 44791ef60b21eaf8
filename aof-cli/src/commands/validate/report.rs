//! Prints what is found as it is found, counts it, and sums it up.

use super::Verdict;
use super::html::Gathered;
use super::next::{Facts, advise};
use crate::command_line::size::{counted, exact, grouped};
use crate::command_line::validate::ValidateArguments;
use crate::commands::judge::{Found, Judged};
use crate::commands::page::Page;
use crate::input::source::Source;
use crate::output::failure::{ERROR, Failure, Outcome};
use crate::output::json;
use crate::output::json::raft::Raft;
use crate::output::openraft::summary::Summary;
use crate::output::out::Out;
use crate::output::paths::shown;
use crate::output::progress::Progress;
use anstyle::{AnsiColor, Style};
use aof_api::Rule;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

/// How many findings or notes of a kind a terminal shows; a pipe gets them all.
const SHOWN_MAX: u64 = 10;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const QUIET: Style = Style::new().dimmed();

type Counts = BTreeMap<&'static str, u64>;

pub(super) struct Report<'a> {
    out: Out,
    json: bool,
    shown_max: u64,
    progress: &'a Progress,
    findings: Counts,
    notes: Counts,
    /// How many lines there are of each kind.
    shown: Counts,
    /// In damaged and unreadable places.
    lost_bytes: u64,
    /// Ends as a crash leaves them.
    torn_ends: u64,
    /// For the page, where there is to be one.
    gathered: Option<Gathered>,
    /// The first failure of the output.
    failed: Option<Failure>,
}

impl<'a> Report<'a> {
    pub(super) fn new(json: bool, page: &Page<'_>, progress: &'a Progress) -> Report<'a> {
        // The page is in place of the text.
        let silent = matches!(page, Page::Output);
        let shown_max = if silent {
            0
        } else if json || !std::io::stdout().is_terminal() {
            u64::MAX
        } else {
            SHOWN_MAX
        };
        Report {
            out: Out::of_verdict(),
            json,
            shown_max,
            progress,
            findings: Counts::new(),
            notes: Counts::new(),
            shown: Counts::new(),
            lost_bytes: 0,
            torn_ends: 0,
            gathered: (!matches!(page, Page::None)).then(Gathered::new),
            failed: None,
        }
    }

    /// What is found from here on is in this file, before which so many bytes were read.
    pub(super) fn begin_file(&mut self, source: &Source, read: u64) {
        if let Some(gathered) = &mut self.gathered {
            gathered.begin_file(source, read);
        }
    }

    /// So many bytes were read by now.
    pub(super) fn end_file(&mut self, read: u64) {
        if let Some(gathered) = &mut self.gathered {
            gathered.end_file(read);
        }
    }

    pub(super) fn observe(&mut self, found: &Found) {
        if let Some(gathered) = &mut self.gathered {
            gathered.observe(found);
        }
        let count = match found {
            Found::Finding(_, finding) => {
                self.lost_bytes += finding.len.0.unwrap_or(0);
                self.torn_ends += u64::from(finding.torn_end.0.unwrap_or(false));
                self.findings.entry(finding.kind).or_insert(0)
            }
            Found::Note(_, note) => self.notes.entry(note.kind).or_insert(0),
        };
        let shown = self.shown.entry(found.kind()).or_insert(0);
        *shown += 1;
        *count += found.count();
        if self.failed.is_none() && *shown <= self.shown_max {
            self.failed = self.progress.clone().suspend(|| self.print(found)).err();
        }
    }

    fn print(&mut self, found: &Found) -> Outcome<()> {
        match found {
            Found::Finding(_, finding) if self.json => json::print(&mut self.out, finding)?,
            Found::Note(_, note) if self.json => json::print(&mut self.out, note)?,
            Found::Finding(path, json::log::Finding { kind, offset, op, message, .. }) => {
                let (path, op) = (shown(path), op_text(*op));
                writeln!(self.out, "{ERROR}FINDING {kind}{ERROR:#} {path} at offset {offset}{op}: {message}")
                    .map_err(Failure::output)?;
            }
            Found::Note(path, json::log::Note { kind, offset, op, message, .. }) => {
                let (path, op) = (shown(path), op_text(*op));
                let at = offset.map_or_else(String::new, |offset| format!(" at offset {offset}"));
                writeln!(self.out, "{QUIET}note {kind}{QUIET:#} {path}{at}{op}: {message}").map_err(Failure::output)?;
            }
        }
        // On a terminal, people want to see it when it is found.
        if self.shown_max < u64::MAX { self.out.finish() } else { Ok(()) }
    }

    /// The first failure of the output so far.
    pub(super) fn check(&mut self) -> Outcome<()> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Prints the summary; the exit code is the verdict.
    pub(super) fn finish(
        mut self,
        judged: &Judged,
        raft: Option<&Summary>,
        arguments: &ValidateArguments,
        sources: &[Source],
        page: &Page<'_>,
    ) -> Outcome {
        self.check()?;
        let facts = Facts::gather(judged, &self.findings, &self.notes, self.lost_bytes, self.torn_ends, sources)?;
        let verdict = Verdict {
            tip_matches: arguments.tip.map(|tip| judged.tip.is_some_and(|last| last.checksum == tip)),
            too_few: arguments.min_entries.is_some_and(|least| judged.validation.entries < least),
            findings: self.findings.values().sum(),
        };
        if let Some(note) = facts.order_note(sources, arguments.rule.rule) {
            self.observe(&note);
            self.check()?;
        }
        let written = match self.gathered.take() {
            None => false,
            Some(gathered) => {
                let advice = advise(&facts, sources, arguments.rule.rule);
                let rows = self.rows(judged);
                let text =
                    || gathered.page(rows, verdict.said(judged, arguments), &verdict, advice, arguments, sources);
                page.write(text, Source::mode(sources), &mut self.out)?
            }
        };
        if written {
            // In place of the text.
        } else if self.json {
            raft.map_or(Ok(()), |raft| json::print(&mut self.out, &Raft::from(raft)))?;
            self.print_object(judged, arguments, &verdict, &facts, sources)?;
        } else {
            for (name, value) in raft.map_or_else(Vec::new, Summary::lines) {
                writeln!(self.out, "{name:<12}{value}").map_err(Failure::output)?;
            }
            self.print_text(judged, arguments, &verdict, &facts, sources).map_err(Failure::output)?;
        }
        self.out.finish()?;
        Ok(verdict.exit())
    }

    fn print_object(
        &mut self,
        judged: &Judged,
        arguments: &ValidateArguments,
        verdict: &Verdict,
        facts: &Facts<'_>,
        sources: &[Source],
    ) -> Outcome<()> {
        let (validation, ops) = (&judged.validation, judged.validation.ops.as_ref());
        let next = advise(facts, sources, arguments.rule.rule).next;
        let summary = json::validate::Summary {
            whole: verdict.is_whole(),
            rule: Rule::from(arguments.rule.rule).name(),
            entries: validation.entries,
            bytes: validation.bytes,
            op_first: ops.map(|ops| *ops.start()),
            op_last: ops.map(|ops| *ops.end()),
            root: validation.root.map(Into::into),
            tip: judged.tip.map(|tip| tip.checksum.into()),
            tip_op: judged.tip.map(|tip| tip.op),
            tip_matches: verdict.tip_matches,
            digest: judged.digest().to_string(),
            findings: verdict.findings,
            notes: self.notes.values().sum(),
            entries_min: json::value::Sometimes(arguments.min_entries),
            next: next.into_iter().map(|next| next.command).collect(),
        };
        json::print(&mut self.out, &summary)
    }

    /// The summary, a line each.
    fn rows(&self, judged: &Judged) -> [(&'static str, String); 8] {
        let validation = &judged.validation;
        let none = || "none".to_owned();
        let ops = validation.ops.as_ref().map_or_else(none, |ops| format!("{} to {}", ops.start(), ops.end()));
        let partial = if self.findings.is_empty() { "" } else { " (of what was read)" };
        [
            ("entries", grouped(validation.entries)),
            ("bytes", exact(validation.bytes)),
            ("ops", ops),
            ("root", validation.root.map_or_else(none, |root| root.to_string())),
            ("tip", judged.tip.map_or_else(none, |tip| format!("{} (op {})", tip.checksum, tip.op))),
            ("digest", format!("{}{partial}", judged.digest())),
            ("findings", counts_text(&self.findings)),
            ("notes", counts_text(&self.notes)),
        ]
    }

    fn print_text(
        &mut self,
        judged: &Judged,
        arguments: &ValidateArguments,
        verdict: &Verdict,
        facts: &Facts<'_>,
        sources: &[Source],
    ) -> std::io::Result<()> {
        let rows = self.rows(judged);
        let Report { out, shown, shown_max, .. } = self;
        let validation = &judged.validation;
        for (kind, lines) in shown.iter().filter(|(_, lines)| **lines > *shown_max) {
            let more = grouped(lines - *shown_max);
            writeln!(out, "{QUIET}... and {more} more lines about {kind}; `--json` lists every one{QUIET:#}")?;
        }
        for (name, value) in rows {
            writeln!(out, "{name:<10}{value}")?;
        }
        let rule = Rule::from(arguments.rule.rule);
        if let (Some(false), Some(expected)) = (verdict.tip_matches, arguments.tip) {
            writeln!(out, "{ERROR}not the expected tip{ERROR:#}: expected the last checksum {expected}")?;
        }
        if let (true, Some(least)) = (verdict.too_few, arguments.min_entries) {
            writeln!(out, "{ERROR}too few entries{ERROR:#}: expected at least {}", grouped(least))?;
        }
        if verdict.is_whole() {
            let what = if validation.entries == 0 { "empty" } else { "whole" };
            let order = if judged.is_out_of_order() { ", in another order" } else { "" };
            writeln!(out, "{GOOD}{what}{GOOD:#} under the rule {rule}{order}")?;
        } else if verdict.findings > 0 {
            writeln!(out, "{ERROR}{}{ERROR:#} under the rule {rule}", counted(verdict.findings, "finding"))?;
        }
        let advice = advise(facts, sources, arguments.rule.rule);
        for line in advice.lines {
            writeln!(out, "{line}")?;
        }
        if !advice.next.is_empty() {
            writeln!(out, "What to do next; keep the files until it is done:")?;
        }
        advice.next.iter().try_for_each(|next| writeln!(out, "  {next}"))
    }
}

fn op_text(op: Option<u64>) -> String {
    op.map_or_else(String::new, |op| format!(", op {op}"))
}

fn counts_text(counts: &Counts) -> String {
    let counts: Vec<_> = counts.iter().map(|(kind, count)| counted(*count, kind)).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
}
