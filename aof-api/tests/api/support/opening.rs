//! Opening a log that a crash has left: what must open, what must be refused, what must be cut.

use super::block_on;
use super::disk::Disk;
use super::log::{Log, OPERATION};
use super::reading::{small_chunks, validate_bytes};
use aof_api::log::{Cut, CutPiece};
use aof_api::storage::CorruptReason;
use aof_api::{Aof, Error, LogOptions, Recovery, Rule};

pub(crate) fn options() -> LogOptions {
    LogOptions::new().clock(|| 1_000_000).read(small_chunks())
}

/// Opens a disk that must open.
pub(crate) fn open(disk: &Disk, options: LogOptions) -> (Aof<Disk>, Recovery) {
    block_on(Aof::open(disk.clone(), options)).unwrap()
}

/// Opens bytes that must be refused, and asserts that nothing was changed.
pub(crate) fn refusal(bytes: &[u8], options: LogOptions) -> Error {
    let disk = Disk::with(bytes);
    let error = block_on(Aof::open(disk.clone(), options)).err().expect("this must not open");
    assert_eq!(disk.bytes(), bytes, "a refused log was changed: {error}");
    assert_eq!((disk.writes(), disk.truncates()), (0, vec![]), "a refused log was touched: {error}");
    error
}

pub(crate) fn corrupt_at(error: Error) -> (u64, CorruptReason) {
    let Error::Corrupt { offset, reason } = error else { panic!("{error}") };
    (offset, reason)
}

/// What was cut, put together again.
pub(crate) fn cut_bytes(cut: &Cut) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in &cut.pieces {
        match piece {
            CutPiece::Bytes(piece) => bytes.extend_from_slice(piece),
            CutPiece::Zeros(len) => bytes.resize(bytes.len() + *len as usize, 0),
        }
    }
    bytes
}

/// Asserts that a log opens, loses everything from entry number `entries` on, and takes the next entry.
pub(crate) fn assert_cut(bytes: &[u8], log: &Log, entries: usize, options: LogOptions, context: &str) -> Cut {
    let disk = Disk::with(bytes);
    let (mut opened, recovery) = open(&disk, options.clone());
    let offset = log.offset(entries);
    let cut = recovery.cut.clone().unwrap_or_else(|| panic!("nothing was cut: {context}"));
    assert_eq!((cut.offset, cut.len), (offset, bytes.len() as u64 - offset), "{context}");
    assert_eq!(cut_bytes(&cut), &bytes[offset as usize..], "{context}");
    assert_eq!((recovery.entries, recovery.len), (entries as u64, offset), "{context}");
    let tip = entries.checked_sub(1).map(|last| log.checksum(last));
    assert_eq!(recovery.tip.map(|tip| tip.checksum), tip, "{context}");
    assert_eq!((recovery.kept.len(), recovery.kept_count), (0, 0), "{context}");
    assert_eq!(disk.bytes(), &bytes[..offset as usize], "{context}");
    assert_eq!((opened.len(), opened.durable_len(), opened.unflushed()), (offset, offset, 0), "{context}");
    assert_eq!(opened.tip(), recovery.tip, "{context}");

    let appended = block_on(opened.append(OPERATION, b"after")).unwrap();
    assert_eq!((appended.op, appended.offset), (entries as u64 + 1, offset), "{context}");
    let validation = validate_bytes(Rule::Linear, &disk.bytes());
    assert_eq!(validation.findings, [], "{context}");
    assert_eq!(validation.entries, entries as u64 + 1, "{context}");

    let (_, again) = open(&disk, options);
    assert_eq!((again.cut, again.entries), (None, entries as u64 + 1), "{context}");
    cut
}

/// How to damage an entry, as a list of bytes to flip in it or, where there are none, all of it made zero.
pub(crate) const DAMAGES: [&[usize]; 5] = [&[0], &[20], &[112], &[272], &[]];

pub(crate) fn with_damage(log: &Log, index: usize, damage: &[usize]) -> Vec<u8> {
    let mut bytes = log.bytes();
    let range = log.range(index);
    damage.iter().for_each(|at| bytes[range.start + at] ^= 1);
    if damage.is_empty() {
        bytes[range].fill(0);
    }
    bytes
}
