//! `walrus-rust`.
//!
//! It takes its directory from `WALRUS_DATA_DIR` and prints what it does unless `WALRUS_QUIET` is set, and it syncs as
//! the first log of the process was set to: so the benchmark runs each of its parts as a process of its own.

use super::{DurableLog, PAYLOAD_LEN, Payloads, Peer, Recovered, in_groups};
use std::path::Path;
use walrus_rust::{FsyncSchedule, ReadConsistency, Walrus};

pub(super) const LOG: Peer = Peer {
    name: "walrus-rust",
    promise: "FsyncSchedule::SyncEach: O_SYNC writes, and an fsync after each call; what a write returns is not checked",
    durable: true,
    create: |directory| Box::new(open(directory, FsyncSchedule::SyncEach)),
};

pub(super) const RECOVERED: Recovered = Recovered { name: "walrus-rust", write, read };

/// The most that it takes at once.
const BATCH_LEN_MAX: usize = 2000;

const TOPICS: [&str; 64] = {
    const LETTERS: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    let mut topics = [""; 64];
    let mut index = 0;
    while index < 64 {
        topics[index] = LETTERS.split_at(index).1.split_at(1).0;
        index += 1;
    }
    topics
};

fn open(directory: &Path, schedule: FsyncSchedule) -> Walrus {
    // Its key is the name of a directory inside its own; the name of the temporary directory is unique.
    let key = directory.file_name().and_then(|name| name.to_str()).expect("temporary directories are named in ASCII");
    // The reading position is not persisted, or hardly ever: that is not what is measured.
    let consistency = ReadConsistency::AtLeastOnce { persist_every: u32::MAX };
    Walrus::with_consistency_and_schedule_for_key(key, consistency, schedule).expect("the directory takes a log")
}

impl DurableLog for Walrus {
    fn append(&self, caller: usize, payloads: &[&[u8]]) {
        if let [payload] = payloads {
            self.append_for_topic(TOPICS[caller], payload).expect("the disk has room and syncs");
            return;
        }
        for batch in payloads.chunks(BATCH_LEN_MAX) {
            self.batch_append_for_topic(TOPICS[caller], batch).expect("the disk has room and syncs");
        }
    }
}

fn write(directory: &Path, payloads: &Payloads, count: u64) {
    // To sync each of millions of entries would take most of an hour. `cold` syncs the files.
    let log = open(directory, FsyncSchedule::NoFsync);
    in_groups(payloads, count, |group| log.append(0, group));
}

fn read(directory: &Path) -> u64 {
    let log = open(directory, FsyncSchedule::NoFsync);
    let mut count = 0;
    loop {
        let entries = log.batch_read_for_topic(TOPICS[0], 1 << 20, true).expect("the log is whole");
        if entries.is_empty() {
            return count;
        }
        count += entries.iter().filter(|entry| entry.data.len() == PAYLOAD_LEN).count() as u64;
    }
}
