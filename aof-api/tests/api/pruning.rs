//! Pruned logs: what is given back, where the log begins then, and what opening it refuses.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION};
use crate::support::opening::{corrupt_at, open, options};
use aof_api::format::Damage;
use aof_api::read::find::Target;
use aof_api::storage::CorruptReason;
use aof_api::{Aof, AofBackend, Error, Rule, Tail};

/// Twenty ops, noted after each fifth; the last two are not durable.
fn written() -> (Disk, Aof<Disk>, Log) {
    let disk = Disk::new();
    let log = block_on(async {
        let mut log = Aof::create(disk.clone(), options()).await.unwrap();
        for op in 1..=22 {
            log.append(OPERATION, &[op as u8; 100]).await.unwrap();
            if op % 5 == 0 {
                log.checkpoint().await.unwrap();
            }
        }
        log
    });
    let bytes = Log::parse(&disk.bytes());
    (disk, log, bytes)
}

#[test]
fn entries_below_an_op_are_forgotten_as_far_as_the_storage_can() {
    let (_, mut log, bytes) = written();
    for (op, kept) in [(0, 0), (5, 0), (6, 5), (9, 5), (11, 10), (7, 10)] {
        assert_eq!(block_on(log.prune(op)).unwrap(), bytes.offset(kept), "below op {op}");
        assert_eq!(log.start(), bytes.offset(kept));
    }
    assert!(matches!(block_on(log.get(10)), Err(Error::Pruned { start }) if start == bytes.offset(10)));
    assert_eq!(block_on(log.get(11)).unwrap().unwrap().checksum(), bytes.checksum(10));
    assert!(matches!(block_on(log.entries_from(Target::Op(3))), Err(Error::Pruned { .. })));
    let mut entries = block_on(log.entries()).unwrap();
    assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 11);
    assert_eq!(block_on(log.append(OPERATION, b"")).unwrap().op, 23);
}

#[test]
fn the_last_durable_entry_stays_whatever_is_asked() {
    let (disk, mut log, bytes) = written();
    let start = block_on(log.prune(u64::MAX)).unwrap();
    assert_eq!(start, bytes.offset(15));
    // The power goes: what was not durable is lost, and a log is left.
    disk.replace(&bytes.bytes()[..bytes.offset(20) as usize]);
    let (opened, recovery) = open(&disk.reopened(), options());
    assert_eq!((recovery.entries, opened.tip().unwrap().op), (5, 20));
    assert_eq!(recovery.first.unwrap().op, 16);
    assert_eq!(recovery.first.unwrap().parent, bytes.checksum(14));
}

#[test]
fn a_pruned_log_opens_by_its_note_and_without_it() {
    let (disk, mut log, bytes) = written();
    block_on(log.prune(13)).unwrap();
    block_on(log.checkpoint()).unwrap();
    for verify_all in [false, true] {
        for threads in [1, 2] {
            let options = options().verify_all(verify_all).read_threads(threads);
            let (mut opened, recovery) = open(&disk.reopened(), options);
            assert_eq!((recovery.start, recovery.entries), (bytes.offset(10), 12));
            assert_eq!(recovery.read_from, if verify_all { bytes.offset(10) } else { bytes.offset(22) });
            assert_eq!(block_on(opened.get(12)).unwrap().unwrap().checksum(), bytes.checksum(11));
            assert_eq!(opened.tip().unwrap().op, 22);
        }
    }
}

#[test]
fn the_note_of_a_log_that_was_pruned_exactly_after_it_is_checked_by_the_parent_of_what_follows() {
    let (disk, mut log, bytes) = written();
    assert_eq!(block_on(log.prune(17)).unwrap(), bytes.offset(15));
    let (covered, note) = disk.notes()[2].clone();
    assert_eq!(covered, bytes.offset(15));
    let again = Disk::with(&disk.bytes()).pruned_to(bytes.offset(15)).noted(covered, &note);
    let (_, recovery) = open(&again, options());
    assert_eq!((recovery.read_from, recovery.entries), (bytes.offset(15), 7));
}

#[test]
fn damage_at_the_start_of_a_pruned_log_is_a_loss_whatever_the_policy() {
    let (disk, _, bytes) = written();
    for tail in [Tail::Truncate, Tail::TruncateTorn, Tail::Keep] {
        let mut damaged = disk.bytes();
        damaged[bytes.range(10).start + 50] ^= 1;
        let pruned = Disk::with(&damaged).pruned_to(bytes.offset(10));
        let error = block_on(Aof::open(pruned.clone(), options().tail(tail))).err().unwrap();
        let (offset, reason) = corrupt_at(error);
        assert_eq!(offset, bytes.offset(10));
        assert!(matches!(reason, CorruptReason::PrunedHeadLost(Damage::HeaderChecksum)), "{reason}");
        assert_eq!(pruned.truncates(), []);
    }
}

#[test]
fn a_pruned_log_without_an_entry_is_refused() {
    let (_, _, bytes) = written();
    let start = bytes.offset(10);
    let pruned = Disk::with(&bytes.bytes()[..start as usize]).pruned_to(start);
    let (offset, reason) = corrupt_at(block_on(Aof::open(pruned, options())).err().unwrap());
    assert_eq!(offset, start);
    assert!(matches!(reason, CorruptReason::PrunedHeadLost(_)), "{reason}");
}

#[test]
fn an_expected_tip_may_be_what_the_log_begins_after_and_may_have_been_pruned() {
    let (disk, _, bytes) = written();
    let pruned = Disk::with(&disk.bytes()).pruned_to(bytes.offset(10));
    open(&pruned, options().expected_tip(bytes.checksum(9)));
    let error = block_on(Aof::open(pruned, options().expected_tip(bytes.checksum(8)))).err().unwrap();
    assert!(matches!(error, Error::MaybePruned { start, .. } if start == bytes.offset(10)), "{error}");
    assert!(error.to_string().contains("may have been pruned"), "{error}");
}

#[test]
fn a_log_that_goes_back_is_not_pruned() {
    // Pruned after its first half, the ops 90 to 100 recorded again would follow nothing.
    let disk = Disk::new();
    let ops: Vec<u64> = (1..=100).chain(90..=101).collect();
    let mut log = block_on(Aof::create(disk, options())).unwrap();
    block_on(log.write_all(&Log::of_ops(&ops).prepares)).unwrap();
    block_on(log.checkpoint()).unwrap();
    assert!(matches!(block_on(log.prune(95)), Err(Error::Unsupported { .. })));
    assert_eq!(log.start(), 0);
}

#[test]
fn a_log_with_kept_damage_is_not_pruned() {
    let log = Log::appended(5, &[]);
    let disk = Disk::with(&log.bytes()[..log.range(4).end - 10]);
    let (mut opened, _) = open(&disk, options().tail(Tail::Keep));
    block_on(opened.append(OPERATION, b"")).unwrap();
    block_on(opened.checkpoint()).unwrap();
    assert!(matches!(block_on(opened.prune(3)), Err(Error::Unsupported { .. })));
}

#[test]
fn an_empty_log_has_nothing_to_prune_and_a_new_one_needs_storage_that_never_held_anything() {
    let mut log = block_on(Aof::create(Disk::new(), options())).unwrap();
    assert_eq!(block_on(log.prune(10)).unwrap(), 0);
    let (disk, _, bytes) = written();
    let pruned = Disk::with(&disk.bytes()).pruned_to(bytes.offset(10));
    assert!(matches!(block_on(Aof::create(pruned, options())), Err(Error::NotEmpty { .. })));
}

#[test]
fn offsets_keep_their_meaning_and_other_rules_read_from_the_start() {
    let (disk, mut log, bytes) = written();
    block_on(log.prune(13)).unwrap();
    let mut reader = block_on(disk.clone().reader()).unwrap();
    assert_eq!(block_on(aof_api::AofRead::start(&mut reader)).unwrap(), bytes.offset(10));
    for rule in Rule::ALL {
        let (opened, recovery) = open(&disk.reopened(), options().rule(rule));
        assert_eq!((recovery.entries, opened.len()), (12, bytes.offset(22)), "{rule}");
    }
}
