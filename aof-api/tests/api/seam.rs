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
            let seam = log.seam().await.unwrap().unwrap();
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
        log.write(&first).await.unwrap();
        assert!(matches!(log.seam().await, Err(Error::Forked { op: 2, .. })));
    });
}

#[test]
fn a_storage_that_does_not_hold_the_seam_alone_and_durably_is_refused() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        log.append(Operation(200), b"one").await.unwrap();
        let first = log.seam().await.unwrap().unwrap();
        assert!(matches!(log.continue_in(MemoryBackend::new(), &first), Err(Error::ChecksumMismatch { .. })));
        let mut next = MemoryBackend::new();
        next.write(&[IoSlice::new(first.as_entry_bytes())]).await.unwrap();
        assert!(matches!(log.continue_in(next, &first), Err(Error::Unflushed { .. })));
        log.append(Operation(200), b"two").await.unwrap();
        let mut next = MemoryBackend::new();
        next.write(&[IoSlice::new(first.as_entry_bytes())]).await.unwrap();
        next.checkpoint(&[]).await.unwrap();
        assert!(matches!(log.continue_in(next, &first), Err(Error::ChecksumMismatch { .. })));
        assert_eq!(log.append(Operation(200), b"three").await.unwrap().op, 3);
    });
}
