//! `okaywal`.

use super::bare::PREALLOCATED;
use super::retained::Retained;
use super::{DurableLog, Payloads, Peer, Recovered, in_groups};
use okaywal::{Configuration, Entry, EntryId, LogManager, LogVoid, SegmentReader, WriteAheadLog};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) const LOG: Peer = Peer {
    name: "okaywal",
    promise: "EntryWriter::commit: fdatasync, shared by callers; preallocates by writing zeros",
    durable: true,
    // Never recycled within a run, and all of it preallocated: recycling would cost it renames and directory syncs.
    create: |directory| Box::new(open(directory, PREALLOCATED as u32, LogVoid)),
};

pub(super) const RETAINED: Retained = Retained {
    name: "okaywal",
    purges: "checkpoint_active: all that was written goes at once, and its file stays to be written again",
    write,
    open: |directory| {
        read(directory);
    },
    purge: |directory, _| {
        let log = open(directory, 1 << 20, LogVoid);
        log.checkpoint_active().expect("the disk has room");
        log.shutdown().expect("the log can be closed");
    },
};

pub(super) const RECOVERED: Recovered = Recovered { name: "okaywal", write, read };

fn open(directory: &Path, preallocate_bytes: u32, manager: impl LogManager) -> WriteAheadLog {
    let configuration = Configuration::default_for(directory.join("okaywal"));
    let configuration = configuration.preallocate_bytes(preallocate_bytes).checkpoint_after_bytes(u64::MAX);
    // Groups and chunks are larger than the default of 16 KiB, and larger is faster here.
    configuration.buffer_bytes(1 << 20).open(manager).expect("the directory takes a log")
}

impl DurableLog for WriteAheadLog {
    fn append(&self, _caller: usize, payloads: &[&[u8]]) {
        let mut entry = self.begin_entry().expect("an entry can be begun");
        for payload in payloads {
            entry.write_chunk(payload).expect("the disk has room");
        }
        entry.commit().expect("the disk syncs");
    }
}

fn write(directory: &Path, payloads: &Payloads, count: u64) {
    let log = open(directory, 1 << 20, LogVoid);
    in_groups(payloads, count, |group| log.append(0, group));
    log.shutdown().expect("the log can be closed");
}

fn read(directory: &Path) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    let log = open(directory, 1 << 20, Counting(Arc::clone(&count)));
    log.shutdown().expect("the log can be closed");
    count.load(Ordering::Relaxed)
}

/// Reads every payload, which verifies it.
#[derive(Debug)]
struct Counting(Arc<AtomicU64>);

impl LogManager for Counting {
    fn recover(&mut self, entry: &mut Entry<'_>) -> io::Result<()> {
        let chunks = entry.read_all_chunks()?.expect("no entry was aborted");
        self.0.fetch_add(chunks.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn checkpoint_to(&mut self, _: EntryId, _: &mut SegmentReader, _: &WriteAheadLog) -> io::Result<()> {
        Ok(())
    }
}
