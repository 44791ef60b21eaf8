//! Callers share batches, and nobody is stranded.

use crate::gate::{Handle, disk_is_gone, gated, log_behind, shut};
use crate::polling::{Count, OPERATION, begin, bodies, poll_once};
use aof_api::format::BODY_SIZE_MAX;
use aof_api::storage::Quantity;
use aof_api::{Aof, Appended, Error, GroupCommit, LogOptions, Operation, Rule};
use aof_memory::MemoryBackend;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::join_all;
use futures::task::waker;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Context;

#[test]
fn callers_that_arrive_while_a_checkpoint_runs_share_the_next_one() {
    let (log, gate) = shut();
    let mut first = pin!(log.append(OPERATION, "first"));
    assert!(begin(&mut first).is_pending());
    let mut others: Vec<_> = (0..100).map(|number| log.append(OPERATION, number.to_string()).boxed()).collect();
    assert!(others.iter_mut().all(|other| poll_once(other).is_pending()));
    gate.open();
    let appended = block_on(async { (first.await.unwrap(), join_all(others).await) });
    assert_eq!(appended.0.op, 1);
    let ops: Vec<u64> = appended.1.into_iter().map(|appended| appended.unwrap().op).collect();
    assert_eq!(ops, (2..=101).collect::<Vec<_>>());
    assert_eq!(gate.with(|gate| (gate.checkpoints, gate.writes)), (2, 2));
}

#[test]
fn callers_of_one_executor_share_a_checkpoint_that_blocks() {
    let (log, gate) = gated(MemoryBackend::new());
    let callers = (0..64).map(|number| log.append(OPERATION, number.to_string()));
    let appended = block_on(join_all(callers));
    assert!(appended.iter().all(Result::is_ok));
    assert_eq!(gate.with(|gate| (gate.checkpoints, gate.writes)), (1, 1));
}

#[test]
fn entries_stand_in_the_order_in_which_they_were_accepted_whoever_drives() {
    let (log, gate) = shut();
    let mut callers: Vec<_> = (0..10).map(|number| log.append(OPERATION, number.to_string()).boxed()).collect();
    assert!(callers.iter_mut().all(|caller| poll_once(caller).is_pending()));
    gate.open();
    callers.reverse();
    let ops: Vec<_> = block_on(join_all(callers)).into_iter().map(|appended| appended.unwrap().op).collect();
    assert_eq!(ops, (1..=10).rev().collect::<Vec<_>>());
    assert_eq!(bodies(&log), (0..10).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_caller_that_is_dropped_before_its_batch_begins_strands_nobody() {
    let (log, gate) = gated(MemoryBackend::new());
    let mut first = log.append(OPERATION, "first").boxed();
    let mut parked = log.append(OPERATION, "parked").boxed();
    assert!(poll_once(&mut first).is_pending() && poll_once(&mut parked).is_pending());
    drop(first);
    assert_eq!(block_on(log.append(OPERATION, "third")).unwrap().op, 3);
    assert_eq!(gate.with(|gate| gate.checkpoints), 1);
    assert_eq!(block_on(parked).unwrap().op, 2);
}

#[test]
fn an_answered_entry_is_durable() {
    let (log, _gate) = gated(MemoryBackend::new());
    let appended: Appended = block_on(log.append(OPERATION, "one")).unwrap();
    assert_eq!(log.durable_len(), 275);
    assert_eq!(log.tip().unwrap().checksum, appended.checksum);
}

#[test]
fn a_caller_that_is_dropped_strands_nobody_and_its_entry_is_written() {
    let (log, gate) = shut();
    let mut first = log.append(OPERATION, "first").boxed();
    assert!(begin(&mut first).is_pending());
    let mut second = log.append(OPERATION, "second").boxed();
    assert!(poll_once(&mut second).is_pending());
    let third = log.append(OPERATION, "third");
    drop(first);
    drop(second);
    gate.open();
    assert_eq!(block_on(third).unwrap().op, 3);
    assert_eq!(bodies(&log), ["first", "second", "third"]);
}

#[test]
fn a_caller_that_is_kept_and_never_polled_again_strands_nobody() {
    let (log, gate) = shut();
    let mut parked = log.append(OPERATION, "parked").boxed();
    assert!(begin(&mut parked).is_pending());
    let mut also_parked = log.append(OPERATION, "also parked").boxed();
    assert!(poll_once(&mut also_parked).is_pending());
    let opener = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        gate.open();
    });
    assert_eq!(block_on(log.append(OPERATION, "third")).unwrap().op, 3);
    opener.join().unwrap();
    assert_eq!(block_on(parked).unwrap().op, 1);
    assert_eq!(block_on(also_parked).unwrap().op, 2);
}

#[test]
fn who_leaves_after_a_sync_that_blocked_wakes_everyone_who_waits_for_the_next() {
    let (log, gate) = gated(MemoryBackend::new());
    let count = || Arc::new(Count(AtomicUsize::new(0)));
    let (first, second) = (count(), count());
    let waiting = Arc::new(Mutex::new(Vec::new()));
    let (counts, others, other) = ([first.clone(), second.clone()], Arc::clone(&waiting), log.clone());
    let meanwhile = move || {
        for count in counts {
            let log = other.clone();
            let mut caller = async move { log.append(OPERATION, "waits").await.unwrap().op }.boxed();
            let waker = waker(count.clone());
            for _ in 0..2 {
                assert!(caller.poll_unpin(&mut Context::from_waker(&waker)).is_pending());
            }
            // Only what comes after it waits counts.
            count.0.store(0, Ordering::SeqCst);
            others.lock().unwrap().push(caller);
        }
    };
    gate.with(|gate| gate.meanwhile = Some(Box::new(meanwhile)));
    assert_eq!(block_on(log.append(OPERATION, "blocks")).unwrap().op, 1);
    // Whichever of them is never polled again, the other one knows that it has to.
    assert!(first.0.load(Ordering::SeqCst) > 0 && second.0.load(Ordering::SeqCst) > 0);
    let second = waiting.lock().unwrap().pop().unwrap();
    assert_eq!(block_on(second), 3);
}

#[test]
fn with_no_caller_left_close_writes_what_was_accepted() {
    let (log, gate) = shut();
    let mut first = log.append(OPERATION, "first").boxed();
    assert!(begin(&mut first).is_pending());
    let mut second = log.append(OPERATION, "second").boxed();
    assert!(poll_once(&mut second).is_pending());
    drop((first, second));
    gate.open();
    block_on(log.close()).unwrap();
    assert_eq!(log.tip().unwrap().op, 2);
    assert!(gate.with(|gate| gate.dropped));
    assert!(matches!(block_on(log.append(OPERATION, "late")), Err(Error::Closed)));
    assert!(matches!(block_on(log.close()), Err(Error::Closed)));
    assert!(matches!(block_on(log.entries()).err(), Some(Error::Closed)));
}

#[test]
fn a_failed_checkpoint_is_heard_by_everyone_who_waited_for_it_and_by_all_later_ones() {
    let (log, gate) = shut();
    let mut waiting: Vec<_> = (0..3).map(|number| log.append(OPERATION, number.to_string()).boxed()).collect();
    assert!(waiting.iter_mut().all(|caller| begin(caller).is_pending()));
    gate.with(|gate| gate.fail = Some(disk_is_gone()));
    gate.open();
    let answers = block_on(join_all(waiting));
    for (answer, op) in answers.iter().zip(1..) {
        let Err(Error::Undecided { appended, cause }) = answer else { panic!("{answers:?}") };
        assert!(appended.op == op && matches!(**cause, Error::Io { .. }), "{answers:?}");
    }
    gate.with(|gate| gate.fail = None);
    assert!(matches!(block_on(log.append(OPERATION, "late")), Err(Error::Poisoned { .. })));
    assert_eq!((log.durable_len(), log.tip()), (0, None));
}

#[test]
fn without_room_for_all_entries_are_tried_one_by_one() {
    let (log, gate) = gated(MemoryBackend::with_capacity(272 * 3 + 10));
    gate.with(|gate| gate.shut = true);
    let mut first = log.append(OPERATION, "").boxed();
    assert!(begin(&mut first).is_pending());
    let others = [vec![0; 1000], vec![1; 5], vec![2; 500], vec![3; 5]];
    let mut others: Vec<_> = others.into_iter().map(|body| log.append(OPERATION, body).boxed()).collect();
    assert!(others.iter_mut().all(|other| poll_once(other).is_pending()));
    gate.open();
    block_on(first).unwrap();
    let answers = block_on(join_all(others));
    assert!(matches!(answers[0], Err(Error::Full { .. })) && matches!(answers[2], Err(Error::Full { .. })));
    assert_eq!((answers[1].as_ref().unwrap().op, answers[3].as_ref().unwrap().op), (2, 3));
}

#[test]
fn an_entry_that_cannot_be_fails_alone() {
    let (log, gate) = shut();
    let mut first = log.append(OPERATION, "first").boxed();
    assert!(begin(&mut first).is_pending());
    let mut reserved = log.append(Operation::ROOT, "root").boxed();
    let mut fine = log.append(OPERATION, "fine").boxed();
    assert!(poll_once(&mut reserved).is_pending() && poll_once(&mut fine).is_pending());
    gate.open();
    block_on(first).unwrap();
    assert!(matches!(block_on(reserved), Err(Error::Reserved { operation: 1 })));
    assert_eq!(block_on(fine).unwrap().op, 2);
    let too_large = block_on(log.append(OPERATION, vec![0; 1 << 20]));
    assert!(matches!(too_large, Err(Error::TooLarge { .. })));
}

#[test]
fn the_largest_body_is_taken_and_one_byte_more_is_refused() {
    let (log, _) = gated(MemoryBackend::new());
    let largest = vec![7; BODY_SIZE_MAX as usize];
    assert_eq!(block_on(log.append(OPERATION, largest.clone())).unwrap().op, 1);
    let larger = block_on(log.append(OPERATION, [&largest[..], &[7]].concat()));
    assert!(matches!(larger, Err(Error::TooLarge { what: Quantity::Body, .. })), "{larger:?}");
}

#[test]
fn many_large_entries_wait_for_one_checkpoint_together() {
    let (log, gate) = shut();
    let mut first = log.append(OPERATION, "first").boxed();
    assert!(begin(&mut first).is_pending());
    let mut others: Vec<_> = (0..20).map(|number| log.append(OPERATION, vec![number; 1_000_000]).boxed()).collect();
    assert!(others.iter_mut().all(|other| poll_once(other).is_pending()));
    gate.open();
    block_on(first).unwrap();
    assert!(block_on(join_all(others)).into_iter().all(|answer| answer.is_ok()));
    assert_eq!(gate.with(|gate| gate.checkpoints), 2);
}

#[test]
fn a_close_that_was_dropped_is_carried_out_by_the_next_one() {
    let (log, gate) = shut();
    let mut caller = log.append(OPERATION, "first").boxed();
    assert!(begin(&mut caller).is_pending());
    let mut close = log.close().boxed();
    assert!(poll_once(&mut close).is_pending());
    drop((caller, close));
    assert!(matches!(block_on(log.append(OPERATION, "late")), Err(Error::Closed)));
    gate.open();
    block_on(log.close()).unwrap();
    assert!(gate.with(|gate| gate.dropped), "the storage, and its lock, outlive a close");
    assert!(matches!(block_on(log.close()), Err(Error::Closed)));
}

#[test]
fn a_full_queue_makes_callers_wait_and_loses_nobody() {
    let gate = Handle::default();
    let log = GroupCommit::with_queue_len_max(log_behind(&gate, LogOptions::new()), 0);
    gate.with(|gate| gate.shut = true);
    // The bound is one entry of the largest size.
    let bodies: Vec<_> = (0..6).map(|number| vec![number; 600_000]).collect();
    let mut callers: Vec<_> = bodies.iter().map(|body| log.append(OPERATION, body.clone()).boxed()).collect();
    assert!(callers.iter_mut().all(|caller| poll_once(caller).is_pending()));
    gate.open();
    let mut ops: Vec<_> = block_on(join_all(callers)).into_iter().map(|appended| appended.unwrap().op).collect();
    ops.sort_unstable();
    assert_eq!(ops, [1, 2, 3, 4, 5, 6]);
    assert!(gate.with(|gate| gate.writes) >= 6, "no two of these fit into the queue together");
}

#[test]
fn the_log_goes_with_the_last_handle_even_in_the_middle_of_a_batch() {
    let (log, gate) = shut();
    let other = log.clone();
    let mut caller = Box::pin(async move { other.append(OPERATION, "first").await });
    assert!(begin(&mut caller).is_pending());
    drop(log);
    assert!(!gate.with(|gate| gate.dropped));
    drop(caller);
    assert!(gate.with(|gate| gate.dropped), "a batch that nobody can drive keeps the log and its lock");
}

#[test]
fn threads_append_at_once_and_the_chain_is_linear() {
    let log = GroupCommit::new(block_on(Aof::create(MemoryBackend::new(), LogOptions::new())).unwrap());
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let log = log.clone();
            std::thread::spawn(move || {
                let append = |number: u32| block_on(log.append(OPERATION, format!("{thread} {number}"))).unwrap().op;
                (0..200).map(append).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut ops: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    ops.sort_unstable();
    assert_eq!(ops, (1..=1600).collect::<Vec<_>>());
    let written = bodies(&log);
    for thread in 0..8 {
        let of_thread = written.iter().filter_map(|body| body.strip_prefix(&format!("{thread} ")));
        assert!(of_thread.eq((0..200).map(|number| number.to_string()).collect::<Vec<_>>()), "thread {thread}");
    }
    block_on(async {
        let entries = log.entries().await.unwrap();
        let validation =
            aof_api::validate::validate(entries.into_inner(), Default::default(), log.tip().map(|tip| tip.checksum));
        let validation = validation.await.unwrap();
        assert!(validation.is_clean() && validation.notes.is_empty());
        assert_eq!(Rule::default(), Rule::Linear);
    });
}
