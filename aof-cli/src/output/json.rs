//! JSON lines: one object per line, u128 as 32 hexadecimal digits, numbers that may pass 2^53 as strings.

use crate::output::exit::{Failure, Outcome};
use aof_api::format::Checksum;
use aof_api::read::DamagedRange;
use aof_api::validate::{Finding, FindingKind, Note, NoteKind, Validation};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::io::Write;

/// Prints one object.
pub(crate) fn print(out: &mut impl Write, object: &impl Serialize) -> Outcome<()> {
    serde_json::to_writer(&mut *out, object).map_err(|error| Failure::output(error.into()))?;
    out.write_all(b"\n").map_err(Failure::output)
}

/// A 64-bit number, which readers of JSON may only hold as a double.
pub(crate) fn number(value: u64) -> Value {
    Value::String(value.to_string())
}

/// A u128 in hexadecimal.
pub(crate) fn hex(value: u128) -> Value {
    Value::String(Checksum::from(value).to_string())
}

fn checksum(value: Checksum) -> Value {
    Value::String(value.to_string())
}

/// A place without a whole entry, for the reports of those that read on behind it or end there.
pub(crate) fn damage(range: &DamagedRange) -> Map<String, Value> {
    let DamagedRange { offset, len, damage, op, zeros, torn_end, .. } = range;
    let mut object = Map::new();
    object.insert("offset".to_owned(), number(*offset));
    object.insert("len".to_owned(), number(*len));
    object.insert("op".to_owned(), op.map_or(Value::Null, number));
    object.insert("zeros".to_owned(), (*zeros).into());
    object.insert("torn_end".to_owned(), (*torn_end).into());
    object.insert("message".to_owned(), damage.to_string().into());
    object
}

/// What findings and notes have in common.
fn place(kind: (&str, &str), path: &str, offset: u64, op: Option<u64>, message: String) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("type".to_owned(), kind.0.into());
    object.insert("kind".to_owned(), kind.1.into());
    object.insert("log".to_owned(), path.into());
    object.insert("offset".to_owned(), number(offset));
    object.insert("op".to_owned(), op.map_or(Value::Null, number));
    object.insert("message".to_owned(), message.into());
    object
}

pub(crate) fn finding(path: &str, finding: &Finding) -> Value {
    let kind = &finding.kind;
    let mut object = place(("finding", kind.name()), path, finding.offset, finding.op, kind.to_string());
    let mut add = |name: &str, value| object.insert(name.to_owned(), value);
    match kind {
        FindingKind::Damage { len, zeros, torn_end, .. } => {
            add("len", number(*len));
            add("zeros", (*zeros).into());
            add("torn_end", (*torn_end).into());
        }
        FindingKind::Unreadable { len, .. } => {
            add("len", number(*len));
        }
        FindingKind::Gap { missing, parent } => {
            add("missing_first", number(*missing.start()));
            add("missing_last", number(*missing.end()));
            add("parent", checksum(*parent));
        }
        FindingKind::Break { expected, found } => {
            add("expected", checksum(*expected));
            add("found", checksum(*found));
        }
        FindingKind::Fork { parent, other, checksum: this } => {
            add("parent", checksum(*parent));
            add("other", checksum(*other));
            add("checksum", checksum(*this));
        }
        _ => {}
    }
    Value::Object(object)
}

pub(crate) fn note(path: &str, note: &Note) -> Value {
    let kind = &note.kind;
    let mut object = place(("note", kind.name()), path, note.offset, note.op, kind.to_string());
    let mut add = |name: &str, value| object.insert(name.to_owned(), value);
    match kind {
        NoteKind::Backtrack { from } => {
            add("from", number(*from));
        }
        NoteKind::ParentUnseen { parent, missing } => {
            add("parent", checksum(*parent));
            if let Some(missing) = missing {
                add("missing_first", number(*missing.start()));
                add("missing_last", number(*missing.end()));
            }
        }
        NoteKind::Cluster { found } => {
            add("cluster", hex(*found));
        }
        NoteKind::Root { parent } => {
            add("parent", checksum(*parent));
        }
        NoteKind::HeadMissing { op } => {
            add("missing_last", number(op.saturating_sub(1)));
        }
        NoteKind::Pending { len } => {
            add("len", number(*len));
        }
        _ => {}
    }
    Value::Object(object)
}

pub(crate) fn summary(
    validation: &Validation,
    findings: u64,
    notes: u64,
    rule: &str,
    tip_matches: Option<bool>,
) -> Value {
    json!({
        "type": "summary",
        "rule": rule,
        "entries": number(validation.entries),
        "bytes": number(validation.bytes),
        "op_first": validation.ops.as_ref().map(|ops| number(*ops.start())),
        "op_last": validation.ops.as_ref().map(|ops| number(*ops.end())),
        "root": validation.root.map(checksum),
        "tip": validation.tip.map(|tip| checksum(tip.checksum)),
        "tip_op": validation.tip.map(|tip| number(tip.op)),
        "tip_matches": tip_matches,
        "digest": validation.digest.to_string(),
        "findings": number(findings),
        "notes": number(notes),
    })
}
