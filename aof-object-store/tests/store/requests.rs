//! How many requests calls make: they cost money.

use crate::wire::{Troubles, Wire, wire_to};
use crate::{take, write};
use aof_api::{Aof, AofBackend, AofRead, LogOptions, Operation};
use aof_object_store::{ObjectReader, ObjectStoreBackend, Options};
use futures::executor::block_on;
use object_store::memory::InMemory;
use std::sync::Arc;

fn wire() -> Wire {
    wire_to(Arc::new(InMemory::new()), Troubles::none())
}

#[test]
fn a_checkpoint_is_one_put_whatever_it_covers() {
    block_on(async {
        let wire = wire();
        let mut backend = take(&wire).await.unwrap();
        wire.way.take_counts();
        for _ in 0..1000 {
            write(&mut backend, b"small").await.unwrap();
        }
        backend.checkpoint(&[1]).await.unwrap();
        assert_eq!(wire.way.take_counts(), (1, 0, 0));
        // Nothing new is nothing to put.
        backend.checkpoint(&[]).await.unwrap();
        backend.checkpoint(&[]).await.unwrap();
        assert_eq!(wire.way.take_counts(), (0, 0, 0));
    });
}

#[test]
fn checkpoints_that_wait_for_a_put_share_the_next_one() {
    block_on(async {
        let wire = wire();
        let mut backend = take(&wire).await.unwrap();
        wire.way.take_counts();
        let mut under_way = Vec::new();
        for round in 0..50u8 {
            write(&mut backend, &[round; 10]).await.unwrap();
            under_way.push(backend.checkpoint(&[round + 1]));
        }
        for checkpoint in under_way {
            checkpoint.await.unwrap();
        }
        let (puts, ..) = wire.way.take_counts();
        assert!(puts < 25, "{puts} PUTs for 50 checkpoints");
        drop(backend);
        assert_eq!(take(&wire).await.unwrap().note(), Some((500, vec![50])));
    });
}

#[test]
fn opening_makes_the_same_few_requests_whatever_the_length() {
    block_on(async {
        let wire = wire();
        let mut log = Aof::create(take(&wire).await.unwrap(), LogOptions::new()).await.unwrap();
        let mut counts = Vec::new();
        for entries in [10, 300] {
            for op in 0..entries {
                log.append(Operation(200), format!("entry {op}").as_bytes()).await.unwrap();
                log.checkpoint().await.unwrap();
            }
            drop(log);
            wire.way.take_counts();
            let backend = take(&wire).await.unwrap();
            let (puts, gets, lists) = wire.way.take_counts();
            assert_eq!((puts, lists), (3, 2));
            let recovery;
            (log, recovery) = Aof::open(backend, LogOptions::new()).await.unwrap();
            assert!(recovery.read_from > 0, "read from {}", recovery.read_from);
            let (_, more, _) = wire.way.take_counts();
            counts.push((gets, more));
        }
        assert_eq!(counts[0], counts[1], "GETs of the storage, and of the log on it");
        assert!(counts[0].0 <= 5 && counts[0].1 <= 3, "{counts:?}");
    });
}

#[test]
fn reading_in_order_makes_few_requests_of_many_bytes() {
    block_on(async {
        let wire = wire();
        let options = Options::new().take_over();
        let mut backend = ObjectStoreBackend::open(Arc::new(wire.clone()), "logs/a", options.clone()).await.unwrap();
        for round in 0..4u8 {
            write(&mut backend, &vec![round; 8 << 20]).await.unwrap();
        }
        backend.checkpoint(&[]).await.unwrap();
        let mut reader = ObjectReader::open(Arc::new(wire.clone()), "logs/a", options).await.unwrap();
        wire.way.take_counts();
        let (mut buf, mut total) = (vec![0; 10_000], 0);
        while total < 32 << 20 {
            let count = reader.read(&mut buf).await.unwrap();
            assert!(count > 0 && buf[..count].iter().all(|byte| u64::from(*byte) == (total >> 23)), "at {total}");
            total += count as u64;
        }
        let (_, gets, lists) = wire.way.take_counts();
        assert!(gets < 30 && lists == 0, "{gets} GETs and {lists} LISTs for 32 MiB");
    });
}
