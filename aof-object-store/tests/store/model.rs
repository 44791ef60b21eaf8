//! Every interleaving of the PUTs of two writers that prune or compact, with every answer lost once.

use crate::around::{Around, Way};
use crate::seen_from;
use crate::wire::{Troubles, wire_to};
use aof_api::{AofBackend, Error, Result};
use aof_object_store::{Compaction, ObjectStoreBackend, OpenMode, Options};
use async_trait::async_trait;
use futures::executor::block_on;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, PutOptions, PutPayload, PutResult};
use std::io::IoSlice;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Lets the PUTs of two writers happen in a given order, one at a time. Reading is free: only PUTs change anything.
#[derive(Debug)]
struct Turns {
    /// Whose PUT is next, and how many have happened.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    order: Vec<usize>,
    next: usize,
    /// The PUT, counted over both writers, whose answer is lost.
    lost: Option<usize>,
    count: usize,
    done: [bool; 2],
}

impl Turns {
    /// Waits for the turn of `writer`; whether the answer of its PUT is to be lost. After the order is used up, and
    /// where the other writer is done, whoever comes goes.
    fn take(&self, writer: usize) -> bool {
        let mut state = self.state.lock().unwrap();
        loop {
            let whose = state.order.get(state.next).copied();
            if whose.is_none_or(|whose| whose == writer || state.done[whose]) {
                state.next += 1;
                state.count += 1;
                self.changed.notify_all();
                return state.lost == Some(state.count - 1);
            }
            let (changed, waited) = self.changed.wait_timeout(state, Duration::from_secs(20)).unwrap();
            assert!(!waited.timed_out(), "writer {writer} waits for its turn for ever");
            state = changed;
        }
    }

    fn done(&self, writer: usize) {
        self.state.lock().unwrap().done[writer] = true;
        self.changed.notify_all();
    }
}

/// The store as one of the writers sees it.
#[derive(Debug)]
struct InTurn {
    turns: Arc<Turns>,
    writer: usize,
}

#[async_trait]
impl Way for InTurn {
    async fn put(
        &self,
        inner: &dyn ObjectStore,
        key: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        let is_lost = self.turns.take(self.writer);
        let result = inner.put_opts(key, payload, options).await;
        if is_lost {
            return Err(object_store::Error::Generic { store: "turns", source: "connection reset".into() });
        }
        result
    }
}

/// What a writer was told: the bytes of its checkpoints that were acknowledged, with their offsets, and where it pruned to.
#[derive(Debug, Default)]
struct Told {
    acknowledged: Vec<(u64, u8)>,
    pruned: u64,
    /// Another writer has the log: it was fenced off, or found the log in use.
    displaced: bool,
}

const PIECE: usize = 10;

/// What a writer does after its second piece.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Prunes,
    Compacts,
}

/// How a writer opens the log, and what it does.
type Plan = (OpenMode, Deed);

/// A log that was written this long ago is idle: in a test, none is.
const IDLE: OpenMode = OpenMode::OnlyIfIdle(Duration::from_secs(3600));

/// Opens the log, makes three pieces durable, and does something to the first ones after the second.
async fn write_and_do(store: Arc<dyn ObjectStore>, byte: u8, (mode, deed): Plan) -> Result<Told> {
    let mut told = Told::default();
    let run = async {
        let mut backend = ObjectStoreBackend::open(store, "logs/a", Options::new().mode(mode)).await?;
        for piece in 0..3 {
            let at = backend.write(&[IoSlice::new(&[byte + piece; PIECE])]).await?;
            backend.checkpoint(&[byte + piece]).await?;
            told.acknowledged.push((at, byte + piece));
            match deed {
                Deed::Prunes if piece == 1 => told.pruned = told.pruned.max(backend.prune(at).await?),
                Deed::Compacts if piece == 1 => drop(backend.compact(Compaction::new().segment_len_min(1)).await?),
                _ => {}
            }
        }
        Ok(())
    };
    match run.await {
        Err(Error::Fenced { .. }) => told.displaced = true,
        Err(Error::Locked { .. }) if mode == IDLE => told.displaced = true,
        other => other?,
    }
    Ok(told)
}

/// One history: two writers that do these things, in this order of PUTs, with this answer lost.
fn history(order: &[usize], lost: Option<usize>, plans: [Plan; 2]) {
    let memory = Arc::new(InMemory::new());
    let state = State { order: order.to_vec(), next: 0, lost, count: 0, done: [false; 2] };
    let turns = Arc::new(Turns { state: Mutex::new(state), changed: Condvar::new() });
    let writers: Vec<_> = [0, 1]
        .into_iter()
        .map(|writer| {
            let (inner, turns): (Arc<dyn ObjectStore>, _) = (memory.clone(), Arc::clone(&turns));
            std::thread::spawn(move || {
                let store = Arc::new(Around::new(inner, InTurn { turns: Arc::clone(&turns), writer }));
                let told = block_on(write_and_do(store, 10 + 100 * writer as u8, plans[writer]));
                turns.done(writer);
                told
            })
        })
        .collect();
    let told: Vec<Told> = writers
        .into_iter()
        .map(|writer| {
            writer.join().unwrap().unwrap_or_else(|error| panic!("{order:?}, lost {lost:?}, {plans:?}: {error:?}"))
        })
        .collect();
    assert!(
        !(told[0].displaced && told[1].displaced),
        "{order:?}, lost {lost:?}, {plans:?}: nobody has the log: {told:?}"
    );
    block_on(async {
        let wire = wire_to(memory, Troubles::none());
        let mut backend = crate::take(&wire).await.unwrap();
        let start = aof_api::AofRead::start(&mut backend).await.unwrap();
        assert!(start <= told[0].pruned.max(told[1].pruned), "{order:?}, lost {lost:?}, {plans:?}: {start}, {told:?}");
        let log = seen_from(&wire, start).await.unwrap();
        for (at, byte) in told.iter().flat_map(|told| &told.acknowledged).filter(|(at, _)| *at >= start) {
            let there = &log[(at - start) as usize..][..PIECE];
            assert!(
                there == [*byte; PIECE],
                "{order:?}, lost {lost:?}, {plans:?}: {byte} was acknowledged at {at}: {there:?}"
            );
        }
    });
}

/// PUTs of each writer that are put into every order: create, probe, fence, manifest, two chunks, the manifest of the deed.
const PUTS: usize = 7;

#[test]
fn two_writers_lose_nothing_acknowledged_in_any_order_of_their_puts() {
    every_order([(OpenMode::TakeOver, Deed::Prunes); 2]);
}

#[test]
fn two_writers_that_compact_lose_nothing_acknowledged_in_any_order_of_their_puts() {
    every_order([(OpenMode::TakeOver, Deed::Compacts); 2]);
}

#[test]
fn a_writer_that_compacts_and_one_that_prunes_lose_nothing_acknowledged_in_any_order_of_their_puts() {
    every_order([(OpenMode::TakeOver, Deed::Compacts), (OpenMode::TakeOver, Deed::Prunes)]);
}

#[test]
fn two_writers_that_want_an_idle_log_lose_nothing_acknowledged_in_any_order_of_their_puts() {
    every_order([(IDLE, Deed::Prunes), (IDLE, Deed::Compacts)]);
}

#[test]
fn a_writer_that_wants_an_idle_log_and_one_that_takes_it_over_lose_nothing_acknowledged_in_any_order() {
    every_order([(IDLE, Deed::Compacts), (OpenMode::TakeOver, Deed::Prunes)]);
    every_order([(OpenMode::TakeOver, Deed::Compacts), (IDLE, Deed::Prunes)]);
}

fn every_order(plans: [Plan; 2]) {
    let mut histories = 0;
    for mask in 0u32..1 << (2 * PUTS) {
        // Every order in which each writer has its PUTs; the log is made by the first.
        if mask.count_ones() as usize == PUTS && mask & 1 == 0 {
            // Of those that differ only in a long run of one writer, each is one history.
            let order: Vec<_> = (0..2 * PUTS).map(|at| (mask >> at & 1) as usize).collect();
            history(&order, None, plans);
            histories += 1;
        }
    }
    assert_eq!(histories, 1716);
}

#[test]
fn two_writers_lose_nothing_acknowledged_when_any_answer_is_lost() {
    for lost in 0..2 * PUTS {
        for begins in 1..PUTS {
            for length in 1..=PUTS {
                // The first writer has some PUTs, the second some, and so on.
                let order: Vec<_> =
                    (0..4 * PUTS).map(|at| usize::from(at >= begins && (at - begins) / length % 2 == 0)).collect();
                for plans in [
                    [(OpenMode::TakeOver, Deed::Prunes); 2],
                    [(OpenMode::TakeOver, Deed::Compacts); 2],
                    [(IDLE, Deed::Prunes), (OpenMode::TakeOver, Deed::Compacts)],
                ] {
                    history(&order, Some(lost), plans);
                }
            }
        }
    }
}
