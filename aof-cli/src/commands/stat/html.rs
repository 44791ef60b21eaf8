//! The numbers as a page: one file, drawn in SVG, that needs no network and no script.

mod plots;
mod scale;
mod tables;

use super::series::WIDTH_MIN;
use super::tally::Tally;
use super::text::{facts, size};
use crate::command_line::size::{Size, counted};
use crate::command_line::stat::StatArguments;
use crate::commands::judged_order::{order_note, right_order};
use crate::commands::page::frame::{self, typed};
use crate::commands::page::map_section::put_map;
use crate::commands::page::markup::escape;
use crate::commands::page::verdict::Verdict;
use crate::input::source::Source;
use crate::output::advice::Next;

/// How many clients are listed.
const CLIENTS: usize = 20;

/// The whole page.
pub(super) fn page(tally: &Tally, sources: &[Source], arguments: &StatArguments) -> String {
    let mut page = frame::begin("aof stat", sources);
    let order = right_order(&tally.parts).and_then(|_| order_note("aof stat", sources, &tally.parts));
    verdict(tally, sources, order.and_then(|(note, _)| note.next.0)).put(&mut page);
    put_map(&mut page, &tally.map);
    let mut rows: Vec<(&str, String)> = Vec::new();
    for (name, value) in facts(tally) {
        match rows.last_mut().filter(|_| name.is_empty()) {
            Some((_, values)) => *values += &format!("<br>{}", escape(&value)),
            None => rows.push((name, escape(&value))),
        }
    }
    // The verdict has what is wrong.
    rows.retain(|(name, _)| *name != "wrong");
    rows.extend(identity(tally));
    frame::numbers(&mut page, &rows);
    if tally.entries > 0 {
        plots::rate(&mut page, tally);
        tables::spreads(&mut page, tally);
        let operations = tally.operations().into_iter().map(|(operation, count)| (operation.to_string(), count));
        tables::counts(&mut page, "Operations", "operation", operations.collect());
        let sizes = tally.sizes.classes().into_iter().map(|(to, count)| (format!("up to {}", size(to)), count));
        tables::counts(&mut page, "Entry sizes", "size", sizes.collect());
        tables::gaps(&mut page, tally);
        let clients = tally.clients.top(CLIENTS).into_iter().map(|(client, count)| (format!("{client:032x}"), count));
        tables::counts(&mut page, "Clients with most entries", "client", clients.collect());
    }
    frame::end(&mut page, &command(arguments));
    page
}

/// What is wrong, and what to do next.
fn verdict<'a>(tally: &'a Tally, sources: &[Source], order: Option<String>) -> Verdict<'a> {
    let count: u64 = tally.kinds.values().sum();
    let kinds: Vec<String> = tally.kinds.iter().map(|(kind, count)| counted(*count, kind)).collect();
    let said = match (count, tally.entries, &order) {
        (0, 0, _) => "The log is empty".to_owned(),
        (0, _, Some(_)) => {
            "Every entry is whole, and the files are given in another order than that of their entries".to_owned()
        }
        (0, _, None) => "Nothing is wrong: every entry is whole, and no op is missing".to_owned(),
        _ => format!("{} found: {}", counted(count, "problem"), kinds.join(", ")),
    };
    let names: Vec<String> = sources.iter().map(Source::in_command).collect();
    let next = if count > 0 {
        next(tally, &names.join(" "))
    } else {
        let in_order = |command| Next::new(command, "reads the files in the order of their entries");
        order.into_iter().map(in_order).collect()
    };
    let (findings, of_several) = (&tally.findings[..], sources.len() > 1);
    Verdict { is_bad: count > 0, said, findings, count, of_several, lines: Vec::new(), next }
}

fn next(tally: &Tally, names: &str) -> Vec<Next> {
    let mut next = vec![Next::new(format!("aof validate {names}"), "lists everything that is wrong, with what helps")];
    if tally.kinds.contains_key("cluster") {
        return next;
    }
    if tally.kinds.contains_key("damage") || tally.kinds.contains_key("gap") {
        next.push(Next::new(
            format!("aof merge -o OUT {names} ANOTHER-COPY"),
            "fills in what another copy of the log has",
        ));
    }
    next
}

/// Which log it is.
fn identity(tally: &Tally) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(first) = tally.series.first
        && let Some(nanos) = tally.series.last.checked_sub(first).filter(|nanos| *nanos >= WIDTH_MIN)
    {
        let rate = tally.entry_bytes as f64 / (nanos as f64 / 1e9);
        rows.push(("bytes a second", format!("{} in the mean", Size(rate as u64))));
    }
    let parts = || tally.parts.iter();
    if let Some((op, parent, _)) = parts().filter_map(|part| part.first).min_by_key(|first| first.0) {
        rows.push(("root", format!("<code>{parent}</code>, the parent of op {op}")));
    }
    if let Some(tip) = parts().filter_map(|part| part.tip).max_by_key(|tip| tip.op) {
        rows.push(("tip", format!("<code>{}</code> (op {})", tip.checksum, tip.op)));
    }
    let of = if tally.is_clean() { "" } else { " (of what was read)" };
    rows.push(("digest", format!("<code>{}</code>{of}", tally.digester.digest())));
    rows
}

/// As it can be typed again.
fn command(arguments: &StatArguments) -> String {
    let logs: Vec<String> = arguments.logs.iter().map(|log| typed(log)).collect();
    let page = arguments.html.as_deref().map_or_else(String::new, |page| format!("--html {} ", typed(page)));
    format!("aof stat {page}{}", logs.join(" "))
}
