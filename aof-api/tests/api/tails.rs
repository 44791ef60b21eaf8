//! Opening a log with a damaged tail: it is cut or refused, and what was there is reported.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION};
use crate::support::opening::{assert_cut, corrupt_at, open, options, refusal, with_damage};
use aof_api::format::{Damage, Prepare};
use aof_api::log::{CutPiece, TailKind};
use aof_api::storage::CorruptReason;
use aof_api::{Error, Tail};

#[test]
fn a_whole_log_opens_as_it_is() {
    for log in [Log::appended(6, &[3]), Log::history(6), Log::of_ops(&[])] {
        let disk = Disk::with(&log.bytes());
        let (opened, recovery) = open(&disk, options());
        assert_eq!((recovery.entries, recovery.len), (log.len() as u64, log.offset(log.len())));
        assert_eq!((recovery.cut, recovery.kept, recovery.kept_count), (None, vec![], 0));
        assert_eq!(recovery.tip.map(|tip| tip.checksum), log.prepares.last().map(Prepare::checksum));
        assert_eq!(disk.bytes(), log.bytes());
        assert_eq!(opened.durable_len(), opened.len(), "an opening ends with a checkpoint");
    }
}

#[test]
fn a_torn_tail_is_cut_at_open_wherever_it_was_torn() {
    for log in [Log::appended(4, &[2]), Log::history(4)] {
        let whole = log.bytes();
        let last = log.range(3);
        for end in last.start + 1..last.end {
            let context = format!("torn at byte {} of {}", end - last.start, last.len());
            let cut = assert_cut(&whole[..end], &log, 3, options(), &context);
            let have = (end - last.start) as u64;
            let need = if have < 272 { 272 } else { last.len() as u64 };
            assert_eq!((cut.kind, cut.damage), (TailKind::Torn, Damage::Torn { have, need }), "{context}");
            assert_eq!(cut.entries, 0, "{context}");
        }
    }
}

#[test]
fn the_only_entry_can_be_torn_too() {
    let log = Log::appended(1, &[]);
    for end in 1..log.bytes().len() {
        let cut = assert_cut(&log.bytes()[..end], &log, 0, options(), &format!("torn at byte {end}"));
        assert_eq!(cut.kind, TailKind::Torn, "torn at byte {end}");
    }
}

#[test]
fn a_zero_tail_is_cut_and_reported_as_a_length() {
    for log in [Log::appended(3, &[2]), Log::history(3), Log::of_ops(&[])] {
        for len in [1, 15, 16, 255, 271, 272, 273, 4095, 4096, 4097, 8192, 100_000] {
            let mut bytes = log.bytes();
            bytes.resize(bytes.len() + len, 0);
            let context = format!("{} entries and {len} zeros", log.len());
            let cut = assert_cut(&bytes, &log, log.len(), options(), &context);
            assert_eq!((cut.kind, cut.damage), (TailKind::Zero, Damage::Magic), "{context}");
            assert_eq!(cut.pieces, [CutPiece::Zeros(len as u64)], "{context}");
        }
    }
}

#[test]
fn a_tail_that_is_neither_torn_nor_zero_is_corrupt() {
    let log = Log::appended(4, &[2]);
    let last = log.range(3);
    // Bytes of the last entry that did not come, and what that looks like.
    let cases = [
        (0..16, Damage::Magic),
        (16..20, Damage::HeaderChecksum),
        (0..272, Damage::Magic),
        (272..last.len(), Damage::BodyChecksum),
        (100..last.len(), Damage::HeaderChecksum),
    ];
    for (missing, damage) in cases {
        let mut bytes = log.bytes();
        bytes[last.start + missing.start..last.start + missing.end].fill(0);
        let context = format!("bytes {missing:?} of the last entry are zero");
        let cut = assert_cut(&bytes, &log, 3, options(), &context);
        assert_eq!((cut.kind, cut.damage, cut.entries), (TailKind::Corrupt, damage, 0), "{context}");
    }
}

#[test]
fn a_large_tail_is_told_in_pieces_of_bytes_and_zeros() {
    let log = Log::appended(2, &[1]);
    let mut tail = vec![b'x'; 4096];
    tail.resize(3 * 4096, 0);
    tail.extend_from_slice(b"the end");
    let cut = assert_cut(&[log.bytes(), tail].concat(), &log, 2, options(), "bytes, zeros, bytes");
    assert_eq!(
        cut.pieces,
        [CutPiece::Bytes(vec![b'x'; 4096]), CutPiece::Zeros(8192), CutPiece::Bytes(b"the end".to_vec())]
    );
    assert_eq!(format!("{:?}", cut.pieces), "[Bytes(4096), Zeros(8192), Bytes(7)]", "no secrets in a log of errors");
}

#[test]
fn a_tail_longer_than_the_limit_is_refused_and_zeros_do_not_count() {
    let log = Log::appended(2, &[1]);
    let tail = [&[b'x'; 5000][..], &[0; 50_000]].concat();
    let bytes = [log.bytes(), tail].concat();
    let error = refusal(&bytes, options().cut_len_max(5000));
    let Error::TooLarge { size, limit, .. } = error else { panic!("{error}") };
    assert_eq!((size, limit), (55_000, 5000));
    // What is not distinguished in units of 4 KiB counts as bytes.
    assert_cut(&bytes, &log, 2, options().cut_len_max(8192), "8192 bytes are enough");
    let zeros = [log.bytes(), vec![0; 50_000]].concat();
    assert_cut(&zeros, &log, 2, options().cut_len_max(0), "zeros alone are no bytes at all");
}

#[test]
fn refuse_refuses_every_damaged_tail_and_no_whole_log() {
    let log = Log::appended(4, &[2]);
    let torn = log.bytes()[..log.offset(3) as usize + 100].to_vec();
    let zeros = [log.bytes(), vec![0; 100]].concat();
    let hole = with_damage(&log, 2, &[100]);
    for (bytes, offset) in [(torn, log.offset(3)), (zeros, log.offset(4)), (hole, log.offset(2))] {
        let (found, reason) = corrupt_at(refusal(&bytes, options().tail(Tail::Refuse)));
        assert_eq!(found, offset);
        assert!(matches!(reason, CorruptReason::TailRefused { .. }), "{reason}");
    }
    open(&Disk::with(&log.bytes()), options().tail(Tail::Refuse));
}

#[test]
fn an_entry_in_the_body_of_a_torn_one_is_not_taken_for_an_entry_of_the_log() {
    let log = Log::appended(3, &[2]);
    // What a client may send that knows the tip: the next entry, as it would like it to be.
    let forged = {
        let mut header = *log.prepares[2].header();
        header.op = 4.into();
        header.parent = log.checksum(2);
        Prepare::seal(header, b"pay 1000000 to mallory").unwrap()
    };
    let copied = Log::appended(200, &[50, 100, 150]).bytes();
    for (body, forged) in [(forged.as_entry_bytes(), true), (&copied, false)] {
        let disk = Disk::with(&log.bytes());
        let (mut opened, _) = open(&disk, options());
        block_on(opened.append(OPERATION, &[body, &[0x55; 50]].concat())).unwrap();
        drop(opened);
        let bytes = disk.bytes();
        let torn = &bytes[..bytes.len() - 10];
        if forged {
            // It may also be what was appended after a torn entry that was kept: nobody guesses.
            let (offset, reason) = corrupt_at(refusal(torn, options()));
            assert_eq!(offset, log.bytes().len() as u64);
            assert!(matches!(reason, CorruptReason::EntriesBehind { .. }), "{reason}");
            continue;
        }
        let (_, recovery) = open(&Disk::with(torn), options().tail(Tail::TruncateTorn));
        let cut = recovery.cut.unwrap();
        assert_eq!((recovery.entries, cut.kind, cut.entries), (3, TailKind::Torn, 0));
        assert_eq!(cut.offset, log.bytes().len() as u64);
    }
}

#[test]
fn only_a_torn_entry_or_zeros_are_cut_where_nothing_else_may_be() {
    let log = Log::appended(5, &[]);
    let whole = log.bytes();
    let torn = &whole[..whole.len() - 1];
    let zeros = [&whole[..], &[0; 5000]].concat();
    for (bytes, kind) in [(torn, TailKind::Torn), (&zeros, TailKind::Zero)] {
        let (_, recovery) = open(&Disk::with(bytes), options().tail(Tail::TruncateTorn));
        assert_eq!(recovery.cut.unwrap().kind, kind);
    }
    let (offset, reason) = corrupt_at(refusal(&with_damage(&log, 2, &[300]), options().tail(Tail::TruncateTorn)));
    assert_eq!(offset, log.offset(2));
    assert!(matches!(reason, CorruptReason::TailRefused { .. }), "{reason}");
    // An image of a disk: zeros, then anything.
    let image = [&[0; 1024][..], &[7; 5000]].concat();
    let (_, reason) = corrupt_at(refusal(&image, options().tail(Tail::TruncateTorn)));
    assert!(matches!(reason, CorruptReason::TailRefused { .. }), "{reason}");
}
