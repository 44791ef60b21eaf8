//! `raft-log`: chunks of records, and a thread that syncs.

use super::{Contestant, payload};
use raft_log::api::raft_log_writer::RaftLogWriter;
use raft_log::{Callback, Config, RaftLog, Types};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// The types of the benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Bench;

impl Types for Bench {
    type LogId = (u64, u64);
    type LogPayload = Vec<u8>;
    type Vote = (u64, u64);
    type UserData = String;
    type Callback = Durable;

    fn log_index(log_id: &(u64, u64)) -> u64 {
        log_id.1
    }

    fn payload_size(payload: &Vec<u8>) -> u64 {
        payload.len() as u64
    }
}

struct Durable(Sender<()>);

impl Callback for Durable {
    fn send(self, outcome: std::io::Result<()>) {
        if outcome.is_ok() {
            // Nobody waits where the benchmark has ended.
            let _ = self.0.send(());
        }
    }
}

pub(super) const AT_ONCE: Contestant = Contestant {
    name: "raft-log 0.4.6, syncing at once",
    promise: "flush(true): fsync before the callback; it does not wait for more; a cache of 16 MiB, as ours",
    open: |directory| open(directory, Duration::ZERO),
};

pub(super) const WAITING: Contestant = Contestant {
    name: "raft-log 0.4.6, waiting 1 ms",
    promise: "the same, and waits 1 ms for more before it syncs, its default",
    open: |directory| open(directory, Duration::from_millis(1)),
};

fn open(directory: &Path, wait: Duration) -> Box<dyn super::RaftLog> {
    let mut config = Config::new(directory.to_str().expect("temporary directories are named in ASCII"));
    config.wal.flush_batch_wait = Some(wait);
    config.log_cache_capacity = Some(16 << 20);
    Box::new(Log(RaftLog::open(Arc::new(config)).expect("the log is whole")))
}

struct Log(RaftLog<Bench>);

impl super::RaftLog for Log {
    fn append(&mut self, indices: Range<u64>) -> Receiver<()> {
        let (sender, receiver) = channel();
        self.0.append(indices.map(|index| ((1, index), payload(index)))).expect("the disk has room");
        self.0.flush(true, Some(Durable(sender))).expect("the worker runs");
        receiver
    }

    fn read(&mut self, indices: Range<u64>) -> usize {
        self.0.read(indices.start, indices.end).map(|entry| entry.expect("the log is whole").1.len()).sum()
    }

    fn close(self: Box<Self>) {
        self.0.wait_worker_idle().expect("the disk syncs");
    }
}
