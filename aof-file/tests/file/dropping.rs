//! B9: futures that are dropped.

use crate::fixture::{Place, block_on, checkpoint, io_kind, is_poisoned, write};
use aof_api::{AofBackend, AofRead};
use aof_file::fault::{Fault, Operation};
use aof_file::{FileBackend, is_locked};
use futures::FutureExt;
use std::io::{ErrorKind, IoSlice};
use std::time::Duration;

/// A backend whose checkpoint was dropped while its sync is under way, and is held there.
fn with_a_dropped_checkpoint() -> (Place, FileBackend) {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.take_calls();
    place.system.hold(Operation::SyncData);
    assert!(backend.checkpoint(&[]).now_or_never().is_none());
    place.wait_for(Operation::SyncData);
    (place, backend)
}

/// How many syncs there were since the calls were taken last.
fn syncs(place: &Place) -> usize {
    place.operations().iter().filter(|operation| **operation == Operation::SyncData).count()
}

#[test]
fn b9_a_write_is_done_within_one_poll_and_not_begun_before() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    drop(backend.write(&[IoSlice::new(b"never")]));
    assert_eq!(backend.len(), 3);
    assert_eq!(backend.write(&[IoSlice::new(b"def")]).now_or_never().unwrap().unwrap(), 3);
    assert_eq!(backend.seek(2).now_or_never().unwrap().ok(), Some(()));
    assert_eq!(backend.read(&mut [0; 2]).now_or_never().unwrap().unwrap(), 2);
}

#[test]
fn b9_the_next_checkpoint_joins_a_dropped_one() {
    let (place, mut backend) = with_a_dropped_checkpoint();
    assert_eq!(backend.durable_len(), 0);
    place.system.release();
    assert_eq!(checkpoint(&mut backend).unwrap(), 3);
    assert_eq!(syncs(&place), 1);
}

#[test]
fn b9_what_was_written_after_a_dropped_checkpoint_is_synced_by_the_next() {
    let (place, mut backend) = with_a_dropped_checkpoint();
    assert_eq!(write(&mut backend, b"def").unwrap(), 3);
    place.system.release();
    assert_eq!(checkpoint(&mut backend).unwrap(), 6);
    assert_eq!(syncs(&place), 2);
}

#[test]
fn b9_the_failure_of_a_dropped_checkpoint_is_heard_by_the_next() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.inject(Fault::once(1).on(Operation::SyncData));
    place.system.hold(Operation::SyncData);
    assert!(backend.checkpoint(&[]).now_or_never().is_none());
    place.system.release();
    assert_eq!(io_kind(&checkpoint(&mut backend).unwrap_err()), ErrorKind::Other);
    assert!(is_poisoned(&checkpoint(&mut backend)));
    assert_eq!(backend.durable_len(), 0);
}

#[test]
fn b9_the_failure_of_a_dropped_checkpoint_is_heard_by_a_write() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.inject(Fault::once(1).on(Operation::SyncData));
    place.system.hold(Operation::SyncData);
    assert!(backend.checkpoint(&[]).now_or_never().is_none());
    place.system.release();
    // Until the failure is known, writes are taken; they are not durable, and the next checkpoint will say so.
    let refused = std::iter::repeat_with(|| {
        std::thread::sleep(Duration::from_millis(1));
        write(&mut backend, b"x")
    })
    .take(10_000)
    .find(Result::is_err)
    .unwrap();
    assert!(is_poisoned(&refused));
    assert!(is_poisoned(&checkpoint(&mut backend)));
}

#[test]
fn b9_the_failure_of_a_dropped_checkpoint_is_heard_by_a_truncation_before_it_cuts() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.inject(Fault::once(1).on(Operation::SyncData));
    place.system.hold(Operation::SyncData);
    assert!(backend.checkpoint(&[]).now_or_never().is_none());
    place.system.release();
    assert_eq!(io_kind(&block_on(backend.truncate(1)).unwrap_err()), ErrorKind::Other);
    assert!(is_poisoned(&write(&mut backend, b"x")));
    assert_eq!(place.bytes(), b"abc");
}

#[test]
fn b9_the_failure_of_a_dropped_checkpoint_is_heard_by_close_which_unlocks_all_the_same() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.inject(Fault::once(1).on(Operation::SyncData));
    place.system.hold(Operation::SyncData);
    assert!(backend.checkpoint(&[]).now_or_never().is_none());
    place.system.release();
    assert_eq!(io_kind(&block_on(backend.close()).unwrap_err()), ErrorKind::Other);
    assert!(!is_locked(&place.log).unwrap());
    block_on(backend.close()).unwrap();
}

#[test]
fn b9_a_dropped_close_leaves_the_log_open() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.hold(Operation::SyncData);
    assert!(backend.checkpoint(&[]).now_or_never().is_none());
    assert!(backend.close().now_or_never().is_none());
    place.system.release();
    assert_eq!(checkpoint(&mut backend).unwrap(), 3);
    block_on(backend.close()).unwrap();
}

#[test]
fn b9_a_dropped_truncation_has_cut_and_its_sync_is_joined() {
    let place = Place::new();
    let mut backend = place.options().keep_cut(false).create(&place.log).unwrap();
    write(&mut backend, b"abcdef").unwrap();
    checkpoint(&mut backend).unwrap();
    place.system.hold(Operation::SyncAll);
    assert!(backend.truncate(2).now_or_never().is_none());
    assert_eq!((backend.len(), backend.durable_len()), (2, 2));
    assert_eq!(write(&mut backend, b"xy").unwrap(), 2);
    place.system.release();
    assert_eq!(checkpoint(&mut backend).unwrap(), 4);
    assert_eq!(place.bytes(), b"abxy");
}

#[test]
fn b9_the_failure_of_a_dropped_truncation_is_heard_by_the_next_checkpoint() {
    let place = Place::new();
    let mut backend = place.options().keep_cut(false).create(&place.log).unwrap();
    write(&mut backend, b"abcdef").unwrap();
    place.system.inject(Fault::once(1).on(Operation::SyncAll));
    place.system.hold(Operation::SyncAll);
    assert!(backend.truncate(2).now_or_never().is_none());
    place.system.release();
    checkpoint(&mut backend).unwrap_err();
    assert!(is_poisoned(&checkpoint(&mut backend)));
}
