//! Raft logs under one interface, on the same promise: an append is done when its entries are durable.
//!
//! Failures end the benchmark.

#![allow(clippy::missing_panics_doc, reason = "every failure ends the benchmark, as said above")]

mod chunked;
mod data;
mod mapped;
mod ours;

use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Bytes of the payload of each entry.
pub const PAYLOAD_LEN: usize = 256;

/// A Raft log that is open.
pub trait RaftLog {
    /// Appends one entry for each index, and returns once it is readable; the receiver gets a unit when it is durable.
    fn append(&mut self, indices: Range<u64>) -> Receiver<()>;

    /// Reads entries, decoded. Returns how many bytes their payloads have.
    fn read(&mut self, indices: Range<u64>) -> usize;

    /// Closes it in an orderly way.
    fn close(self: Box<Self>);
}

/// A Raft log by name.
pub struct Contestant {
    /// What it is called in a table.
    pub name: &'static str,
    /// What it was seen to promise.
    pub promise: &'static str,
    /// Opens the log in a directory, or makes one.
    pub open: fn(&Path) -> Box<dyn RaftLog>,
}

/// Ours first.
pub const CONTESTANTS: [Contestant; 4] = [ours::LOG, mapped::LOG, chunked::AT_ONCE, chunked::WAITING];

/// Appends one entry after the other, at most `in_flight` of them not yet durable; returns how long that took.
pub fn append_in_flight(log: &mut dyn RaftLog, indices: Range<u64>, in_flight: usize) -> Duration {
    let start = Instant::now();
    let mut pending = std::collections::VecDeque::with_capacity(in_flight);
    for index in indices {
        if pending.len() == in_flight {
            wait(pending.pop_front());
        }
        pending.push_back(log.append(index..index + 1));
    }
    while !pending.is_empty() {
        wait(pending.pop_front());
    }
    start.elapsed()
}

/// Appends entries in groups, each of which is durable before the next; returns how long that took.
pub fn append_in_groups(log: &mut dyn RaftLog, indices: Range<u64>, group: u64) -> Duration {
    let start = Instant::now();
    let mut next = indices.start;
    while next < indices.end {
        let end = (next + group).min(indices.end);
        wait(Some(log.append(next..end)));
        next = end;
    }
    start.elapsed()
}

fn wait(durable: Option<Receiver<()>>) {
    if let Some(durable) = durable {
        durable.recv().expect("the disk has room and syncs");
    }
}

/// The payload of an entry.
fn payload(index: u64) -> Vec<u8> {
    let mut payload = vec![7; PAYLOAD_LEN];
    payload[..8].copy_from_slice(&index.to_le_bytes());
    payload
}

/// A runtime as a server has one.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads can be made")
}
