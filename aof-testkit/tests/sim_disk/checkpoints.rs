//! B6, B7 and B9.

use crate::{poll_once, slow, write};
use aof_api::{AofBackend, Error};
use aof_testkit::Fault;
use aof_testkit::disk::{Retention, SimDisk};
use futures::executor::block_on;

#[test]
fn a_checkpoint_covers_what_was_written_before_its_call_and_nothing_later() {
    let (disk, mut backend) = slow(SimDisk::new());
    write(&mut backend, 1, 100);
    let checkpoint = backend.checkpoint(&[]);
    write(&mut backend, 2, 50);
    assert_eq!(block_on(checkpoint).unwrap(), 100);
    assert_eq!((backend.durable_len(), backend.len()), (100, 150));
    assert_eq!(disk.durable(), [1; 100]);
}

#[test]
fn polling_the_second_checkpoint_drives_the_first() {
    let (_, mut backend) = slow(SimDisk::new());
    write(&mut backend, 1, 100);
    let first = backend.checkpoint(&[]);
    write(&mut backend, 2, 50);
    let second = backend.checkpoint(&[]);
    assert_eq!(block_on(second).unwrap(), 150);
    assert_eq!(block_on(first).unwrap(), 100);
}

#[test]
fn syncs_do_not_overlap_however_the_checkpoints_are_polled() {
    let (disk, mut backend) = slow(SimDisk::new());
    write(&mut backend, 1, 100);
    let mut first = backend.checkpoint(&[]);
    write(&mut backend, 2, 50);
    let mut second = backend.checkpoint(&[]);
    // Two steps and the one that settles it, for each.
    let mut seen = Vec::new();
    while poll_once(&mut second).is_none() {
        seen.push(disk.durable().len());
    }
    assert_eq!(seen, [0, 0, 100, 100]);
    assert_eq!(poll_once(&mut first).unwrap().unwrap(), 100);
}

#[test]
fn a_failing_checkpoint_fails_the_later_ones_and_not_the_one_before() {
    for fault in [Fault::CheckpointFails, Fault::CheckpointKeepsPart] {
        let (disk, mut backend) = slow(SimDisk::new());
        write(&mut backend, 1, 100);
        let before = backend.checkpoint(&[]);
        while disk.step() {}
        disk.faults().strike_next(fault);
        write(&mut backend, 2, 100);
        let failing = backend.checkpoint(&[]);
        write(&mut backend, 3, 100);
        let later = backend.checkpoint(&[]);
        assert!(matches!(block_on(later), Err(Error::Poisoned { .. })));
        assert!(matches!(block_on(failing), Err(Error::Io { .. })));
        assert_eq!(block_on(before).unwrap(), 100);
        assert_eq!(backend.durable_len(), 100);
        assert!(matches!(block_on(backend.checkpoint(&[])), Err(Error::Poisoned { .. })));
        assert!(matches!(block_on(backend.write(&[])), Err(Error::Poisoned { .. })));
    }
}

#[test]
fn writes_continue_until_a_checkpoint_has_failed() {
    let (disk, mut backend) = slow(SimDisk::new());
    disk.faults().strike_next(Fault::CheckpointFails);
    write(&mut backend, 1, 100);
    let mut failing = backend.checkpoint(&[]);
    assert!(poll_once(&mut failing).is_none());
    write(&mut backend, 2, 100);
    assert!(matches!(block_on(failing), Err(Error::Io { .. })));
    assert!(matches!(block_on(backend.write(&[])), Err(Error::Poisoned { .. })));
}

#[test]
fn no_room_for_a_checkpoint_poisons_nothing_and_the_next_one_covers_it() {
    let (disk, mut backend) = slow(SimDisk::new());
    disk.faults().strike_next(Fault::CheckpointIsFull);
    write(&mut backend, 1, 100);
    let full = backend.checkpoint(&[]);
    write(&mut backend, 2, 100);
    let next = backend.checkpoint(&[]);
    assert!(matches!(block_on(full), Err(Error::Full { .. })));
    assert_eq!(block_on(next).unwrap(), 200);
}

#[test]
fn a_dropped_checkpoint_that_had_begun_is_finished_and_heard_of() {
    let (disk, mut backend) = slow(SimDisk::new());
    disk.faults().strike_next(Fault::CheckpointFails);
    write(&mut backend, 1, 100);
    let mut dropped = backend.checkpoint(&[]);
    assert!(poll_once(&mut dropped).is_none());
    drop(dropped);
    assert!(matches!(block_on(backend.checkpoint(&[])), Err(Error::Poisoned { .. })));
}

#[test]
fn a_checkpoint_that_was_dropped_before_it_began_owes_nothing() {
    let (disk, mut backend) = slow(SimDisk::new());
    write(&mut backend, 1, 100);
    drop(backend.checkpoint(&[]));
    assert!(!disk.step());
    assert_eq!(disk.durable().len(), 0);
}

#[test]
fn with_a_helper_a_checkpoint_is_made_also_where_its_future_is_dropped() {
    let (disk, mut backend) = slow(SimDisk::new().helped());
    write(&mut backend, 1, 100);
    drop(backend.checkpoint(&[]));
    for _ in 0..3 {
        write(&mut backend, 2, 1);
    }
    assert_eq!(backend.durable_len(), 100);
    assert_eq!(disk.durable().len(), 100);
}

#[test]
fn truncate_and_close_drive_what_is_under_way_dropped_ones_too() {
    for close in [false, true] {
        let (disk, mut backend) = slow(SimDisk::new().helped());
        write(&mut backend, 1, 100);
        drop(backend.checkpoint(&[]));
        let kept = backend.checkpoint(&[]);
        match close {
            true => block_on(backend.close()).unwrap(),
            false => block_on(backend.truncate(100)).unwrap(),
        }
        assert!(!disk.step(), "something is still under way");
        assert_eq!(block_on(kept).unwrap(), 100);
    }
}

#[test]
fn dropping_the_backend_takes_away_what_has_not_begun() {
    let (disk, mut backend) = slow(SimDisk::new());
    write(&mut backend, 1, 100);
    let mut begun = backend.checkpoint(&[]);
    write(&mut backend, 2, 100);
    let waiting = backend.checkpoint(&[]);
    assert!(poll_once(&mut begun).is_none());
    drop(backend);
    assert_eq!(disk.durable(), [1; 100]);
    let mut next = disk.open().unwrap();
    block_on(next.truncate(0)).unwrap();
    assert!(matches!(block_on(waiting), Err(Error::Closed)));
    assert_eq!(block_on(begun).unwrap(), 100);
    assert_eq!(disk.durable().len(), 0, "a checkpoint of the writer before has changed the log");
}

#[test]
fn a_checkpoint_that_is_called_on_a_closed_backend_is_closed() {
    let mut backend = SimDisk::new().open().unwrap();
    block_on(backend.close()).unwrap();
    assert!(matches!(block_on(backend.checkpoint(&[])), Err(Error::Closed)));
}

#[test]
fn a_checkpoint_that_lies_claims_what_a_power_loss_takes() {
    let disk = SimDisk::new();
    disk.faults().strike_next(Fault::CheckpointLies);
    let mut backend = disk.open().unwrap();
    write(&mut backend, 1, 100);
    assert_eq!(block_on(backend.checkpoint(&[])).unwrap(), 100);
    disk.crash_keeping(Retention::None);
    assert_eq!(disk.live().len(), 0);
}
