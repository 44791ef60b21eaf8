//! Histories that broke a reading of the contract, and that no other test tries.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test panics")]

use aof_api::log::Marks;
use aof_api::storage::CorruptReason;
use aof_api::{Aof, Error, GroupCommit, LogOptions, Operation, Recovery, Result, Tip};
use aof_testkit::disk::SimDisk;
use aof_testkit::generate::{Bodies, Generator, Log, Wound};
use futures::executor::block_on;

/// Twelve entries, the last four of which record that the first eight were checkpointed.
fn marked() -> Log {
    Generator::new(3).entries(12).bodies(Bodies::Fixed(100)).checkpoint_every(8).linear()
}

/// The log with a flipped bit in the body of entry number `entry`.
fn damaged(entry: usize) -> Vec<u8> {
    marked().wounded(&Wound::Body { entry, bit: 5 }).bytes
}

/// Opens these bytes; where they are refused, nothing of them may change.
fn open(bytes: &[u8], options: LogOptions) -> Result<Recovery> {
    let disk = SimDisk::from_bytes(bytes);
    let opened = block_on(Aof::open(disk.open()?, options)).map(|(_, recovery)| recovery);
    assert!(opened.is_ok() || disk.live() == bytes, "a log that was refused has changed: {opened:?}");
    opened
}

fn reason(opened: Result<Recovery>) -> CorruptReason {
    match opened {
        Err(Error::Corrupt { reason, .. }) => reason,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn a_durable_length_does_not_switch_off_what_the_entries_record() {
    let log = marked();
    for durable in [0, 3, 6] {
        let options = LogOptions::new().durable_len(log.offset(durable));
        let reason = reason(open(&damaged(6), options));
        assert!(matches!(reason, CorruptReason::Acknowledged { op: 7, acknowledged: 8, .. }), "{reason}");
    }
}

#[test]
fn a_replica_leaves_out_what_the_entries_record_and_goes_by_its_own_durable_length() {
    let log = marked();
    let options = || LogOptions::new().marks(Marks::Foreign);
    let recovery = open(&damaged(6), options().durable_len(log.offset(6))).unwrap();
    assert_eq!((recovery.entries, recovery.len), (6, log.offset(6)));
    let reason = reason(open(&damaged(6), options().durable_len(log.offset(7))));
    assert!(matches!(reason, CorruptReason::Durable { .. }), "{reason}");
}

#[test]
fn a_replica_without_a_durable_length_cuts_a_torn_last_entry_or_zeros_and_nothing_else() {
    let log = marked();
    let options = || LogOptions::new().marks(Marks::Foreign);
    // Whole entries follow the damage, whether it is above what the entries record or below.
    for entry in [2, 6, 9, 10] {
        let reason = reason(open(&damaged(entry), options()));
        assert!(matches!(reason, CorruptReason::EntriesBehind { .. }), "entry {entry}: {reason}");
    }
    let torn = &log.bytes()[..log.offset(11) as usize + 200];
    assert_eq!(open(torn, options()).unwrap().entries, 11);
    let zeros = [log.bytes(), &[0; 700]].concat();
    assert_eq!(open(&zeros, options()).unwrap().entries, 12);
}

/// A log whose first entries were pruned, the tip of its first entry, and the first op that it still holds.
async fn pruned() -> (GroupCommit<aof_testkit::disk::SimBackend>, Tip, u64) {
    let disk = SimDisk::new().pruning();
    let mut log = Aof::create(disk.open().unwrap(), LogOptions::new()).await.unwrap();
    log.append(Operation(128), b"first").await.unwrap();
    let first = log.tip().unwrap();
    log.checkpoint().await.unwrap();
    for number in 0..5 {
        log.append(Operation(128), &[number; 50]).await.unwrap();
        log.checkpoint().await.unwrap();
    }
    log.prune(4).await.unwrap();
    let held = log.entries().await.unwrap().next().await.unwrap().unwrap().op();
    assert!(held > 1, "nothing was pruned");
    (GroupCommit::new(log), first, held)
}

#[test]
fn a_follower_that_needs_what_was_pruned_ends_with_pruned() {
    block_on(async {
        let (group, first, _) = pruned().await;
        let ended = match group.follow(Some(first)).await {
            Ok(mut follower) => follower.next().await.map(|prepare| prepare.op()),
            Err(error) => Err(error),
        };
        assert!(matches!(ended, Err(Error::Pruned { .. })), "{ended:?}");
    });
}

#[test]
fn a_follower_without_a_place_begins_with_the_first_entry_that_a_pruned_log_holds() {
    block_on(async {
        let (group, _, held) = pruned().await;
        let mut follower = group.follow(None).await.unwrap();
        for op in held..=6 {
            assert_eq!(follower.next().await.unwrap().op(), op);
        }
    });
}
