//! What is intact, and what to do next. No advice hides a problem, and each command helps.

use crate::command_line::rule::RuleName;
use crate::command_line::size::{counted, grouped};
use crate::commands::judge::{Found, Judged};
use crate::commands::merge;
use crate::input::source::Source;
use crate::output::advice::{Next, cut_torn_end, list_branches, merge_with_another};
use crate::output::failure::Outcome;
use crate::output::json::log::plain_note;
use aof_api::Rule;
use aof_api::merge::Merger;
use futures::executor::block_on;
use std::collections::BTreeMap;

/// What the advice depends on.
pub(super) struct Facts<'a> {
    findings: BTreeMap<&'static str, u64>,
    /// The ops go back somewhere, as they do when a restarted replica records again.
    goes_back: bool,
    only_torn: bool,
    entries: u64,
    bytes: u64,
    lost_bytes: u64,
    order: Option<&'a [usize]>,
    /// The entries of a file are in another order than that of their ops.
    out_of_order: bool,
    /// Whether the files together hold all of the log.
    recovered: bool,
}

/// Lines for people, and commands.
pub(super) struct Advice {
    pub(super) lines: Vec<String>,
    pub(super) next: Vec<Next>,
}

impl<'a> Facts<'a> {
    pub(super) fn gather(
        judged: &'a Judged,
        findings: &BTreeMap<&'static str, u64>,
        notes: &BTreeMap<&'static str, u64>,
        lost_bytes: u64,
        torn_ends: u64,
        sources: &[Source],
    ) -> Outcome<Facts<'a>> {
        let count: u64 = findings.values().sum();
        let mut facts = Facts {
            findings: findings.clone(),
            goes_back: notes.contains_key("backtrack"),
            only_torn: count > 0 && torn_ends == count,
            entries: judged.validation.entries,
            bytes: judged.validation.bytes,
            lost_bytes,
            order: judged.order.as_deref(),
            out_of_order: judged.is_out_of_order(),
            recovered: false,
        };
        if sources.len() > 1 && (facts.is_damaged() || facts.has("gap")) && !sources.iter().any(Source::is_stream) {
            facts.recovered = is_recovered(sources)?;
        }
        Ok(facts)
    }

    fn has(&self, kind: &str) -> bool {
        self.findings.contains_key(kind)
    }

    fn is_damaged(&self) -> bool {
        self.has("damage") || self.has("unreadable")
    }

    /// A note that the files are given in another order than that of their entries.
    pub(super) fn order_note(&self, sources: &[Source], rule: RuleName) -> Option<Found> {
        let command = self.in_order(sources, rule)?;
        let path = &sources.first()?.path;
        let message = format!("the files are given in another order than that of their entries: {command}");
        let mut note = plain_note(path, "order", message);
        note.next = command.into();
        Some(Found::Note(path.clone(), note))
    }

    /// The command with the files in the order of their entries.
    fn in_order(&self, sources: &[Source], rule: RuleName) -> Option<String> {
        let names: Vec<String> = self.order?.iter().map(|part| sources[*part].in_command()).collect();
        let rule = match rule {
            RuleName::SeenParent => String::new(),
            rule => format!("--rule {} ", Rule::from(rule).name()),
        };
        Some(format!("aof validate {rule}{}", names.join(" ")))
    }
}

/// Whether the files, merged, are whole. They are read once more.
fn is_recovered(sources: &[Source]) -> Outcome<bool> {
    let mut merger = Merger::new(merge::options(None, None, false, None, 1));
    for source in sources {
        merger.set_live(source.live);
        block_on(merger.read(source.reader()?)).map_err(|error| merge::of_input(source, error))?;
    }
    Ok(block_on(merger.plan()).is_ok_and(aof_api::merge::Report::is_whole))
}

pub(super) fn advise(facts: &Facts<'_>, sources: &[Source], rule: RuleName) -> Advice {
    let (mut lines, mut next) = (Vec::new(), Vec::new());
    let damaged = facts.is_damaged();
    if facts.entries == 0 && damaged && !facts.only_torn {
        lines.push("Not one entry was found: perhaps this is not an append-only log.".to_owned());
        for (text, command) in sources.iter().filter_map(Source::looks) {
            lines.push(text);
            next.extend(command);
        }
        return Advice { lines, next };
    }
    if damaged {
        let whole = facts.bytes.saturating_sub(facts.lost_bytes);
        let (whole, bytes) = (grouped(whole), grouped(facts.bytes));
        let entries = counted(facts.entries, "entry");
        let rest = if facts.only_torn { "the rest is the torn end" } else { "losses are at the offsets above" };
        lines.push(format!("intact: {entries}, {whole} of {bytes} bytes; {rest}"));
    }
    if damaged && sources.iter().any(|source| source.live) {
        lines.push("The log is being written at this moment: validate again before you do anything.".to_owned());
    }
    let names: Vec<String> = sources.iter().map(Source::in_command).collect();
    let (names, single) = (names.join(" "), sources.len() == 1);
    if let Some(command) = facts.in_order(sources, rule) {
        next.push(Next::new(command, "reads the files in the order of their entries"));
        return Advice { lines, next };
    }
    if facts.out_of_order {
        next.push(Next::new(format!("aof merge -o OUT {names}"), "writes the entries in order"));
        return Advice { lines, next };
    }
    if facts.only_torn && single {
        next.push(cut_torn_end(&names));
    }
    if facts.recovered {
        next.push(Next::new(
            format!("aof merge -o OUT {names}"),
            "recovers it: the files together hold all of the log",
        ));
    } else if damaged || facts.has("gap") || facts.has("lost") {
        next.push(merge_with_another(&names));
    }
    if damaged && facts.entries > 0 && single {
        next.push(Next::new(format!("aof repair -o OUT {names}"), "writes what is whole to a log that opens"));
    }
    if facts.has("gap") && !damaged && single {
        next.push(Next::new(format!("aof repair --dry-run {names}"), "reports what of it can be kept"));
    }
    if facts.has("fork") {
        next.push(list_branches(&names));
    }
    if facts.has("cluster") {
        lines.push("Logs of several clusters are mixed: validate those of each cluster by themselves.".to_owned());
    }
    if facts.has("gap") && !facts.recovered {
        lines.push(
            "Gaps are legal only where a replica caught up by state sync: `--rule tb` is for the logs of such replicas."
                .to_owned(),
        );
    }
    if facts.has("break") && facts.goes_back && !damaged && !facts.has("gap") {
        let command = format!("aof validate --rule seen-parent {names}");
        next.push(Next::new(command, "distinguishes what a restarted replica recorded again from a break"));
    }
    Advice { lines, next }
}
