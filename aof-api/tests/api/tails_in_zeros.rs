//! A last entry that was torn in space allocated ahead of the log: its beginning, and then zeros.

use crate::support::disk::Disk;
use crate::support::log::Log;
use crate::support::opening::{assert_cut, corrupt_at, open, options, refusal};
use crate::support::reading::validate_bytes;
use aof_api::format::{Header, Prepare};
use aof_api::log::TailKind;
use aof_api::storage::CorruptReason;
use aof_api::{Operation, Rule, Tail};

/// Two entries, and what the third would be: its last byte is not zero, and its body is 111 bytes.
fn log_and_entry() -> (Log, Log, Vec<u8>) {
    let log = Log::appended(3, &[2]);
    let entry = log.bytes()[log.range(2)].to_vec();
    (Log { prepares: log.prepares[..2].to_vec() }, log, entry)
}

/// Opens a log of two entries followed by `tail`, and asserts what kind of tail it is taken for.
fn assert_kind(tail: &[u8], kind: TailKind, context: &str) {
    let (log, _, _) = log_and_entry();
    let bytes = [&log.bytes()[..], tail].concat();
    let cut = assert_cut(&bytes, &log, 2, options(), context);
    assert_eq!(cut.kind, kind, "{context}");
    // What is said about the log is what recovery does.
    let finding = &validate_bytes(Rule::Linear, &bytes).findings[0].kind;
    assert_eq!(finding.is_torn_end(), kind != TailKind::Corrupt, "{context}: {finding}");
    let only_torn = options().tail(Tail::TruncateTorn);
    if kind == TailKind::Corrupt {
        let (offset, reason) = corrupt_at(refusal(&bytes, only_torn));
        assert_eq!(offset, log.offset(2), "{context}");
        assert!(matches!(reason, CorruptReason::TailRefused { .. }), "{context}: {reason}");
    } else {
        assert_cut(&bytes, &log, 2, only_torn, context);
    }
}

/// The first `written` bytes of an entry, and zeros up to `len`.
fn torn(entry: &[u8], written: usize, len: usize) -> Vec<u8> {
    let mut tail = entry[..written].to_vec();
    tail.resize(len, 0);
    tail
}

#[test]
fn the_beginning_of_an_entry_and_zeros_further_than_it_goes_are_a_torn_tail() {
    let (_, _, entry) = log_and_entry();
    for written in 1..entry.len() {
        // More than is read at once.
        for len in [4097, 8192, 10_000] {
            let context = format!("{written} bytes and zeros up to {len}");
            assert_kind(&torn(&entry, written, len), TailKind::Torn, &context);
        }
    }
}

#[test]
fn zeros_that_end_where_the_entry_does_are_bytes_that_are_missing() {
    let (_, _, entry) = log_and_entry();
    for written in [272, 300, entry.len() - 1] {
        let tail = torn(&entry, written, entry.len());
        assert_kind(&tail, TailKind::Corrupt, &format!("{written} bytes, zeros to the end of the entry"));
        let tail = torn(&entry, written, entry.len() + 1);
        assert_kind(&tail, TailKind::Torn, &format!("{written} bytes, zeros one byte further"));
    }
    // Without a whole header it is not known how far the entry goes.
    for written in [1, 16, 100, 200] {
        let tail = torn(&entry, written, 4096);
        assert_kind(&tail, TailKind::Corrupt, &format!("{written} bytes, zeros up to a block"));
    }
}

#[test]
fn one_byte_in_the_zeros_makes_a_torn_tail_corrupt() {
    let (_, _, entry) = log_and_entry();
    for len in [4097, 8192, 10_000] {
        for at in [272, 4095, 4096, len - 1] {
            let mut tail = torn(&entry, 200, len);
            tail[at] = 1;
            assert_kind(&tail, TailKind::Corrupt, &format!("byte {at} of {len} after a part of a header"));
        }
        for at in [entry.len() - 1, entry.len(), 4096, len - 1] {
            let mut tail = torn(&entry, 300, len);
            tail[at] = 1;
            assert_kind(&tail, TailKind::Corrupt, &format!("byte {at} of {len} after a part of a body"));
        }
    }
}

#[test]
fn an_entry_that_was_written_whole_and_damaged_then_is_corrupt_before_zeros_too() {
    let (_, _, entry) = log_and_entry();
    for at in [20, 271, 272, entry.len() - 2] {
        let mut tail = torn(&entry, entry.len(), 10_000);
        tail[at] ^= 1;
        assert_kind(&tail, TailKind::Corrupt, &format!("byte {at} of a whole entry"));
    }
}

#[test]
fn what_begins_like_no_entry_is_corrupt_before_zeros_too() {
    let (_, _, entry) = log_and_entry();
    for written in [1, 4, 15, 16] {
        let mut tail = torn(&entry, written, 10_000);
        tail[written - 1] ^= 1;
        assert_kind(&tail, TailKind::Corrupt, &format!("byte {} of a magic, the last that came", written - 1));
    }
    assert_kind(&torn(b"anything else", 13, 10_000), TailKind::Corrupt, "other bytes");
}

#[test]
fn a_whole_entry_before_the_zeros_counts_and_the_zeros_are_a_zero_tail() {
    let (_, log, entry) = log_and_entry();
    let bytes = [&log.bytes()[..log.offset(2) as usize], &torn(&entry, entry.len(), 10_000)].concat();
    let (_, recovery) = open(&Disk::with(&bytes), options().tail(Tail::TruncateTorn));
    assert_eq!((recovery.entries, recovery.cut.unwrap().kind), (3, TailKind::Zero));
}

#[test]
fn a_header_that_is_all_there_and_damaged_was_not_torn() {
    // Its body is empty, so that zeros follow its operation.
    let prepare = Prepare::seal(Header { op: 3.into(), ..Header::new(Operation(200)) }, b"").unwrap();
    let entry = prepare.as_entry_bytes();
    for at in [16, 100, 130, 267, 268] {
        let mut tail = torn(entry, entry.len(), 10_000);
        tail[at] ^= 1;
        assert_kind(&tail, TailKind::Corrupt, &format!("a bit of byte {at}"));
    }
    // One byte less, and the operation is not there.
    assert_kind(&torn(entry, 268, 10_000), TailKind::Torn, "all but the operation");
}
