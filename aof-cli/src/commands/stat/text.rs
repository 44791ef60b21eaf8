//! The numbers on a terminal: tables with aligned columns, and bars.

use super::clients::DISTINCT_MAX;
use super::series::{Step, WIDTH_MIN};
use super::tally::{Count, Tally};
use crate::command_line::size::{Size, counted, exact, grouped, rate as per_second};
use crate::output::openraft::summary::Summary;
use crate::output::paths::printable;
use crate::output::time::short_time;
use crate::output::width::of_output;
use aof_api::Operation;
use std::io::{self, Write};

/// How long the longest bar is, in characters.
const BAR: usize = 30;

/// How wide a row is where that is not known.
const ROW: usize = 80;

/// How many gaps and clients are shown.
const SHOWN: usize = 10;

/// How many lines the rate over time takes at most.
const LINES: usize = 24;

pub(super) fn print(out: &mut impl Write, tally: &Tally) -> io::Result<()> {
    for (name, value) in facts(tally) {
        writeln!(out, "{name:<12}{value}")?;
    }
    for (name, value) in tally.raft.iter().flat_map(Summary::lines) {
        writeln!(out, "{name:<12}{value}")?;
    }
    if tally.entries == 0 {
        return Ok(());
    }
    let row = |name: String, count: Count| {
        let mean = count.bytes.checked_div(count.entries).map_or_else(|| "-".to_owned(), grouped);
        (vec![name, grouped(count.entries), grouped(count.bytes), mean], count.entries)
    };
    let name = |operation: Operation| {
        let named = tally.name(operation).map(|name| format!("{name}({})", operation.0));
        named.unwrap_or_else(|| operation.to_string())
    };
    let operations = tally.operations().into_iter().map(|(operation, count)| row(name(operation), count)).collect();
    table(out, &["operation", "entries", "bytes", "mean bytes"], operations)?;
    let sizes =
        tally.sizes.classes().into_iter().map(|(to, count)| row(format!("up to {}", size(to)), count)).collect();
    table(out, &["entry size", "entries", "bytes", "mean bytes"], sizes)?;
    table(out, &["time (UTC)", "entries", "entries/s", "again"], rates(tally))?;
    if tally.ops.gap_count > 0 {
        let gaps = tally.ops.gaps.iter().take(SHOWN).map(|gap| {
            let missing = gap.end() - gap.start() + 1;
            (vec![format!("{} to {}", gap.start(), gap.end()), grouped(missing)], missing)
        });
        table(out, &["missing ops", "count"], gaps.collect())?;
        more(out, tally.ops.gap_count)?;
    }
    let clients = tally.clients.top(SHOWN).into_iter().map(|(client, count)| row(format!("{client:032x}"), count));
    table(out, &["client", "entries", "bytes", "mean bytes"], clients.collect())?;
    more(out, tally.clients.distinct())
}

fn more(out: &mut impl Write, all: u64) -> io::Result<()> {
    match all.saturating_sub(SHOWN as u64) {
        0 => Ok(()),
        left => writeln!(out, "... and {} more", grouped(left)),
    }
}

/// What is said in one line each, here and on the page.
pub(super) fn facts(tally: &Tally) -> Vec<(&'static str, String)> {
    let ops = &tally.ops;
    let mut facts = vec![("entries", grouped(tally.entries)), ("bytes", exact(tally.bytes))];
    if tally.files > 1 {
        facts.insert(0, ("files", grouped(tally.files)));
    }
    if let (Some(first), Some(since)) = (ops.lowest, tally.series.first) {
        facts.push(("ops", format!("{first} to {}", ops.highest)));
        let nanos = tally.series.last - since;
        let seconds = nanos as f64 / 1e9;
        let rate = match nanos >= WIDTH_MIN {
            true => format!(", {} entries/s", per_second((tally.entries - ops.duplicates) as f64 / seconds)),
            false => String::new(),
        };
        facts.push(("time", format!("{} to {} UTC", short_time(since), short_time(tally.series.last))));
        facts.push(("", format!("{seconds:.3} s{rate}")));
        let (least, mean, most) = (tally.sizes.smallest, tally.entry_bytes / tally.entries, tally.sizes.largest);
        facts.push((
            "entry size",
            format!("{} to {} bytes, {} in the mean", grouped(least), grouped(most), grouped(mean)),
        ));
    }
    facts.push((
        "missing",
        match ops.gap_count {
            0 => "none".to_owned(),
            gaps => format!("{} in {}", counted(ops.missing, "op"), counted(gaps, "gap")),
        },
    ));
    if let Some(kind) = ops.head_missing() {
        facts.push(("note", kind.to_string()));
    }
    let mut again = vec![counted(ops.duplicates, "duplicate")];
    let rest = [
        (ops.others, "of another history"),
        (ops.late, "missing until then"),
        (ops.unknown, "too far back to compare"),
    ];
    for (count, what) in rest {
        if count > 0 {
            again.push(format!("{} {what}", grouped(count)));
        }
    }
    let backtracks = format!("the ops go back in {}", counted(ops.backtracks, "place"));
    facts.push((
        "again",
        if ops.recorded_again() == 0 { "none".to_owned() } else { format!("{}; {backtracks}", again.join(", ")) },
    ));
    if let Some((first, last)) = tally.views.ends.filter(|_| tally.views.changes > 0) {
        let changes = counted(tally.views.changes, "change");
        facts.push(("views", format!("{changes}, from view {first} to view {last}")));
    }
    let at_least = if tally.clients.beyond.entries > 0 { "at least " } else { "" };
    facts.push(("clients", format!("{at_least}{}", grouped(tally.clients.distinct()))));
    if tally.clients.beyond.entries > 0 {
        facts.push((
            "",
            format!(
                "{} are distinguished, {} of others",
                grouped(DISTINCT_MAX as u64),
                counted(tally.clients.beyond.entries, "entry")
            ),
        ));
    }
    facts.push((
        "damage",
        match tally.damages {
            0 => "none".to_owned(),
            places => format!("{} in {}", counted(tally.damaged_bytes, "byte"), counted(places, "place")),
        },
    ));
    for (index, finding) in tally.findings.iter().take(SHOWN).enumerate() {
        let name = if index == 0 { "wrong" } else { "" };
        let (path, offset) = (printable(&finding.log), finding.offset);
        facts.push((name, format!("{} at offset {offset} of {path}: {}", finding.kind, finding.message)));
    }
    let left = tally.kinds.values().sum::<u64>().saturating_sub(SHOWN as u64);
    if left > 0 && !tally.findings.is_empty() {
        facts.push(("", format!("and {} more: `aof validate` lists them", grouped(left))));
    }
    if tally.pending > 0 {
        facts.push(("pending", format!("{} bytes at the end are no whole entry yet", grouped(tally.pending))));
    }
    if tally.series.times_back > 0 {
        facts.push(("time back", times_back(tally.series.times_back)));
    }
    if tally.series.without_time > 0 {
        facts.push(("no time", format!("timestamp 0 in {}", counted(tally.series.without_time, "entry"))));
    }
    facts
}

/// That times go back, which a search by time does not expect.
pub(super) fn times_back(places: u64) -> String {
    format!("the times of entries go back in {}", counted(places, "place"))
}

/// Few enough steps for a terminal.
fn rates(tally: &Tally) -> Vec<(Vec<String>, u64)> {
    let steps = tally.series.steps();
    let joined = steps.len().div_ceil(LINES).max(1);
    let line = |steps: &[Step]| {
        let entries: u64 = steps.iter().map(|step| step.entries).sum();
        let again: u64 = steps.iter().map(|step| step.again).sum();
        let rate = tally.series.rate(entries) / joined as f64;
        (vec![short_time(steps[0].begin), grouped(entries), per_second(rate), grouped(again)], entries)
    };
    steps.chunks(joined).map(line).collect()
}

/// A size that is a power of two.
pub(super) fn size(bytes: u64) -> String {
    Size(bytes).to_string().replace(".0 ", " ")
}

/// Columns under each other, the first to the left, the others to the right, and a bar for what each row counts.
fn table(out: &mut impl Write, heading: &[&str], rows: Vec<(Vec<String>, u64)>) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let width = |column: usize| {
        let cells = rows.iter().map(|(cells, _)| cells[column].len());
        cells.chain([heading[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let line = |cells: &[&str]| {
        let mut line = format!("{:<width$}", cells[0], width = widths[0]);
        for (cell, width) in cells.iter().zip(&widths).skip(1) {
            line += &format!("  {cell:>width$}");
        }
        line
    };
    writeln!(out, "\n{}", line(heading))?;
    // The bars take what is left of the row.
    let taken: usize = widths.iter().map(|width| width + 2).sum();
    let longest = of_output().unwrap_or(ROW).saturating_sub(taken).min(BAR);
    for (cells, count) in &rows {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        writeln!(out, "{}", format!("{}  {}", line(&cells), bar(*count, most, longest)).trim_end())?;
    }
    Ok(())
}

/// A bar in eighths of a character, at most so many characters.
fn bar(count: u64, most: u64, longest: usize) -> String {
    let eighths = (count as f64 / most.max(1) as f64 * (longest * 8) as f64).round() as usize;
    // What is there is seen.
    let eighths = if count > 0 && longest > 0 { eighths.max(1) } else { 0 };
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    "█".repeat(eighths / 8) + part
}
