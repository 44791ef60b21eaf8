//! The log is lent to a closure between two batches.

use crate::gate::{Gated, Handle, gated, log_behind, shut};
use crate::polling::{OPERATION, begin, bodies, poll_once};
use aof_api::{Aof, Appended, Error, GroupCommit, LogOptions, Result};
use aof_memory::MemoryBackend;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::BoxFuture;
use std::task::Poll;

/// Continues the log in an empty storage.
pub(crate) fn rotate(log: &mut Aof<Gated>, gate: Handle) -> BoxFuture<'_, Result<Gated>> {
    async move {
        let seam = log.seam().await?.expect("the log has an entry");
        log.continue_in(seam.begin(Gated::new(MemoryBackend::with_capacity(1 << 20), &gate)).await?)
    }
    .boxed()
}

pub(crate) fn rotated(log: &GroupCommit<Gated>) -> Handle {
    let gate = Handle::default();
    let next = gate.clone();
    block_on(log.with_log(|log| rotate(log, next))).unwrap().unwrap();
    gate
}

fn append(log: &GroupCommit<Gated>, body: &str) -> Appended {
    block_on(log.append(OPERATION, body)).unwrap()
}

#[test]
fn a_closure_sees_everything_that_was_accepted_before_it_durable() {
    let (log, gate) = shut();
    let mut first = log.append(OPERATION, "first").boxed();
    assert!(begin(&mut first).is_pending());
    let mut second = log.append(OPERATION, "second").boxed();
    assert!(poll_once(&mut second).is_pending());
    let mut lent = log.with_log(|log| async { (log.tip().unwrap().op, log.unflushed()) }.boxed()).boxed();
    assert!(poll_once(&mut lent).is_pending());
    gate.open();
    assert_eq!(block_on(lent).unwrap(), (2, 0));
    assert_eq!((block_on(first).unwrap().op, block_on(second).unwrap().op), (1, 2));
}

#[test]
fn calls_wait_while_the_log_is_lent_and_are_written_afterwards() {
    let (log, gate) = gated(MemoryBackend::new());
    let (finish, finished) = futures::channel::oneshot::channel::<()>();
    let mut lent = log
        .with_log(|log| {
            async {
                finished.await.unwrap();
                log.append(OPERATION, b"inside").await.map(|appended| appended.op)
            }
            .boxed()
        })
        .boxed();
    assert!(poll_once(&mut lent).is_pending());
    let mut waiting = log.append(OPERATION, "outside").boxed();
    assert!(begin(&mut waiting).is_pending());
    assert_eq!(gate.with(|gate| gate.writes), 0);
    finish.send(()).unwrap();
    // Whoever waits drives the closure.
    assert_eq!(block_on(waiting).unwrap().op, 2);
    assert_eq!(block_on(lent).unwrap().unwrap(), 1);
    assert_eq!(bodies(&log), ["inside", "outside"]);
}

#[test]
fn what_a_closure_leaves_undurable_becomes_durable_without_another_append() {
    let (log, gate) = gated(MemoryBackend::new());
    block_on(log.with_log(|log| async { log.append(OPERATION, b"inside").await }.boxed())).unwrap().unwrap();
    block_on(log.durable()).unwrap();
    assert_eq!((log.durable_len(), log.tip().unwrap().op), (278, 1));
    assert_eq!(gate.with(|gate| gate.checkpoints), 1);
}

#[test]
fn the_bound_of_the_log_holds_inside_of_a_closure_only() {
    let gate = Handle::default();
    let log = GroupCommit::new(log_behind(&gate, LogOptions::new().unflushed_max(1 << 20)));
    let unflushed = block_on(log.with_log(|log| {
        async {
            log.append(OPERATION, &[0; 600_000]).await?;
            log.append(OPERATION, &[0; 600_000]).await
        }
        .boxed()
    }));
    assert!(matches!(unflushed.unwrap(), Err(Error::UnflushedMax { .. })));
    assert_eq!(block_on(log.append(OPERATION, vec![0; 600_000])).unwrap().op, 2);
}

#[test]
fn the_log_is_lent_though_the_disk_is_full() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.fail = Some(Error::Full { needed: 1, available: 0 }));
    drop(block_on(log.submit(OPERATION, "one")).unwrap());
    let other = Handle::default();
    assert_eq!(block_on(log.with_log(|log| async { log.unflushed() }.boxed())).unwrap(), 275);
    let rotated = block_on(log.with_log(|log| rotate(log, other))).unwrap();
    assert!(matches!(rotated.map(drop), Ok(()) | Err(Error::Unflushed { .. })));
    gate.with(|gate| gate.fail = None);
    assert_eq!(append(&log, "two").op, 2);
}

#[test]
fn a_log_continues_in_another_storage() {
    let (log, first) = gated(MemoryBackend::new());
    assert_eq!((append(&log, "one").op, append(&log, "two").op), (1, 2));
    let second = rotated(&log);
    assert!(first.with(|gate| gate.dropped) && !second.with(|gate| gate.dropped));
    assert_eq!((log.durable_len(), log.tip().unwrap().op), (275, 2));
    let appended = append(&log, "three");
    assert_eq!((appended.op, appended.offset), (3, 275));
    assert_eq!((log.durable_len(), bodies(&log)), (552, vec!["two".to_owned(), "three".to_owned()]));
    assert_eq!(second.with(|gate| (gate.writes, gate.durable_len)), (2, 552));
}

#[test]
fn offsets_of_two_storages_are_not_compared() {
    let (log, _) = gated(MemoryBackend::new());
    (0..100).for_each(|_| {
        append(&log, "long");
    });
    let second = rotated(&log);
    second.shut();
    let (appended, mut durability) = block_on(log.submit(OPERATION, "short")).unwrap();
    assert_eq!(appended.offset, 276);
    assert!(poll_once(&mut durability).is_pending(), "276 is far below the durable length of the storage before");
    second.open();
    block_on(durability).unwrap();
}

#[test]
fn a_closure_that_awaits_the_handle_is_told() {
    let (log, _) = gated(MemoryBackend::new());
    let inner = log.clone();
    let lent = log.with_log(move |_| {
        async move {
            let appended = inner.append(OPERATION, "inside").await;
            let closed = inner.close().await;
            let durable = inner.durable().await;
            let lent = inner.with_log(|_| async {}.boxed()).await;
            [appended.map(drop), closed, durable, lent]
        }
        .boxed()
    });
    for answer in block_on(lent).unwrap() {
        assert!(matches!(answer, Err(Error::Lent)), "{answer:?}");
    }
    assert_eq!(append(&log, "after").op, 1);
}

#[test]
fn a_closure_that_swaps_in_another_log_poisons_the_handle() {
    let (log, gate) = gated(MemoryBackend::new());
    append(&log, "one");
    let other_gate = Handle::default();
    let mut other = log_behind(&other_gate, LogOptions::new());
    let swapped = block_on(log.with_log(move |log| {
        async move {
            std::mem::swap(log, &mut other);
        }
        .boxed()
    }));
    let is_replaced = |error: &Error| matches!(error, Error::Poisoned { cause } if matches!(**cause, Error::Replaced));
    assert!(swapped.is_err_and(|error| is_replaced(&error)));
    assert!(block_on(log.append(OPERATION, "late")).is_err_and(|error| is_replaced(&error)));
    assert!(gate.with(|gate| gate.dropped) && other_gate.with(|gate| gate.dropped));
}

#[test]
fn a_closure_whose_caller_was_dropped_runs_when_others_drive() {
    let (log, gate) = shut();
    let mut first = log.append(OPERATION, "first").boxed();
    assert!(begin(&mut first).is_pending());
    let ran = Handle::default();
    let mark = ran.clone();
    let mut lent = log.with_log(move |_| async move { mark.with(|gate| gate.dropped = true) }.boxed()).boxed();
    assert!(poll_once(&mut lent).is_pending());
    drop(lent);
    gate.open();
    block_on(first).unwrap();
    append(&log, "second");
    assert!(ran.with(|gate| gate.dropped));
}

#[test]
fn a_closure_that_lets_others_run_does_not_spin() {
    let (log, _) = gated(MemoryBackend::new());
    let mut rounds = 0;
    let mut lent = log
        .with_log(move |_| {
            futures::future::poll_fn(move |context| {
                rounds += 1;
                context.waker().wake_by_ref();
                if rounds > 3 { Poll::Ready(rounds) } else { Poll::Pending }
            })
            .boxed()
        })
        .boxed();
    let polls = (1..).find(|_| poll_once(&mut lent).is_ready()).unwrap();
    assert_eq!(polls, 4, "one poll of the caller is one poll of the closure");
}

#[test]
fn two_closures_run_one_after_the_other() {
    let (log, _) = gated(MemoryBackend::new());
    let in_log = |body: &'static str| {
        log.with_log(move |log| async move { log.append(OPERATION, body.as_bytes()).await.unwrap().op }.boxed())
    };
    let (one, two, three) = block_on(async { futures::join!(in_log("a"), log.append(OPERATION, "b"), in_log("c")) });
    let mut ops = [one.unwrap(), two.unwrap().op, three.unwrap()];
    ops.sort_unstable();
    assert_eq!(ops, [1, 2, 3]);
}

#[test]
fn after_a_close_nothing_is_lent() {
    let (log, _) = gated(MemoryBackend::new());
    block_on(log.close()).unwrap();
    assert!(matches!(block_on(log.with_log(|_| async {}.boxed())), Err(Error::Closed)));
}
