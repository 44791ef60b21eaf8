//! `raft-engine`.

use super::retained::{Retained, SEGMENT_BYTES};
use super::{DurableLog, PAYLOAD_LEN, Payloads, Peer, Recovered, in_groups};
use protobuf::well_known_types::BytesValue;
use raft_engine::{Config, Engine, LogBatch, MessageExt, ReadableSize};
use std::path::Path;
use std::sync::Mutex;

pub(super) const LOG: Peer = Peer {
    name: "raft-engine",
    promise: "Engine::write with sync: fdatasync, shared by callers; panics when it fails; preallocates by fallocate",
    durable: true,
    create: |directory| Box::new(Raft { engine: open(directory), regions: std::array::from_fn(|_| Mutex::default()) }),
};

pub(super) const RETAINED: Retained = Retained {
    name: "raft-engine, two threads",
    purges: "compact_to and purge_expired_files, with a purge_threshold of 64 MiB and files of 64 MiB",
    write,
    open: |directory| drop(open(directory)),
    purge: |directory, kept| {
        let engine = open(directory);
        let last = engine.last_index(1).expect("the log has entries");
        engine.compact_to(1, last + 1 - kept);
        engine.purge_expired_files().expect("the disk removes files");
    },
};

pub(super) const RECOVERED: Recovered = Recovered { name: "raft-engine, two threads", write, read };

/// The engine keeps many logs, each for one writer: every caller has its own.
struct Raft {
    engine: Engine,
    regions: [Mutex<Region>; 64],
}

/// What a caller writes with.
#[derive(Default)]
struct Region {
    batch: LogBatch,
    next: u64,
}

/// Payloads as entries: the engine wants a message that knows its index.
struct Payload;

impl MessageExt for Payload {
    type Entry = BytesValue;

    fn index(entry: &BytesValue) -> u64 {
        let (index, _) = entry.value.split_first_chunk().expect("every payload is longer than its index");
        u64::from_le_bytes(*index)
    }
}

fn open(directory: &Path) -> Engine {
    let config = Config {
        dir: directory.join("raft").to_str().expect("temporary directories are named in ASCII").to_owned(),
        // The payloads do not compress, so that trying costs time and gains nothing.
        batch_compression_threshold: ReadableSize(0),
        recovery_threads: 2,
        target_file_size: ReadableSize(SEGMENT_BYTES),
        purge_threshold: ReadableSize(SEGMENT_BYTES),
        ..Config::default()
    };
    Engine::open(config).expect("the directory takes a log")
}

fn fill(region: &mut Region, id: u64, payloads: &[&[u8]]) {
    let entries: Vec<_> = payloads
        .iter()
        .map(|payload| {
            let mut entry = BytesValue::new();
            entry.value = payload.to_vec();
            region.next += 1;
            entry.value[..8].copy_from_slice(&region.next.to_le_bytes());
            entry
        })
        .collect();
    region.batch.add_entries::<Payload>(id, &entries).expect("a group fits into a batch");
}

impl DurableLog for Raft {
    fn append(&self, caller: usize, payloads: &[&[u8]]) {
        let mut region = self.regions[caller].lock().expect("no thread has panicked");
        fill(&mut region, caller as u64 + 1, payloads);
        self.engine.write(&mut region.batch, true).expect("the disk has room and syncs");
    }
}

fn write(directory: &Path, payloads: &Payloads, count: u64) {
    let engine = open(directory);
    let mut region = Region::default();
    in_groups(payloads, count, |group| {
        fill(&mut region, 1, group);
        engine.write(&mut region.batch, false).expect("the disk has room");
    });
    engine.sync().expect("the disk syncs");
}

fn read(directory: &Path) -> u64 {
    let engine = open(directory);
    let last = engine.last_index(1).expect("the log has entries");
    let mut entries = Vec::new();
    let mut count = 0;
    for first in (1..=last).step_by(1000) {
        entries.clear();
        let end = (first + 1000).min(last + 1);
        engine.fetch_entries_to::<Payload>(1, first, end, None, &mut entries).expect("the log is whole");
        count += entries.iter().filter(|entry| entry.value.len() == PAYLOAD_LEN).count() as u64;
    }
    count
}
