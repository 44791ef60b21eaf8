//! What a rotation needs of the log.

use aof_api::{Aof, AofBackend, Error, LogOptions, Operation};
use aof_memory::MemoryBackend;
use futures::executor::block_on;
use std::io::IoSlice;

#[test]
fn the_seam_is_the_last_entry_however_large_and_whatever_its_body_holds() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        assert!(log.seam().await.unwrap().is_none());
        let mut nested = vec![7; 100];
        for size in [0, 1, 4096, aof_api::format::BODY_SIZE_MAX as usize - 1000] {
            nested.resize(size, 9);
            log.append(Operation(200), &nested).await.unwrap();
            let seam = log.seam().await.unwrap().unwrap().prepare().clone();
            assert_eq!((seam.checksum(), seam.body()), (log.tip().unwrap().checksum, &nested[..]));
            // A body that holds a whole entry, of this log even, is not the last entry.
            nested = seam.as_entry_bytes().to_vec();
        }
    });
}

#[test]
fn a_log_that_has_gone_back_has_no_seam() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        log.append(Operation(200), b"one").await.unwrap();
        let first = log.seam().await.unwrap().unwrap();
        log.append(Operation(200), b"two").await.unwrap();
        log.write(first.prepare()).await.unwrap();
        assert!(matches!(log.seam().await, Err(Error::Forked { op: 2, .. })));
    });
}

#[test]
fn a_log_continues_only_in_a_storage_that_begins_with_its_last_entry() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        log.append(Operation(200), b"one").await.unwrap();
        log.checkpoint().await.unwrap();
        let before = log.seam().await.unwrap().unwrap().begin(MemoryBackend::new()).await.unwrap();
        log.append(Operation(200), b"two").await.unwrap();
        log.checkpoint().await.unwrap();
        assert!(matches!(log.continue_in(before), Err(Error::ChecksumMismatch { .. })));
        let mut written = log.seam().await.unwrap().unwrap().begin(MemoryBackend::new()).await.unwrap();
        written.backend_mut().write(&[IoSlice::new(b"more")]).await.unwrap();
        assert!(matches!(log.continue_in(written), Err(Error::ChecksumMismatch { .. })));
        assert_eq!(log.append(Operation(200), b"three").await.unwrap().op, 3);
    });
}

#[test]
fn a_storage_that_holds_anything_is_no_successor() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        log.append(Operation(200), b"one").await.unwrap();
        let seam = log.seam().await.unwrap().unwrap();
        let begun = seam.begin(MemoryBackend::from_bytes(b"old")).await;
        assert!(matches!(begun, Err(Error::NotEmpty { len: 3 })), "{begun:?}");
    });
}

#[test]
fn a_log_that_is_not_durable_to_its_end_continues_nowhere_else() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        log.append(Operation(200), b"one").await.unwrap();
        log.checkpoint().await.unwrap();
        log.append(Operation(200), b"two").await.unwrap();
        let next = log.seam().await.unwrap().unwrap().begin(MemoryBackend::new()).await.unwrap();
        let refused = log.continue_in(next).err();
        assert!(matches!(refused, Some(Error::Unflushed { unflushed: 275 })), "{refused:?}");
    });
}

#[test]
fn what_was_checkpointed_in_the_old_storage_counts_for_nothing_in_the_new_one() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        log.append(Operation(200), &[7; 100_000]).await.unwrap();
        // Never polled, and further than the new storage reaches for long.
        let pending = log.checkpoint();
        let next = log.seam().await.unwrap().unwrap().begin(MemoryBackend::new()).await.unwrap();
        let mut archived = log.continue_in(next).unwrap();
        assert_eq!(pending.await.unwrap(), 100_272);
        let commit = async |log: &mut Aof<MemoryBackend>| {
            let op = log.append(Operation(200), b"").await.unwrap().op;
            log.get(op).await.unwrap().unwrap().header().commit.get()
        };
        assert_eq!(commit(&mut log).await, 1);
        assert_eq!(commit(&mut log).await, 1);
        log.checkpoint().await.unwrap();
        assert_eq!(commit(&mut log).await, 3);
        archived.close().await.unwrap();
    });
}
