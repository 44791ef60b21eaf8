//! The numbers as JSON lines.

use super::tally::{Count, Tally};
use crate::output::exit::Outcome;
use crate::output::json::{hex, number, print as print_object};
use serde_json::{Value, json};
use std::io::Write;

/// How many clients are listed.
const CLIENTS: usize = 100;

pub(super) fn print(out: &mut impl Write, tally: &Tally) -> Outcome<()> {
    for (operation, count) in tally.operations() {
        let object = json!({ "type": "operation", "operation": operation.0, "operation_name": operation.name() });
        print_object(out, &with(object, count))?;
    }
    for (up_to, count) in tally.sizes.classes() {
        print_object(out, &with(json!({ "type": "size", "up_to": up_to }), count))?;
    }
    for (begin, entries) in tally.series.steps() {
        let object = json!({
            "type": "rate",
            "timestamp": number(begin),
            "nanoseconds": number(tally.series.width()),
            "entries": number(entries),
            "entries_per_second": tally.series.rate(entries),
        });
        print_object(out, &object)?;
    }
    for gap in &tally.ops.gaps {
        let (first, last) = (number(*gap.start()), number(*gap.end()));
        print_object(out, &json!({ "type": "gap", "missing_first": first, "missing_last": last }))?;
    }
    for (client, count) in tally.clients.top(CLIENTS) {
        print_object(out, &with(json!({ "type": "client", "client": hex(client) }), count))?;
    }
    if let Some(kind) = tally.ops.head_missing() {
        let op = tally.ops.lowest.map(number);
        let note = json!({ "type": "note", "kind": kind.name(), "op": op, "message": kind.to_string() });
        print_object(out, &note)?;
    }
    print_object(out, &summary(tally))
}

fn with(mut object: Value, count: Count) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert("entries".to_owned(), number(count.entries));
        fields.insert("bytes".to_owned(), number(count.bytes));
    }
    object
}

fn summary(tally: &Tally) -> Value {
    let ops = &tally.ops;
    json!({
        "type": "summary",
        "entries": number(tally.entries),
        "bytes": number(tally.bytes),
        "op_first": ops.first.map(number),
        "op_highest": ops.first.map(|_| number(ops.highest)),
        "timestamp_first": tally.series.first.map(number),
        "timestamp_last": tally.series.first.map(|_| number(tally.series.last)),
        "gaps": number(ops.gap_count),
        "missing": number(ops.missing),
        "backtracks": number(ops.backtracks),
        "duplicates": number(ops.duplicates),
        "other_histories": number(ops.others),
        "late": number(ops.late),
        "not_compared": number(ops.unknown),
        "clients": number(tally.clients.distinct()),
        "clients_exact": tally.clients.beyond.entries == 0,
        "damages": number(tally.damages),
        "damaged_bytes": number(tally.damaged_bytes),
        "pending": number(tally.pending),
    })
}
