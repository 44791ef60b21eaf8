//! Small chunks become segments, and nobody notices but by the number of objects.

use crate::dying::Dying;
use crate::wire::{Strike, Troubles, wire_to};
use crate::{seen_from, take, write};
use aof_api::{AofBackend, AofRead, AofReadExt, Error};
use aof_object_store::{Compaction, ObjectReader, ObjectStoreBackend, Options};
use futures::TryStreamExt;
use futures::executor::block_on;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use std::sync::Arc;
use std::time::Duration;

/// Each chunk has 100 bytes, a segment 1,000 to 2,000.
const SMALL: Compaction = Compaction::new().segment_len_max(2000).segment_len_min(1000);

async fn write_chunks(backend: &mut ObjectStoreBackend, numbers: std::ops::Range<u8>) {
    for number in numbers {
        write(backend, &[number; 100]).await.unwrap();
        backend.checkpoint(&[number]).await.unwrap();
    }
}

fn wanted(numbers: std::ops::Range<u8>) -> Vec<u8> {
    numbers.flat_map(|number| [number; 100]).collect()
}

/// How many objects there are: chunks with payload, fences, segments.
async fn objects(store: &dyn ObjectStore) -> (usize, usize, usize) {
    let list = async |prefix: &str| store.list(Some(&Path::from(prefix))).try_collect::<Vec<_>>().await.unwrap();
    let chunks = list("logs/a/c").await;
    let fences = chunks.iter().filter(|meta| meta.size == 512).count();
    (chunks.len() - fences, fences, list("logs/a/s").await.len())
}

#[test]
fn chunks_become_segments_and_the_log_stays_what_it_is() {
    block_on(async {
        let memory = Arc::new(InMemory::new());
        let wire = wire_to(memory.clone(), Troubles::none());
        let mut backend = take(&wire).await.unwrap();
        write_chunks(&mut backend, 0..20).await;
        let mut backend = take(&wire).await.unwrap();
        write_chunks(&mut backend, 20..55).await;
        let compacted = backend.compact(SMALL).await.unwrap();
        assert_eq!((compacted.segments, compacted.chunks, compacted.bytes), (3, 54, 5400));
        assert_eq!(objects(&*memory).await, (1, 2, 3));
        assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted(0..55));
        // The writer continues, and so does the next one.
        write_chunks(&mut backend, 55..58).await;
        let mut backend = take(&wire).await.unwrap();
        assert_eq!(backend.note(), Some((5800, vec![57])));
        write_chunks(&mut backend, 58..60).await;
        assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted(0..60));
        assert_eq!(backend.compact(SMALL).await.unwrap().segments, 0, "500 bytes are too few");
    });
}

#[test]
fn readers_that_know_the_chunks_find_the_segments() {
    block_on(async {
        let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
        let mut backend = take(&wire).await.unwrap();
        write_chunks(&mut backend, 0..40).await;
        let options = || Options::new().cache_len_max(0);
        let mut elsewhere = ObjectReader::open(Arc::new(wire.clone()), "logs/a", options()).await.unwrap();
        let mut here = backend.reader().await.unwrap();
        let mut first = [0; 150];
        elsewhere.read_all_at(0, &mut first).await.unwrap();
        here.read_all_at(0, &mut first).await.unwrap();
        assert_eq!(backend.compact(SMALL).await.unwrap().segments, 2);
        write_chunks(&mut backend, 40..41).await;
        for reader in [&mut elsewhere, &mut here] {
            let mut rest = vec![0; 3950];
            assert_eq!(reader.read_all_at(150, &mut rest).await.unwrap(), 3950);
            assert!(rest == wanted(0..41)[150..]);
            assert_eq!(reader.end().await.unwrap(), 4100);
        }
    });
}

#[test]
fn a_log_is_written_while_it_is_compacted() {
    block_on(async {
        let wire = wire_to(Arc::new(InMemory::new()), Troubles::slow(Duration::from_millis(1)));
        let mut backend = take(&wire).await.unwrap();
        write_chunks(&mut backend, 0..30).await;
        let compacting = backend.compact(SMALL);
        write_chunks(&mut backend, 30..50).await;
        assert!(compacting.await.unwrap().segments >= 1);
        assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted(0..50));
    });
}

#[test]
fn a_log_in_segments_is_pruned() {
    block_on(async {
        let memory = Arc::new(InMemory::new());
        let wire = wire_to(memory.clone(), Troubles::none());
        let mut backend = take(&wire).await.unwrap();
        write_chunks(&mut backend, 0..30).await;
        assert_eq!(backend.prune(550).await.unwrap(), 500);
        // The segment begins in a log whose start is there already.
        assert_eq!(backend.compact(SMALL).await.unwrap().segments, 1);
        write_chunks(&mut backend, 30..60).await;
        assert_eq!(backend.compact(SMALL).await.unwrap().segments, 2);
        let (_, _, before) = objects(&*memory).await;
        // Within a segment: down to where it begins.
        let start = backend.prune(2600).await.unwrap();
        assert_eq!(start, 2500);
        let (_, fences, after) = objects(&*memory).await;
        assert_eq!((before, after, fences), (3, 2, 1));
        assert_eq!(seen_from(&wire, 2500).await.unwrap(), wanted(25..60));
        let mut backend = take(&wire).await.unwrap();
        assert_eq!(backend.start().await.unwrap(), 2500);
        // Beyond all segments.
        write_chunks(&mut backend, 60..65).await;
        assert_eq!(backend.prune(6200).await.unwrap(), 6200);
        assert_eq!(objects(&*memory).await, (3, 2, 0));
        assert_eq!(seen_from(&wire, 6200).await.unwrap(), wanted(62..65));
    });
}

#[test]
fn a_segment_ends_where_the_log_may_be_divided() {
    block_on(async {
        let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
        let options = Options::new().take_over().chunk_len(100);
        let mut backend = ObjectStoreBackend::open(Arc::new(wire.clone()), "logs/a", options).await.unwrap();
        write_chunks(&mut backend, 0..12).await;
        // Chunks that no checkpoint ended.
        for number in 12..18 {
            write(&mut backend, &[number; 100]).await.unwrap();
        }
        backend.checkpoint(&[]).await.unwrap();
        write_chunks(&mut backend, 18..19).await;
        let compacted = backend.compact(SMALL).await.unwrap();
        assert_eq!((compacted.segments, compacted.bytes), (1, 1200));
        assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted(0..19));
    });
}

#[test]
fn a_writer_that_was_displaced_compacts_nothing() {
    block_on(async {
        let memory = Arc::new(InMemory::new());
        let wire = wire_to(memory.clone(), Troubles::none());
        let mut displaced = take(&wire).await.unwrap();
        write_chunks(&mut displaced, 0..30).await;
        let mut holder = take(&wire).await.unwrap();
        let told = displaced.compact(SMALL).await;
        assert!(matches!(told, Err(Error::Fenced { .. })), "{told:?}");
        assert!(matches!(displaced.checkpoint(&[1]).await, Err(Error::Fenced { .. })));
        write_chunks(&mut holder, 30..31).await;
        assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted(0..31));
        // What it uploaded is named by nobody, and goes when the log is compacted.
        assert_eq!(objects(&*memory).await, (31, 2, 1));
        assert_eq!(holder.compact(SMALL).await.unwrap().segments, 2);
        assert_eq!(objects(&*memory).await, (1, 2, 2));
        assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted(0..31));
    });
}

#[test]
fn a_damaged_chunk_is_reported_and_left_as_it_is() {
    block_on(async {
        let memory = Arc::new(InMemory::new());
        let wire = wire_to(memory.clone(), Troubles::none());
        let mut backend = take(&wire).await.unwrap();
        write_chunks(&mut backend, 0..30).await;
        let key = Path::from(format!("logs/a/c/{:020}-{:020}", 6, 500));
        let mut object = memory.get(&key).await.unwrap().bytes().await.unwrap().to_vec();
        object[600] ^= 1;
        memory.put(&key, object.into()).await.unwrap();
        let told = backend.compact(SMALL).await.unwrap_err();
        assert!(told.to_string().contains("payload is wrong"), "{told}");
        assert_eq!(objects(&*memory).await, (30, 1, 0));
        // The writer is none the worse for it.
        write_chunks(&mut backend, 30..31).await;
    });
}

#[test]
fn a_lost_answer_to_the_manifest_is_no_failure() {
    block_on(async {
        for strike in [Strike::Fails, Strike::AnswerLost, Strike::Conflict, Strike::LostThenExists] {
            let memory = Arc::new(InMemory::new());
            let wire = wire_to(memory.clone(), Troubles::none());
            let mut backend = take(&wire).await.unwrap();
            write_chunks(&mut backend, 0..15).await;
            wire.way.strike_next("/m/", strike);
            assert_eq!(backend.compact(SMALL).await.unwrap().segments, 1, "{strike:?}");
            assert_eq!(objects(&*memory).await, (1, 1, 1), "{strike:?}");
            assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted(0..15), "{strike:?}");
        }
    });
}

/// Compacts with a client that dies at the given request, and returns how many requests it had.
async fn die_while_compacting(memory: &Arc<InMemory>, dies_at: usize, is_done: bool) -> usize {
    let client = Dying::new(memory.clone(), dies_at, is_done);
    let options = Options::new().take_over().deadline(Duration::ZERO);
    let opened = ObjectStoreBackend::open(Arc::new(client.clone()), "logs/a", options).await;
    if let Ok(backend) = opened {
        let _ = backend.compact(SMALL).await;
    }
    client.requests()
}

#[test]
fn a_compaction_that_dies_at_any_request_loses_nothing_and_the_next_one_clears_up() {
    block_on(async {
        for is_done in [false, true] {
            let mut dies_at = 0;
            loop {
                let memory = Arc::new(InMemory::new());
                let wire = wire_to(memory.clone(), Troubles::none());
                let mut backend = take(&wire).await.unwrap();
                write_chunks(&mut backend, 0..32).await;
                let mut reader = ObjectReader::open(Arc::new(wire.clone()), "logs/a", Options::new()).await.unwrap();
                drop(backend);
                let requests = die_while_compacting(&memory, dies_at, is_done).await;
                let context = format!("dead at request {dies_at}, done: {is_done}");
                // New readers, and one that knows only the chunks.
                assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted(0..32), "{context}");
                let mut bytes = vec![0; 3200];
                assert_eq!(reader.read_all_at(0, &mut bytes).await.unwrap(), 3200, "{context}");
                assert!(bytes == wanted(0..32), "{context}");
                // The next writer.
                let mut backend = take(&wire).await.unwrap();
                assert_eq!(backend.note(), Some((3200, vec![31])), "{context}");
                write_chunks(&mut backend, 32..52).await;
                backend.compact(SMALL).await.unwrap();
                assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted(0..52), "{context}");
                let (chunks, fences, segments) = objects(&*memory).await;
                assert!(chunks <= 11 && (2..=3).contains(&segments), "{context}: {chunks} chunks, {segments} segments");
                // The first writer's, the last one's, and that of the one that died, if it came so far.
                assert!((2..=3).contains(&fences), "{context}: {fences}");
                if requests <= dies_at {
                    break;
                }
                dies_at += 1;
            }
            assert!(dies_at > 40, "it had {dies_at} requests only");
        }
    });
}
