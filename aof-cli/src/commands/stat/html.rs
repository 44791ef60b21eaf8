//! The numbers as a page: one file, drawn in SVG, that needs no network and no script.

mod markup;
mod plots;
mod scale;
mod style;
mod tables;
mod verdict;

use super::series::WIDTH_MIN;
use super::tally::Tally;
use super::text::{facts, size};
use crate::command_line::size::Size;
use crate::command_line::stat::StatArguments;
use crate::commands::judged_order::{order_note, right_order};
use crate::input::source::Source;
use crate::output::paths::{quoted, shown};
use crate::output::time::short_time;
use markup::{escape, put};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use style::STYLE;

/// How many clients are listed.
const CLIENTS: usize = 20;

/// The whole page.
pub(super) fn page(tally: &Tally, sources: &[Source], arguments: &StatArguments) -> String {
    let names: Vec<String> = sources.iter().map(|source| escape(&shown(&source.path))).collect();
    let name = names.join(", ");
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{name}: aof stat</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n"
    );
    let order = right_order(&tally.parts).and_then(|_| order_note("aof stat", sources, &tally.parts));
    verdict::verdict(&mut page, tally, sources, order.as_ref().and_then(|(note, _)| note.next.0.as_deref()));
    verdict::map(&mut page, tally);
    page += "<h2>In numbers</h2>\n<dl>\n";
    let mut rows: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, value) in facts(tally) {
        match rows.last_mut().filter(|_| name.is_empty()) {
            Some((_, values)) => values.push(escape(&value)),
            None => rows.push((name, vec![escape(&value)])),
        }
    }
    // The verdict has what is wrong.
    for (name, values) in rows.iter().filter(|(name, _)| *name != "wrong") {
        put(&mut page, format_args!("<dt>{name}</dt><dd>{}</dd>\n", values.join("<br>")));
    }
    identity(&mut page, tally);
    page += "</dl>\n";
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
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as u64);
    let (version, now, command) = (env!("CARGO_PKG_VERSION"), short_time(now), escape(&command(arguments)));
    put(
        &mut page,
        format_args!(
            "</main>\n<footer>Made by aof {version} at {now} UTC: <code>{command}</code></footer>\n</body>\n</html>\n"
        ),
    );
    page
}

/// Which log it is.
fn identity(page: &mut String, tally: &Tally) {
    if let Some(first) = tally.series.first
        && let Some(nanos) = tally.series.last.checked_sub(first).filter(|nanos| *nanos >= WIDTH_MIN)
    {
        let rate = tally.entry_bytes as f64 / (nanos as f64 / 1e9);
        put(page, format_args!("<dt>bytes a second</dt><dd>{} in the mean</dd>\n", Size(rate as u64)));
    }
    let parts = || tally.parts.iter();
    if let Some((op, parent, _)) = parts().filter_map(|part| part.first).min_by_key(|first| first.0) {
        put(page, format_args!("<dt>root</dt><dd><code>{parent}</code>, the parent of op {op}</dd>\n"));
    }
    if let Some(tip) = parts().filter_map(|part| part.tip).max_by_key(|tip| tip.op) {
        put(page, format_args!("<dt>tip</dt><dd><code>{}</code> (op {})</dd>\n", tip.checksum, tip.op));
    }
    let of = if tally.is_clean() { "" } else { " (of what was read)" };
    put(page, format_args!("<dt>digest</dt><dd>{}{of}</dd>\n", tally.digester.digest()));
}

/// As it can be typed again.
fn command(arguments: &StatArguments) -> String {
    // A stream keeps its name.
    let quoted = |path: &Path| if path.as_os_str() == "-" { "-".to_owned() } else { quoted(path) };
    let logs: Vec<String> = arguments.logs.iter().map(|log| quoted(log)).collect();
    let page = arguments.html.as_deref().map_or_else(String::new, |page| format!("--html {} ", quoted(page)));
    format!("aof stat {page}{}", logs.join(" "))
}
