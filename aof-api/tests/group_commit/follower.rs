//! Followers hand out durable entries, in order, each once.

use crate::gate::{Gated, Handle, Place, disk_is_gone, gated, shut};
use crate::lending::{rotate, rotated};
use crate::polling::{Count, OPERATION, begin, poll_once};
use aof_api::log::Follower;
use aof_api::{Aof, Error, GroupCommit, LogOptions, Result, Rule, Tip};
use aof_memory::MemoryBackend;
use futures::executor::block_on;
use futures::task::waker;
use futures::{FutureExt, StreamExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

fn append(log: &GroupCommit<Gated>, body: &str) -> Tip {
    let appended = block_on(log.append(OPERATION, body)).unwrap();
    Tip { op: appended.op, checksum: appended.checksum }
}

fn follow(log: &GroupCommit<Gated>, from: Option<Tip>) -> Follower<Gated> {
    block_on(log.follow(from)).unwrap()
}

/// The body of the next entry, which must be there.
#[track_caller]
fn next(follower: &mut Follower<Gated>) -> String {
    match poll_once(&mut follower.next().boxed()) {
        Poll::Ready(Ok(entry)) => String::from_utf8(entry.body().to_vec()).unwrap(),
        other => panic!("no entry: {other:?}"),
    }
}

#[track_caller]
fn assert_waits(follower: &mut Follower<Gated>) {
    assert!(poll_once(&mut follower.next().boxed()).is_pending());
}

#[track_caller]
fn assert_ends(follower: &mut Follower<Gated>, is_reason: impl Fn(&Error) -> bool) {
    for _ in 0..2 {
        match poll_once(&mut follower.next().boxed()) {
            Poll::Ready(Err(error)) if is_reason(&error) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn entries_come_in_order_from_the_beginning_and_as_they_are_appended() {
    let (log, _) = gated(MemoryBackend::new());
    append(&log, "one");
    let mut follower = follow(&log, None);
    append(&log, "two");
    assert_eq!((next(&mut follower), next(&mut follower)), ("one".into(), "two".into()));
    assert_waits(&mut follower);
    let tip = append(&log, "three");
    assert_eq!(next(&mut follower), "three");
    assert_eq!(follower.place(), Some(tip));
}

#[test]
fn an_entry_that_is_written_and_not_durable_is_held_back() {
    let (log, gate) = shut();
    let mut follower = follow(&log, None);
    drop(block_on(log.submit(OPERATION, "one")).unwrap());
    assert_waits(&mut follower);
    assert_eq!(block_on(block_on(log.entries()).unwrap().next()).unwrap().unwrap().body(), b"one");
    gate.open();
    assert_eq!(next(&mut follower), "one");
}

#[test]
fn a_follower_that_waits_is_woken_by_an_acceptance_and_drives_it() {
    let (log, _) = gated(MemoryBackend::new());
    let mut follower = follow(&log, None);
    let woken = Arc::new(Count(AtomicUsize::new(0)));
    let waker = waker(Arc::clone(&woken));
    let mut next = follower.next().boxed();
    assert!(next.poll_unpin(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(woken.0.load(Ordering::SeqCst), 0);
    // Its caller is never polled again.
    let mut parked = log.append(OPERATION, "one").boxed();
    assert!(poll_once(&mut parked).is_pending());
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    assert_eq!(block_on(next).unwrap().body(), b"one");
}

#[test]
fn a_follower_is_woken_by_a_checkpoint_and_not_by_time() {
    let (log, gate) = shut();
    let mut follower = follow(&log, None);
    let woken = Arc::new(Count(AtomicUsize::new(0)));
    let waker = waker(Arc::clone(&woken));
    let mut next = follower.next().boxed();
    let mut caller = log.append(OPERATION, "one").boxed();
    assert!(begin(&mut caller).is_pending());
    assert!(next.poll_unpin(&mut Context::from_waker(&waker)).is_pending());
    std::thread::sleep(std::time::Duration::from_millis(30));
    assert_eq!(woken.0.load(Ordering::SeqCst), 0);
    gate.open();
    assert!(woken.0.load(Ordering::SeqCst) > 0);
    assert!(next.poll_unpin(&mut Context::from_waker(&waker)).is_ready());
}

#[test]
fn a_dropped_next_loses_nothing() {
    let (log, gate) = shut();
    let mut follower = follow(&log, None);
    (0..3).for_each(|number| drop(block_on(log.submit(OPERATION, number.to_string())).unwrap()));
    (0..3).for_each(|_| assert_waits(&mut follower));
    gate.open();
    for number in 0..3 {
        drop(follower.next());
        assert_eq!(next(&mut follower), number.to_string());
    }
}

#[test]
fn it_continues_after_the_entry_that_the_caller_has() {
    let (log, _) = gated(MemoryBackend::new());
    let tips: Vec<_> = (1..=50).map(|number| append(&log, &number.to_string())).collect();
    for from in [0, 10, 48] {
        let mut follower = follow(&log, Some(tips[from]));
        assert_eq!(next(&mut follower), (from + 2).to_string());
    }
    let mut follower = follow(&log, Some(tips[49]));
    assert_waits(&mut follower);
    append(&log, "51");
    assert_eq!(next(&mut follower), "51");
}

#[test]
fn the_root_is_a_place_to_continue_from() {
    let (log, _) = gated(MemoryBackend::new());
    append(&log, "one");
    let root = aof_api::format::Prepare::root(0);
    let mut follower = follow(&log, Some(Tip { op: 0, checksum: root.checksum() }));
    assert_eq!(next(&mut follower), "one");
}

#[test]
fn another_history_is_a_fork() {
    let (log, _) = gated(MemoryBackend::new());
    let (other, _) = gated(MemoryBackend::new());
    append(&log, "one");
    append(&log, "two");
    append(&other, "one of another log");
    let foreign = append(&other, "two of another log");
    assert_ends(&mut follow(&log, Some(foreign)), |error| matches!(error, Error::Forked { op: 2, .. }));
    let foreign_parent = append(&other, "three");
    let mut follower = follow(&log, Some(foreign_parent));
    assert_waits(&mut follower);
    append(&log, "three of this log");
    assert_ends(&mut follower, |error| matches!(error, Error::Forked { op: 3, .. }));
}

#[test]
fn a_place_above_the_durable_tip_is_waited_for() {
    let (source, _) = gated(MemoryBackend::new());
    let tips: Vec<_> = (1..=5).map(|number| append(&source, &number.to_string())).collect();
    let prepares: Vec<_> = block_on(block_on(source.entries()).unwrap().into_stream().map(Result::unwrap).collect());
    let (log, _) = gated(MemoryBackend::new());
    let mut follower = follow(&log, Some(tips[3]));
    for prepare in prepares {
        assert_waits(&mut follower);
        block_on(log.with_log(move |log| async move { log.write(&prepare).await }.boxed())).unwrap().unwrap();
        block_on(log.durable()).unwrap();
    }
    assert_eq!(next(&mut follower), "5");
}

#[test]
fn entries_that_are_recorded_again_are_left_out_and_a_gap_ends_it() {
    let (source, _) = gated(MemoryBackend::new());
    (1..=6).for_each(|number| {
        append(&source, &number.to_string());
    });
    let prepares: Vec<_> = block_on(block_on(source.entries()).unwrap().into_stream().map(Result::unwrap).collect());
    let (log, _) = gated(MemoryBackend::new());
    let mut follower = follow(&log, None);
    let write = |prepares: Vec<aof_api::format::Prepare>| {
        block_on(log.with_log(move |log| async move { log.write_all(&prepares).await }.boxed())).unwrap().unwrap();
        block_on(log.durable()).unwrap();
    };
    write(prepares[..4].to_vec());
    write(prepares[1..4].to_vec());
    write(prepares[2..5].to_vec());
    let found: Vec<_> = (0..5).map(|_| next(&mut follower)).collect();
    assert_eq!(found, ["1", "2", "3", "4", "5"]);
    assert_waits(&mut follower);
    let fork = {
        let (other, _) = gated(MemoryBackend::new());
        (0..7).for_each(|_| {
            append(&other, "other");
        });
        block_on(block_on(other.entries()).unwrap().into_stream().map(Result::unwrap).collect::<Vec<_>>())
    };
    write(fork[6..].to_vec());
    assert_ends(&mut follower, |error| matches!(error, Error::ChainBroken { op: 7, .. }));
}

#[test]
fn an_entry_that_was_never_handed_out_at_an_earlier_op_breaks_the_chain() {
    let (log, _) = gated(MemoryBackend::new());
    let mut follower = follow(&log, None);
    (0..3).for_each(|_| {
        append(&log, "mine");
    });
    let (other, _) = gated(MemoryBackend::new());
    (0..3).for_each(|_| {
        append(&other, "other");
    });
    let foreign: Vec<_> = block_on(block_on(other.entries()).unwrap().into_stream().map(Result::unwrap).collect());
    block_on(log.with_log(move |log| async move { log.write(&foreign[1]).await }.boxed())).unwrap().unwrap();
    block_on(log.durable()).unwrap();
    (0..3).for_each(|_| assert_eq!(next(&mut follower), "mine"));
    assert_ends(&mut follower, |error| matches!(error, Error::ChainBroken { op: 2, .. }));
}

#[test]
fn it_reads_every_storage_across_rotations_and_leaves_seams_out() {
    let (log, _) = gated(MemoryBackend::new());
    let mut slow = follow(&log, None);
    let mut swift = follow(&log, None);
    let mut expected = Vec::new();
    for storage in 0..10 {
        for number in 0..3 {
            let body = format!("{storage} {number}");
            append(&log, &body);
            assert_eq!(next(&mut swift), body);
            expected.push(body);
        }
        rotated(&log);
        assert_waits(&mut swift);
    }
    let found: Vec<_> = expected.iter().map(|_| next(&mut slow)).collect();
    assert_eq!(found, expected);
    assert_waits(&mut slow);
}

#[test]
fn entries_that_a_closure_appends_before_it_rotates_are_not_missed() {
    let (log, _) = gated(MemoryBackend::new());
    let mut follower = follow(&log, None);
    append(&log, "one");
    block_on(log.with_log(|log| {
        async {
            log.append(OPERATION, b"two").await?;
            log.checkpoint().await?;
            rotate(log, Handle::default()).await
        }
        .boxed()
    }))
    .unwrap()
    .unwrap();
    append(&log, "three");
    let found: Vec<_> = (0..3).map(|_| next(&mut follower)).collect();
    assert_eq!(found, ["one", "two", "three"]);
}

#[test]
fn two_rotations_in_one_closure_end_it_after_what_it_has() {
    let (log, _) = gated(MemoryBackend::new());
    let mut follower = follow(&log, None);
    append(&log, "one");
    block_on(log.with_log(|log| {
        async {
            rotate(log, Handle::default()).await?;
            rotate(log, Handle::default()).await
        }
        .boxed()
    }))
    .unwrap()
    .unwrap();
    append(&log, "two");
    assert_eq!(next(&mut follower), "one");
    assert_ends(&mut follower, |error| matches!(error, Error::Lagged));
    assert_eq!(append(&log, "three").op, 3);
}

#[test]
fn more_than_sixteen_storages_behind_end_it_after_what_it_has() {
    let (log, _) = gated(MemoryBackend::new());
    let mut follower = follow(&log, None);
    for number in 0..20 {
        append(&log, &number.to_string());
        rotated(&log);
    }
    let found: Vec<_> = (0..17).map(|_| next(&mut follower)).collect();
    assert_eq!(found, (0..17).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_ends(&mut follower, |error| matches!(error, Error::Lagged));
}

#[test]
fn a_place_in_a_file_that_the_log_has_left_is_too_far_behind() {
    let (log, _) = gated(MemoryBackend::new());
    let tips: Vec<_> = (0..5).map(|_| append(&log, "before")).collect();
    rotated(&log);
    append(&log, "after");
    assert_ends(&mut follow(&log, Some(tips[0])), |error| matches!(error, Error::Lagged));
    assert_eq!(next(&mut follow(&log, Some(tips[4]))), "after");
    // Op 5 is the seam.
    assert_eq!(next(&mut follow(&log, Some(tips[3]))), "before");
}

#[test]
fn after_a_close_everything_durable_comes_before_the_reason() {
    let (log, _) = gated(MemoryBackend::new());
    let mut follower = follow(&log, None);
    (0..3).for_each(|number| {
        append(&log, &number.to_string());
    });
    block_on(log.close()).unwrap();
    (0..3).for_each(|number| assert_eq!(next(&mut follower), number.to_string()));
    assert_ends(&mut follower, |error| matches!(error, Error::Closed));
}

#[test]
fn after_a_failure_everything_durable_comes_before_the_reason_and_nothing_else() {
    for (error, is_fenced) in [(disk_is_gone(), false), (Error::Fenced { what: "log".into() }, true)] {
        let (log, gate) = gated(MemoryBackend::new());
        let mut follower = follow(&log, None);
        append(&log, "one");
        gate.with(|gate| gate.fail = Some(error));
        assert!(block_on(log.append(OPERATION, "two")).is_err());
        assert_eq!(next(&mut follower), "one");
        assert_ends(&mut follower, |error| match error {
            Error::Fenced { .. } => is_fenced,
            Error::Poisoned { .. } => !is_fenced,
            _ => false,
        });
    }
}

#[test]
fn after_a_panic_it_waits_for_the_checkpoint_that_had_begun() {
    let (log, gate) = shut();
    let mut follower = follow(&log, None);
    let mut covered = log.append(OPERATION, "one").boxed();
    assert!(begin(&mut covered).is_pending());
    gate.with(|gate| gate.panics.push(Place::Write));
    assert!(block_on(log.append(OPERATION, "two")).is_err());
    assert_waits(&mut follower);
    gate.open();
    assert_eq!(next(&mut follower), "one");
    assert_ends(&mut follower, |error| matches!(error, Error::Poisoned { .. }));
}

#[test]
fn a_follower_keeps_the_log_open_when_the_last_handle_is_dropped() {
    let (log, gate) = gated(MemoryBackend::new());
    let mut follower = follow(&log, None);
    append(&log, "one");
    drop(log);
    assert!(!gate.with(|gate| gate.dropped));
    assert_eq!(next(&mut follower), "one");
    drop(follower);
    assert!(gate.with(|gate| gate.dropped));
}

#[test]
fn a_tail_that_was_kept_when_the_log_was_opened_is_passed() {
    let mut log = block_on(Aof::create(MemoryBackend::new(), LogOptions::new())).unwrap();
    block_on(log.append(OPERATION, b"one")).unwrap();
    block_on(log.append(OPERATION, b"torn away")).unwrap();
    let bytes = log.into_inner().snapshot();
    let torn = Gated::new(MemoryBackend::from_bytes(&bytes[..bytes.len() - 3]), &Handle::default());
    let options = LogOptions::new().tail(aof_api::Tail::Keep).rule(Rule::Linear);
    let log = GroupCommit::new(block_on(Aof::open(torn, options)).unwrap().0);
    let mut follower = follow(&log, None);
    assert_eq!(next(&mut follower), "one");
    assert_waits(&mut follower);
    append(&log, "two");
    assert_eq!(next(&mut follower), "two");
}

#[test]
fn beside_writers_and_rotations_nothing_is_missed_doubled_or_shown_before_it_is_durable() {
    let (log, _) = gated(MemoryBackend::new());
    let writers = 4;
    let each = 300;
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let log = &log;
            scope.spawn(move || {
                (0..each).for_each(|number| {
                    append(log, &format!("{writer} {number}"));
                })
            });
        }
        scope.spawn(|| {
            for _ in 0..10 {
                std::thread::sleep(std::time::Duration::from_millis(5));
                if log.tip().is_some() {
                    rotated(&log);
                }
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut follower = follow(&log, None);
                let first = block_on(follower.next()).unwrap().op();
                for op in first + 1..=writers * each {
                    let entry = block_on(follower.next()).unwrap();
                    assert_eq!(entry.op(), op);
                    assert!(log.tip().unwrap().op >= op, "it is shown before it is durable");
                }
            });
        }
    });
}
