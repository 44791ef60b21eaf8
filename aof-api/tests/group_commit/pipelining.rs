//! Entries are written while a checkpoint is under way.

use crate::gate::{Handle, gated, log_behind, shut};
use crate::polling::{OPERATION, begin, bodies, poll_once};
use aof_api::storage::{Quantity, WRITE_LEN_MAX};
use aof_api::{Aof, Error, GroupCommit, LogOptions};
use aof_memory::MemoryBackend;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::join_all;
use std::pin::pin;
use std::task::Poll;

#[test]
fn an_entry_that_arrives_while_a_checkpoint_runs_is_written_at_once_and_seen_by_readers() {
    let (log, gate) = shut();
    let mut first = pin!(log.append(OPERATION, "first"));
    assert!(begin(&mut first).is_pending());
    let (second, durability) = block_on(log.submit(OPERATION, "second")).unwrap();
    assert_eq!((second.op, gate.with(|gate| (gate.writes, gate.checkpoints))), (2, (2, 1)));
    assert_eq!(bodies(&log), ["first", "second"]);
    assert_eq!(log.durable_len(), 0);
    gate.open();
    block_on(durability).unwrap();
    assert_eq!(log.durable_len(), 2 * 272 + 11);
    assert!(begin(&mut first).is_ready());
}

#[test]
fn everything_that_was_written_meanwhile_shares_the_next_checkpoint() {
    let (log, gate) = shut();
    let mut first = pin!(log.append(OPERATION, "first"));
    assert!(begin(&mut first).is_pending());
    let later: Vec<_> = (0..50).map(|_| block_on(log.submit(OPERATION, "later")).unwrap().1).collect();
    assert_eq!(gate.with(|gate| (gate.writes, gate.checkpoints)), (51, 1));
    gate.open();
    assert!(block_on(join_all(later)).into_iter().all(|durable| durable.is_ok()));
    assert_eq!(gate.with(|gate| gate.checkpoints), 2);
}

#[test]
fn dropping_a_durability_loses_nothing() {
    let (log, gate) = gated(MemoryBackend::new());
    let (appended, durability) = block_on(log.submit(OPERATION, "one")).unwrap();
    drop(durability);
    block_on(log.durable()).unwrap();
    assert_eq!(log.tip().unwrap().checksum, appended.checksum);
    assert_eq!(gate.with(|gate| gate.checkpoints), 1);
}

#[test]
fn durable_resolves_at_once_where_everything_is() {
    let (log, gate) = gated(MemoryBackend::new());
    assert!(matches!(poll_once(&mut log.durable()), Poll::Ready(Ok(()))));
    block_on(log.append(OPERATION, "one")).unwrap();
    assert!(matches!(poll_once(&mut log.durable()), Poll::Ready(Ok(()))));
    assert_eq!(gate.with(|gate| gate.checkpoints), 1);
}

#[test]
fn durable_waits_for_what_was_accepted_before_and_for_nothing_later() {
    let (log, gate) = shut();
    let mut first = log.append(OPERATION, "first").boxed();
    assert!(begin(&mut first).is_pending());
    let mut durable = log.durable();
    assert!(poll_once(&mut durable).is_pending());
    drop(block_on(log.submit(OPERATION, "later")).unwrap());
    gate.open();
    assert!(matches!(poll_once(&mut durable), Poll::Ready(Ok(()))));
    gate.shut();
    assert!(poll_once(&mut log.durable()).is_pending());
}

#[test]
fn bytes_that_were_not_durable_when_the_log_was_taken_over_become_so() {
    let gate = Handle::default();
    let mut log = log_behind(&gate, LogOptions::new());
    block_on(log.append(OPERATION, b"before")).unwrap();
    let log = GroupCommit::new(log);
    assert_eq!(log.durable_len(), 0);
    block_on(log.durable()).unwrap();
    assert_eq!((log.durable_len(), gate.with(|gate| gate.checkpoints)), (278, 1));
}

#[test]
fn the_entries_of_one_call_are_written_together() {
    let (log, gate) = gated(MemoryBackend::new());
    let appended = block_on(log.append_all([(OPERATION, "one"), (OPERATION, "two"), (OPERATION, "three")])).unwrap();
    assert_eq!(appended.iter().map(|appended| appended.op).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(gate.with(|gate| (gate.writes, gate.checkpoints)), (1, 1));
    assert!(block_on(log.append_all(Vec::<(_, Vec<u8>)>::new())).unwrap().is_empty());
}

#[test]
fn a_call_that_does_not_fit_is_refused_whole_and_the_others_are_written() {
    let (log, gate) = gated(MemoryBackend::with_capacity(272 * 4));
    gate.shut();
    let mut first = log.append(OPERATION, "").boxed();
    assert!(begin(&mut first).is_pending());
    let mut many = log.append_all((0..4).map(|_| (OPERATION, ""))).boxed();
    let mut one = log.append(OPERATION, "").boxed();
    assert!(poll_once(&mut many).is_pending() && poll_once(&mut one).is_pending());
    gate.open();
    assert!(matches!(block_on(many), Err(Error::Full { needed: 1088, .. })));
    assert_eq!((block_on(first).unwrap().op, block_on(one).unwrap().op), (1, 2));
}

#[test]
fn calls_are_written_in_pieces_of_64_mib_and_one_above_the_limit_is_refused() {
    let gate = Handle::default();
    let backend = crate::gate::Gated::new(MemoryBackend::with_capacity(200 << 20), &gate);
    let log = GroupCommit::with_queue_len_max(block_on(Aof::create(backend, LogOptions::new())).unwrap(), 1 << 30);
    let entries = |count| vec![(OPERATION, vec![0; 1_000_000]); count];
    let mut calls: Vec<_> = (0..3).map(|_| log.append_all(entries(30)).boxed()).collect();
    assert!(calls.iter_mut().all(|call| poll_once(call).is_pending()));
    assert!(block_on(join_all(calls)).into_iter().all(|call| call.is_ok()));
    assert_eq!(gate.with(|gate| gate.writes), 2, "60 MB, and 30 MB");
    let too_large = block_on(log.append_all(entries(69)));
    let limit = WRITE_LEN_MAX as u64;
    assert!(matches!(too_large, Err(Error::TooLarge { what: Quantity::Write, limit: found, .. }) if found == limit));
}

#[test]
fn the_bound_counts_what_is_written_and_not_durable() {
    let gate = Handle::default();
    let options = LogOptions::new().unflushed_max(1 << 20);
    let log = GroupCommit::new(log_behind(&gate, options));
    gate.shut();
    let body = || vec![0; 400_000];
    let (_, first) = block_on(log.submit(OPERATION, body())).unwrap();
    let (_, second) = block_on(log.submit(OPERATION, body())).unwrap();
    let mut third = log.submit(OPERATION, body()).boxed();
    assert!(begin(&mut third).is_pending());
    assert_eq!(gate.with(|gate| gate.writes), 2, "the third must wait until the first is durable");
    gate.open();
    let (third, ()) = block_on(async { (third.await, first.await.unwrap()) });
    assert_eq!(third.unwrap().0.op, 3);
    block_on(second).unwrap();
}

#[test]
fn a_call_above_the_bound_is_accepted_when_nothing_else_waits() {
    let gate = Handle::default();
    let log = GroupCommit::new(log_behind(&gate, LogOptions::new().unflushed_max(1 << 20)));
    gate.shut();
    let mut small = log.append(OPERATION, "small").boxed();
    assert!(begin(&mut small).is_pending());
    let mut large = log.append_all(vec![(OPERATION, vec![0; 1_000_000]); 3]).boxed();
    assert!(begin(&mut large).is_pending());
    assert_eq!(gate.with(|gate| gate.writes), 1);
    gate.open();
    assert_eq!(block_on(large).unwrap().len(), 3);
    assert_eq!(block_on(small).unwrap().op, 1);
}

#[test]
fn a_call_that_was_dropped_before_its_first_poll_writes_nothing() {
    let (log, gate) = gated(MemoryBackend::new());
    drop(log.append(OPERATION, "never"));
    block_on(log.close()).unwrap();
    assert_eq!(gate.with(|gate| gate.writes), 0);
}

#[test]
fn plain_threads_that_block_share_checkpoints() {
    let (log, gate) = gated(MemoryBackend::new());
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let log = &log;
            scope.spawn(move || {
                for number in 0..200 {
                    let appended = block_on(log.append(OPERATION, format!("{thread} {number}"))).unwrap();
                    assert!(log.durable_len() >= appended.offset + 272);
                }
            });
        }
    });
    assert_eq!((log.tip().unwrap().op, bodies(&log).len()), (3200, 3200));
    assert!(gate.with(|gate| gate.checkpoints) <= 3200);
}
