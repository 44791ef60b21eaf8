//! Who hears what of a failure.

use crate::gate::{Handle, disk_is_gone, gated, log_behind, shut};
use crate::polling::{OPERATION, begin, bodies, poll_once};
use aof_api::{Appended, Error, GroupCommit, LogOptions, Result};
use aof_memory::MemoryBackend;
use futures::FutureExt;
use futures::executor::block_on;
use std::task::Poll;

fn full() -> Error {
    Error::Full { needed: 512, available: 0 }
}

fn moved() -> Error {
    Error::Moved { what: "a.aof".into() }
}

#[track_caller]
fn assert_undecided(answer: Result<impl Sized>, op: u64, is_cause: impl Fn(&Error) -> bool) -> Appended {
    match answer.map(|_| "durable") {
        Err(Error::Undecided { appended, cause }) if is_cause(&cause) && appended.op == op => appended,
        other => panic!("{other:?}"),
    }
}

#[test]
fn entries_that_met_a_full_disk_after_they_were_written_are_undecided_and_the_handle_stays_usable() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.fail = Some(full()));
    let (_, durability) = block_on(log.submit(OPERATION, "one")).unwrap();
    assert_undecided(block_on(durability), 1, |cause| matches!(cause, Error::Full { .. }));
    assert!(matches!(block_on(log.durable()), Err(Error::Full { .. })));
    gate.with(|gate| gate.fail = None);
    assert_eq!(block_on(log.append(OPERATION, "two")).unwrap().op, 2);
    assert_eq!((bodies(&log).len(), log.durable_len()), (2, 2 * 275));
}

#[test]
fn what_met_a_full_disk_is_made_durable_by_durable_once_there_is_room() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.fail = Some(full()));
    assert!(block_on(log.append(OPERATION, "one")).is_err());
    gate.with(|gate| gate.fail = None);
    block_on(log.durable()).unwrap();
    assert_eq!(log.durable_len(), 275);
}

#[test]
fn a_caller_that_waits_for_room_hears_of_a_full_disk() {
    let gate = Handle::default();
    let log = GroupCommit::with_queue_len_max(log_behind(&gate, LogOptions::new()), 0);
    gate.shut();
    let mut first = log.append(OPERATION, vec![0; 600_000]).boxed();
    let mut second = log.append(OPERATION, vec![0; 600_000]).boxed();
    assert!(begin(&mut first).is_pending() && begin(&mut second).is_pending());
    gate.with(|gate| gate.fail = Some(full()));
    gate.open();
    assert!(matches!(block_on(second), Err(Error::Full { .. })));
    assert_undecided(block_on(first), 1, |cause| matches!(cause, Error::Full { .. }));
    gate.with(|gate| gate.fail = None);
    assert_eq!(block_on(log.append(OPERATION, "after")).unwrap().op, 2);
}

#[test]
fn a_close_that_loses_accepted_bytes_to_a_full_disk_says_so() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.fail = Some(full()));
    drop(block_on(log.submit(OPERATION, "one")).unwrap());
    assert!(matches!(block_on(log.close()), Err(Error::Full { .. })));
    assert!(gate.with(|gate| gate.dropped), "the lock is gone all the same");
    assert!(matches!(block_on(log.close()), Err(Error::Closed)));
}

#[test]
fn callers_hear_ok_on_moved_and_the_next_call_hears_of_it_before_it_writes() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.fail = Some(moved()));
    assert_eq!(block_on(log.append(OPERATION, "one")).unwrap().op, 1);
    assert_eq!(log.durable_len(), 275);
    assert!(matches!(block_on(log.append(OPERATION, "two")), Err(Error::Moved { .. })));
    assert_eq!(gate.with(|gate| gate.writes), 1);
    assert_eq!(block_on(log.append(OPERATION, "three")).unwrap().op, 2);
}

#[test]
fn durable_and_close_hear_of_moved() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.fail = Some(moved()));
    block_on(log.append(OPERATION, "one")).unwrap();
    assert!(matches!(block_on(log.durable()), Err(Error::Moved { .. })));
    assert!(matches!(block_on(log.close()), Err(Error::Moved { .. })));
    assert!(gate.with(|gate| gate.dropped));
}

#[test]
fn after_a_failed_checkpoint_everyone_hears_of_it_and_close_gives_the_lock_back() {
    let (log, gate) = shut();
    let mut append = log.append(OPERATION, "one").boxed();
    assert!(begin(&mut append).is_pending());
    let durable = log.durable();
    gate.with(|gate| gate.fail = Some(disk_is_gone()));
    gate.open();
    assert_undecided(block_on(append), 1, |cause| matches!(cause, Error::Io { .. }));
    assert!(matches!(block_on(durable), Err(Error::Poisoned { .. })));
    for _ in 0..2 {
        assert!(matches!(block_on(log.append(OPERATION, "late")), Err(Error::Poisoned { .. })));
        assert!(matches!(block_on(log.with_log(|_| async {}.boxed())), Err(Error::Poisoned { .. })));
    }
    assert!(matches!(block_on(log.close()), Err(Error::Poisoned { .. })));
    assert!(gate.with(|gate| gate.dropped));
}

#[test]
fn a_writer_that_is_fenced_hears_it_everywhere() {
    let (log, gate) = shut();
    let mut append = log.append(OPERATION, "one").boxed();
    assert!(begin(&mut append).is_pending());
    gate.with(|gate| gate.fail = Some(Error::Fenced { what: "the log".into() }));
    gate.open();
    assert_undecided(block_on(append), 1, |cause| matches!(cause, Error::Fenced { .. }));
    assert!(matches!(block_on(log.append(OPERATION, "late")), Err(Error::Fenced { .. })));
    assert!(matches!(block_on(log.durable()), Err(Error::Fenced { .. })));
}

#[test]
fn what_was_durable_before_a_failure_is_answered_with_ok() {
    let (log, gate) = shut();
    let mut one = log.append(OPERATION, "one").boxed();
    assert!(begin(&mut one).is_pending());
    let (_, two) = block_on(log.submit(OPERATION, "two")).unwrap();
    gate.with(|gate| {
        gate.fail = Some(disk_is_gone());
        gate.durable_len = 275;
    });
    gate.open();
    assert_eq!(block_on(one).unwrap().op, 1);
    assert_undecided(block_on(two), 2, |cause| matches!(cause, Error::Io { .. }));
    assert_eq!(log.durable_len(), 275);
}

#[test]
fn what_was_written_and_not_covered_when_a_later_write_is_fenced_off_is_undecided() {
    let (log, gate) = shut();
    let mut covered = log.append(OPERATION, "covered").boxed();
    assert!(begin(&mut covered).is_pending());
    let (_, mut written) = block_on(log.submit(OPERATION, "written")).unwrap();
    gate.fence();
    let mut late = log.append(OPERATION, "late").boxed();
    assert!(matches!(begin(&mut late), Poll::Ready(Err(Error::Fenced { .. }))));
    gate.open();
    assert_eq!(block_on(covered).unwrap().op, 1);
    // No checkpoint covers it, and none will.
    let answer = (0..10).find_map(|_| match poll_once(&mut written) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    });
    assert_undecided(answer.expect("it waits for ever"), 2, |cause| matches!(cause, Error::Fenced { .. }));
}
