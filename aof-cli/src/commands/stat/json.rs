//! The numbers as JSON lines.

use super::tally::Tally;
use crate::output::failure::Outcome;
use crate::output::json::log::{Gap, plain_note};
use crate::output::json::print as print_object;
use crate::output::json::raft::Raft;
use crate::output::json::stat::{Client, Operation, Rate, Size, Summary};
use crate::output::json::value::{Hex, Sometimes};
use crate::output::out::Out;
use crate::output::time::time;
use std::path::Path;

/// How many clients are listed.
const CLIENTS: usize = 100;

pub(super) fn print(out: &mut Out, tally: &Tally, path: &Path) -> Outcome<()> {
    for (operation, count) in tally.operations() {
        let (entries, bytes) = (count.entries, count.bytes);
        let object = Operation { operation: operation.0, operation_name: tally.name(operation), entries, bytes };
        print_object(out, &object)?;
    }
    for (up_to, count) in tally.sizes.classes() {
        print_object(out, &Size { up_to, entries: count.entries, bytes: count.bytes })?;
    }
    for step in tally.series.steps() {
        let object = Rate {
            timestamp: step.begin.into(),
            time: time(step.begin),
            nanoseconds: tally.series.width().into(),
            entries: step.entries,
            entries_per_second: tally.series.rate(step.entries),
            again: step.again,
        };
        print_object(out, &object)?;
    }
    for gap in &tally.ops.gaps {
        let (first, last) = (*gap.start(), *gap.end());
        let object = Gap {
            missing_first: Some(first),
            missing_last: Some(last),
            parent: Sometimes(None),
            message: match first == last {
                true => format!("op {first} is missing"),
                false => format!("ops {first} to {last} are missing"),
            },
        };
        print_object(out, &object)?;
    }
    for finding in &tally.findings {
        print_object(out, finding)?;
    }
    for (client, count) in tally.clients.top(CLIENTS) {
        print_object(out, &Client { client: Hex(client), entries: count.entries, bytes: count.bytes })?;
    }
    if let Some(raft) = &tally.raft {
        print_object(out, &Raft::from(raft))?;
    }
    if let Some(kind) = tally.ops.head_missing() {
        let mut note = plain_note(path, kind.name(), kind.to_string());
        note.op = tally.ops.lowest;
        note.missing_last = tally.ops.lowest.unwrap_or(1).saturating_sub(1).into();
        print_object(out, &note)?;
    }
    if tally.entries == 0 && tally.damages == 0 {
        print_object(out, &plain_note(path, "empty", "the log is empty"))?;
    }
    if tally.series.times_back > 0 {
        print_object(out, &plain_note(path, "times-back", super::text::times_back(tally.series.times_back)))?;
    }
    print_object(out, &summary(tally))
}

fn summary(tally: &Tally) -> Summary {
    let (ops, series) = (&tally.ops, &tally.series);
    let last = series.first.map(|_| series.last);
    Summary {
        entries: tally.entries,
        bytes: tally.bytes,
        op_first: ops.first,
        op_highest: ops.first.map(|_| ops.highest),
        timestamp_first: series.first.map(Into::into),
        time_first: series.first.map(time),
        timestamp_last: last.map(Into::into),
        time_last: last.map(time),
        gaps: ops.gap_count,
        missing: ops.missing,
        backtracks: ops.backtracks,
        times_back: series.times_back,
        duplicates: ops.duplicates,
        other_histories: ops.others,
        late: ops.late,
        not_compared: ops.unknown,
        view_first: tally.views.ends.map(|(first, _)| first.into()),
        view_last: tally.views.ends.map(|(_, last)| last.into()),
        view_changes: tally.views.changes,
        clients: tally.clients.distinct(),
        clients_exact: tally.clients.beyond.entries == 0,
        findings: tally.kinds.values().sum(),
        damages: tally.damages,
        damaged_bytes: tally.damaged_bytes,
        pending: tally.pending,
    }
}
