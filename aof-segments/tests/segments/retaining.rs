//! How much is kept.

use crate::life::{Life, Place, block_on};
use aof_api::{Aof, LogOptions};
use aof_file::SyncOn;
use aof_segments::{Holds, Retention, SegmentedBackend};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A log of an entry of 400 bytes in each second after 1970, each in a segment of its own.
fn log_of(place: &Place, entries: u64) -> Aof<SegmentedBackend> {
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    let options = LogOptions::new().clock(move || clock.load(Ordering::Relaxed) * 1_000_000_000);
    let backend = place.options(SyncOn::Caller).create(&place.log).unwrap();
    let mut log = block_on(Aof::create(backend, options)).unwrap();
    let mut life = Life::default();
    for second in 1..=entries {
        seconds.store(second, Ordering::Relaxed);
        life.append(&mut log, 128).unwrap();
        life.checkpoint(&mut log).unwrap();
    }
    log
}

fn first_op(log: &mut Aof<SegmentedBackend>) -> u64 {
    let mut entries = block_on(log.entries()).unwrap();
    block_on(entries.next()).unwrap().unwrap().op()
}

#[test]
fn the_last_ops_stay() {
    let place = Place::new();
    let mut log = log_of(&place, 30);
    block_on(Retention::new().keep_ops(12).prune(&mut log, &Holds::new())).unwrap();
    assert_eq!(first_op(&mut log), 19);
}

#[test]
fn the_last_bytes_stay_and_no_more_than_a_segment_beside_them() {
    let place = Place::new();
    let mut log = log_of(&place, 30);
    let bytes = 2000;
    let start = block_on(Retention::new().keep_bytes(bytes).prune(&mut log, &Holds::new())).unwrap();
    let kept = log.len() - start;
    assert!((bytes..bytes + 800).contains(&kept), "{kept}");
}

#[test]
fn what_is_younger_stays() {
    let place = Place::new();
    let mut log = log_of(&place, 30);
    let retention = Retention::new().keep_for(Duration::from_secs(10));
    let op = block_on(retention.prunable(&mut log, Duration::from_secs(30))).unwrap();
    assert_eq!(op, 20);
    // All of it is older than ten seconds by now; the last durable entry stays.
    block_on(retention.prune(&mut log, &Holds::new())).unwrap();
    assert!(first_op(&mut log) >= 29);
    assert!(log.tip().is_some());
}

#[test]
fn what_any_limit_keeps_stays_and_nothing_is_pruned_without_one() {
    let place = Place::new();
    let mut log = log_of(&place, 30);
    assert_eq!(block_on(Retention::new().prune(&mut log, &Holds::new())).unwrap(), 0);
    block_on(Retention::new().keep_ops(3).keep_bytes(1 << 20).prune(&mut log, &Holds::new())).unwrap();
    assert_eq!(first_op(&mut log), 1);
}

#[test]
fn a_reader_that_asked_to_be_waited_for_is_waited_for() {
    let place = Place::new();
    let (mut log, holds) = (log_of(&place, 30), Holds::new());
    let retention = Retention::new().keep_ops(1);
    let mut hold = holds.hold(5);
    block_on(retention.prune(&mut log, &holds)).unwrap();
    assert_eq!(first_op(&mut log), 5);
    hold.advance(9);
    block_on(retention.prune(&mut log, &holds)).unwrap();
    assert_eq!(first_op(&mut log), 9);
    drop(hold);
    block_on(retention.prune(&mut log, &holds)).unwrap();
    assert_eq!(first_op(&mut log), 30);
}
