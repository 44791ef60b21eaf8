//! Finding an op in a log of many small chunks: few requests, and the place that reading everything finds.

use crate::wire::{Troubles, Wire, wire_to};
use crate::{take, write};
use aof_api::read::find::{Target, find};
use aof_api::{Aof, AofBackend, Entries, LogOptions, Operation, read};
use aof_object_store::{Compaction, ObjectReader, ObjectStoreBackend, Options};
use aof_testkit::Random;
use futures::executor::block_on;
use object_store::memory::InMemory;
use std::sync::Arc;

const ENTRIES: u64 = 3000;

/// A log of 3,000 entries, each in a chunk of its own.
async fn log_of_small_chunks() -> (Wire, Aof<ObjectStoreBackend>) {
    let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
    let mut log = Aof::create(take(&wire).await.unwrap(), LogOptions::new()).await.unwrap();
    for op in 1..=ENTRIES {
        log.append(Operation(200), &vec![op as u8; 4000]).await.unwrap();
        log.checkpoint().await.unwrap();
    }
    (wire, log)
}

async fn reader(wire: &Wire) -> ObjectReader {
    ObjectReader::open(Arc::new(wire.clone()), "logs/a", Options::new()).await.unwrap()
}

#[test]
fn an_op_is_found_by_the_headers_of_a_few_chunks() {
    block_on(async {
        let (wire, log) = log_of_small_chunks().await;
        for op in [1, 2, 1000, 1777, ENTRIES] {
            let mut reader = reader(&wire).await;
            wire.way.take_counts();
            let place = find(&mut reader, Target::Op(op), read::Options::new()).await.unwrap().unwrap();
            assert_eq!((place.op, place.offset), (op, (op - 1) * log.len() / ENTRIES));
            let (_, gets, lists) = wire.way.take_counts();
            // Halving 3,000 chunks takes 12; those around the place show that the log does not go back; some are read ahead.
            assert!(gets <= 70 && lists == 0, "{gets} GETs and {lists} LISTs for op {op}");
        }
        drop(log);
        // A program that opened the log again, and knows only its end.
        let (mut log, _) = Aof::open(take(&wire).await.unwrap(), LogOptions::new()).await.unwrap();
        wire.way.take_counts();
        assert_eq!(log.get(1234).await.unwrap().unwrap().body()[0], 1234_u64 as u8);
        let (_, gets, lists) = wire.way.take_counts();
        assert!(gets <= 70 && lists == 0, "{gets} GETs and {lists} LISTs");
    });
}

#[test]
fn an_op_is_found_in_a_segment() {
    block_on(async {
        let (wire, log) = log_of_small_chunks().await;
        let compaction = Compaction::new().segment_len_max(4 << 20);
        assert_eq!(log.backend().compact(compaction).await.unwrap().segments, 3);
        for op in [1, 700, 1777, ENTRIES] {
            let mut reader = reader(&wire).await;
            wire.way.take_counts();
            let place = find(&mut reader, Target::Op(op), read::Options::new()).await.unwrap().unwrap();
            assert_eq!((place.op, place.offset), (op, (op - 1) * log.len() / ENTRIES));
            let (_, gets, _) = wire.way.take_counts();
            assert!(gets <= 60, "{gets} GETs for op {op}");
        }
    });
}

/// The places of all ops as reading everything finds them.
async fn first_places(wire: &Wire) -> Vec<(u64, u64)> {
    let mut reader = reader(wire).await;
    let mut entries = Entries::starting_at(&mut reader, 0, read::Options::new());
    let mut places = Vec::new();
    while let Some(entry) = entries.next().await.unwrap() {
        places.push((entry.op(), entry.offset));
    }
    places
}

#[test]
fn in_a_log_that_goes_back_the_first_place_is_found() {
    block_on(async {
        let source = {
            let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
            let mut log = Aof::create(take(&wire).await.unwrap(), LogOptions::new()).await.unwrap();
            let mut prepares = Vec::new();
            for op in 1..=200u64 {
                log.append(Operation(200), &[7; 300]).await.unwrap();
                prepares.push(log.get(op).await.unwrap().unwrap());
            }
            prepares
        };
        for seed in 0..60 {
            let mut random = Random::new(seed);
            let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
            let mut backend = take(&wire).await.unwrap();
            // As restarted replicas do: what was recorded last is recorded again.
            let (mut next, mut restarts) = (0, random.index(4));
            while next < source.len() {
                write(&mut backend, source[next].as_entry_bytes()).await.unwrap();
                next += 1;
                if random.chance(0.4) {
                    backend.checkpoint(&[1]).await.unwrap();
                }
                if restarts > 0 && random.chance(0.02) {
                    next = next.saturating_sub(1 + random.index(60));
                    restarts -= 1;
                }
            }
            backend.checkpoint(&[]).await.unwrap();
            let places = first_places(&wire).await;
            let mut reader = reader(&wire).await;
            for op in (1..=source.len() as u64).step_by(7) {
                let wanted = places.iter().find(|(found, _)| *found >= op).unwrap().1;
                let place = find(&mut reader, Target::Op(op), read::Options::new()).await.unwrap().unwrap();
                assert_eq!((place.op, place.offset), (op, wanted), "seed {seed}");
            }
            assert_eq!(find(&mut reader, Target::Op(201), read::Options::new()).await.unwrap(), None);
        }
    });
}

#[test]
fn writes_that_are_not_those_of_entries_are_no_help_and_no_harm() {
    block_on(async {
        let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
        let (whole, log) = log_of_small_chunks().await;
        let mut bytes = vec![0; log.len() as usize];
        aof_api::AofReadExt::read_all_at(&mut reader(&whole).await, 0, &mut bytes).await.unwrap();
        let mut backend = take(&wire).await.unwrap();
        for piece in bytes[..6 << 20].chunks(1 << 20) {
            write(&mut backend, piece).await.unwrap();
            backend.checkpoint(&[1]).await.unwrap();
        }
        let place = find(&mut reader(&wire).await, Target::Op(1000), read::Options::new()).await.unwrap().unwrap();
        assert_eq!((place.op, place.offset), (1000, 999 * log.len() / ENTRIES));
    });
}
