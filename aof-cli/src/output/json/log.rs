//! What is found in a log.

use super::object::{object, part};
use super::value::{Hex, Sometimes};
use crate::output::paths::printable;
use aof_api::read::DamagedRange;
use aof_api::validate;
use std::path::Path;

object! {
    /// A problem. It makes the exit code 1.
    Finding = "finding" {
        /// One word: `damage`, `unreadable`, `gap`, `break`, `fork`, `cluster`, `lost`; of `aof export`, `not-decoded`; of
        /// `aof status`, `replaced`
        kind: &'static str,
        /// The file
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// Where it is, in bytes from the start of the file
        offset: u64,
        /// The op of the entry, where one is known
        op: Option<u64>,
        /// What it is, for people
        message: String,
        /// `damage`, `unreadable`: bytes that hold no whole entry
        len: Sometimes<u64>,
        /// `damage`: whether all of them are zeros
        zeros: Sometimes<bool>,
        /// `damage`: whether it is the end of a log as a crash leaves it
        torn_end: Sometimes<bool>,
        /// `gap`: the first op that is missing
        missing_first: Sometimes<u64>,
        /// `gap`: the last op that is missing
        missing_last: Sometimes<u64>,
        /// `gap`, `fork`: the checksum of the parent
        parent: Sometimes<Hex>,
        /// `break`: the checksum that the parent should have
        expected: Sometimes<Hex>,
        /// `break`: the checksum of the parent
        found: Sometimes<Hex>,
        /// `fork`: the checksum of the entry that came first
        other: Sometimes<Hex>,
        /// `fork`: the checksum of this entry; `lost`: that of the entry that is not there
        checksum: Sometimes<Hex>,
        /// `cluster`: the cluster before
        cluster_expected: Sometimes<Hex>,
        /// `cluster`: the cluster of this entry
        cluster_found: Sometimes<Hex>,
        /// `lost`: how many bytes were recorded as durable
        covered: Sometimes<u64>,
        /// `merge`, `repair`: whether no input has what was there
        lost: Sometimes<bool>,
    }
}

object! {
    /// Something that is legal and worth knowing. It leaves the exit code as it is.
    Note = "note" {
        /// One word, `duplicate`, `backtrack`, `seam`, `head-missing` and the like
        kind: &'static str,
        /// The file
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// Where it is, in bytes from the start of the file; null where it is about all of it
        offset: Option<u64>,
        /// The op of the entry, where one is known
        op: Option<u64>,
        /// What it is, for people
        message: String,
        /// `backtrack`, `op-jump`: the op of the entry before
        from: Sometimes<u64>,
        /// `parent-unseen`, `root`, `gap`: the checksum of the parent
        parent: Sometimes<Hex>,
        /// `parent-unseen`, `head-missing`, `gap`: the first op that is missing
        missing_first: Sometimes<u64>,
        /// `parent-unseen`, `head-missing`, `gap`: the last op that is missing
        missing_last: Sometimes<u64>,
        /// `pending`: bytes at the end that are being written
        len: Sometimes<u64>,
        /// `duplicate`: the op of the last of consecutive entries that were recorded before
        op_last: Sometimes<u64>,
        /// `duplicate`: how many entries; `not-counted`: how many entries add nothing to the digest
        count: Sometimes<u64>,
        /// `order`: a command with the files in the right order
        next: Sometimes<String>,
    }
}

object! {
    /// A place without a whole entry.
    Damage {
        /// Where it begins, in bytes from the start of the file
        offset: u64,
        /// How many bytes it has
        len: u64,
        /// The op of the entry, where one is known
        op: Option<u64>,
        /// Whether all of them are zeros
        zeros: bool,
        /// Whether it is the end of a log as a crash leaves it
        torn_end: bool,
        /// What it is, for people
        message: String,
    }
}
part! { Damage: "object `damage`" }

object! {
    /// Ops that are missing between two entries.
    Gap = "gap" {
        /// The first op that is missing; null where the ops are consecutive and the chain is not
        missing_first: Option<u64>,
        /// The last op that is missing
        missing_last: Option<u64>,
        /// The checksum of the last missing entry, where it is known
        parent: Sometimes<Hex>,
        /// What it is, for people
        message: String,
    }
}

/// A path, and its bytes where the text does not say all of them.
pub(crate) fn name(path: &Path) -> (String, Sometimes<String>) {
    let bytes = path.as_os_str().as_encoded_bytes();
    let all = path.to_str().is_none().then(|| hex(bytes));
    (path.to_string_lossy().into_owned(), Sometimes(all))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A damaged place, as part of another object.
pub(crate) fn damage(range: &DamagedRange) -> Damage {
    let DamagedRange { offset, len, damage, op, zeros, torn_end, .. } = *range;
    Damage { offset, len, op, zeros, torn_end, message: damage.to_string() }
}

/// A finding in the file at `path`.
pub(crate) fn finding(path: &Path, finding: &validate::Finding) -> Finding {
    found(path, finding.offset, finding.op, &finding.kind)
}

/// What is found at a place in the file at `path`.
pub(crate) fn found(path: &Path, offset: u64, op: Option<u64>, kind: &validate::FindingKind) -> Finding {
    use validate::FindingKind;
    let mut object = plain_finding(path, kind.name(), offset, op, printable(&kind.to_string()));
    match kind {
        FindingKind::Damage { len, zeros, torn_end, .. } => {
            object.len = (*len).into();
            object.zeros = (*zeros).into();
            object.torn_end = (*torn_end).into();
        }
        FindingKind::Unreadable { len, .. } => object.len = (*len).into(),
        FindingKind::Gap { missing, parent } => {
            object.missing_first = (*missing.start()).into();
            object.missing_last = (*missing.end()).into();
            object.parent = (*parent).into();
        }
        FindingKind::Break { expected, found } => {
            object.expected = (*expected).into();
            object.found = (*found).into();
        }
        FindingKind::Fork { parent, other, checksum } => {
            object.parent = (*parent).into();
            object.other = (*other).into();
            object.checksum = (*checksum).into();
        }
        FindingKind::Cluster { expected, found } => {
            object.cluster_expected = Hex(*expected).into();
            object.cluster_found = Hex(*found).into();
        }
        FindingKind::Lost { covered, tip } => {
            object.covered = (*covered).into();
            object.checksum = tip.checksum.into();
        }
        _ => {}
    }
    object
}

/// A note about the file at `path`.
pub(crate) fn note(path: &Path, note: &validate::Note) -> Note {
    use validate::NoteKind;
    let kind = &note.kind;
    let mut object = plain_note(path, kind.name(), kind.to_string());
    (object.offset, object.op) = (Some(note.offset), note.op);
    match kind {
        NoteKind::Backtrack { from } | NoteKind::OpJump { from } => object.from = (*from).into(),
        NoteKind::ParentUnseen { parent, missing } => {
            object.parent = (*parent).into();
            if let Some(missing) = missing {
                object.missing_first = (*missing.start()).into();
                object.missing_last = (*missing.end()).into();
            }
        }
        NoteKind::Root { parent } => object.parent = (*parent).into(),
        NoteKind::HeadMissing { op } => object.missing_last = op.saturating_sub(1).into(),
        NoteKind::Pending { len } => object.len = (*len).into(),
        _ => {}
    }
    object
}

/// A note about all of the file at `path`, or of standard input.
pub(crate) fn plain_note(path: &Path, kind: &'static str, message: impl Into<String>) -> Note {
    let (log, log_hex) = name(path);
    Note {
        kind,
        log,
        log_hex,
        offset: None,
        op: None,
        message: message.into(),
        from: Sometimes::default(),
        parent: Sometimes::default(),
        missing_first: Sometimes::default(),
        missing_last: Sometimes::default(),
        len: Sometimes::default(),
        op_last: Sometimes::default(),
        count: Sometimes::default(),
        next: Sometimes::default(),
    }
}

/// A finding without what only some kinds have.
pub(crate) fn plain_finding(path: &Path, kind: &'static str, offset: u64, op: Option<u64>, message: String) -> Finding {
    let (log, log_hex) = name(path);
    Finding {
        kind,
        log,
        log_hex,
        offset,
        op,
        message,
        len: Sometimes::default(),
        zeros: Sometimes::default(),
        torn_end: Sometimes::default(),
        missing_first: Sometimes::default(),
        missing_last: Sometimes::default(),
        parent: Sometimes::default(),
        expected: Sometimes::default(),
        found: Sometimes::default(),
        other: Sometimes::default(),
        checksum: Sometimes::default(),
        cluster_expected: Sometimes::default(),
        cluster_found: Sometimes::default(),
        covered: Sometimes::default(),
        lost: Sometimes::default(),
    }
}
