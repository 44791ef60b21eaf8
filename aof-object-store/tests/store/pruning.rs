//! What pruning deletes, and what it leaves.

use crate::wire::{Troubles, Wire, wire_to};
use crate::{seen_from, take, write};
use aof_api::{AofBackend, AofRead, Error};
use aof_object_store::{ObjectReader, Options};
use futures::TryStreamExt;
use futures::executor::block_on;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path;
use std::sync::Arc;

async fn keys(wire: &Wire, below: &str) -> Vec<u64> {
    let listed: Vec<_> = wire.list(Some(&Path::from(below))).try_collect().await.unwrap();
    listed.iter().map(|meta| meta.size).collect()
}

#[test]
fn chunks_go_and_fences_stay() {
    block_on(async {
        let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
        for opening in 0..3 {
            let mut backend = take(&wire).await.unwrap();
            for _ in 0..5 {
                write(&mut backend, &[opening; 100]).await.unwrap();
                backend.checkpoint(&[1]).await.unwrap();
            }
        }
        assert_eq!(keys(&wire, "logs/a/c").await.len(), 18);
        let mut backend = take(&wire).await.unwrap();
        assert_eq!(backend.prune(1250).await.unwrap(), 1200);
        let left = keys(&wire, "logs/a/c").await;
        assert_eq!(left.iter().filter(|size| **size == 512).count(), 4, "fences: {left:?}");
        assert_eq!(left.iter().filter(|size| **size > 512).count(), 3, "chunks: {left:?}");
        assert_eq!(seen_from(&wire, 1200).await.unwrap(), [2; 300]);
        assert_eq!(take(&wire).await.unwrap().start().await.unwrap(), 1200);
    });
}

#[test]
fn a_writer_that_slept_through_a_takeover_and_a_prune_is_fenced_off() {
    block_on(async {
        let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
        let mut sleeper = take(&wire).await.unwrap();
        write(&mut sleeper, &[1; 100]).await.unwrap();
        sleeper.checkpoint(&[1]).await.unwrap();
        write(&mut sleeper, &[2; 100]).await.unwrap();
        let mut successor = take(&wire).await.unwrap();
        for _ in 0..5 {
            write(&mut successor, &[3; 100]).await.unwrap();
            successor.checkpoint(&[1]).await.unwrap();
        }
        assert_eq!(successor.prune(600).await.unwrap(), 500);
        let told = sleeper.checkpoint(&[]).await;
        assert!(matches!(told, Err(Error::Fenced { .. })), "{told:?}");
        assert_eq!(seen_from(&wire, 500).await.unwrap(), [3; 100]);
    });
}

#[test]
fn a_reader_elsewhere_reports_what_was_pruned_before_it_read_it() {
    block_on(async {
        let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
        let mut backend = take(&wire).await.unwrap();
        for _ in 0..10 {
            write(&mut backend, &[5; 100]).await.unwrap();
            backend.checkpoint(&[1]).await.unwrap();
        }
        let mut reader = ObjectReader::open(Arc::new(wire.clone()), "logs/a", Options::new()).await.unwrap();
        assert_eq!(backend.prune(800).await.unwrap(), 800);
        let refused = reader.read(&mut [0; 10]).await;
        assert!(matches!(refused, Err(Error::Pruned { start: 800 })), "{refused:?}");
        reader.seek(850).await.unwrap();
        assert_eq!(reader.read(&mut [0; 500]).await.unwrap(), 50);
        assert_eq!((reader.start().await.unwrap(), reader.end().await.unwrap()), (800, 1000));
    });
}
