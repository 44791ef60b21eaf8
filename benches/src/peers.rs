//! Other logs and ours under one interface, on the same promise: what an append was given is durable when it returns.
//!
//! Failures end the benchmark: a log that does not do what it is measured for has no figure.

#![allow(clippy::missing_panics_doc, reason = "every failure ends the benchmark, as said above")]

mod bare;
pub mod callers;
mod commit_log;
mod okay_wal;
mod ours;
pub mod plot;
pub mod process;
mod raft;
pub mod retained;
mod walrus;

use aof_api::GroupCommit;
use aof_file::FileBackend;
use std::path::Path;
use tempfile::TempDir;

pub use bare::read_without_looking;

/// Bytes in each payload.
pub const PAYLOAD_LEN: usize = 1024;

/// A log that is written and whose every append is durable on return.
pub trait DurableLog: Send + Sync {
    /// Appends payloads, together if the log can; durable on return. `caller` distinguishes callers on different threads.
    fn append(&self, caller: usize, payloads: &[&[u8]]);
}

/// A log, how it is used here, and what it was seen to do.
pub struct Peer {
    /// What it is called in a table.
    pub name: &'static str,
    /// What it promises, and how that was seen.
    pub promise: &'static str,
    /// Whether an append is durable on return. Who does not sync takes no part in a ratio.
    pub durable: bool,
    /// Makes a new log in an empty directory.
    pub create: fn(&Path) -> Box<dyn DurableLog>,
}

impl Peer {
    /// A new log in a directory of its own inside of `parent`.
    #[must_use]
    pub fn make(&self, parent: &Path) -> Made {
        let directory = TempDir::new_in(parent).expect("the directory takes another");
        Made { log: (self.create)(directory.path()), _directory: directory }
    }
}

/// A log and the directory in which it lives, which goes with it.
pub struct Made {
    /// The log.
    pub log: Box<dyn DurableLog>,
    _directory: TempDir,
}

/// A log that is opened and read from beginning to end.
pub struct Recovered {
    /// What it is called in a table.
    pub name: &'static str,
    /// Writes so many payloads to a new log in an empty directory. Durable on return.
    pub write: fn(&Path, &Payloads, u64),
    /// Opens the log in the directory and reads every payload. Returns how many.
    pub read: fn(&Path) -> u64,
}

/// Every log that is compared in appends: ours, the bare files that are the floor, and the peers.
pub const PEERS: [Peer; 7] =
    [ours::LOG, bare::POSITIONED, bare::APPENDED, okay_wal::LOG, raft::LOG, walrus::LOG, commit_log::LOG];

/// As [`PEERS`], for many callers: ours is a [`GroupCommit`](aof_api::GroupCommit) there.
pub const CALLED: [Peer; 6] =
    [ours::GROUP_COMMIT, bare::POSITIONED, okay_wal::LOG, raft::LOG, walrus::LOG, commit_log::LOG];

/// A log of ours for many callers, in a directory that is there.
#[must_use]
pub fn group_commit(directory: &Path) -> GroupCommit<FileBackend> {
    ours::group_commit(directory)
}

/// Every log that is compared in opening and reading.
pub const RECOVERED: [Recovered; 5] =
    [ours::RECOVERED, okay_wal::RECOVERED, raft::RECOVERED, walrus::RECOVERED, commit_log::RECOVERED];

/// Payloads that do not compress, and differ from each other.
pub struct Payloads {
    bytes: Vec<u8>,
}

impl Payloads {
    /// So many payloads.
    #[must_use]
    pub fn new(count: usize) -> Payloads {
        let mut bytes = Vec::with_capacity(count * PAYLOAD_LEN);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        while bytes.len() < count * PAYLOAD_LEN {
            // xorshift64*: random enough that nothing compresses it.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
        }
        Payloads { bytes }
    }

    /// All of them, in order.
    #[must_use]
    pub fn all(&self) -> Vec<&[u8]> {
        self.bytes.chunks(PAYLOAD_LEN).collect()
    }
}

/// Calls `write` with groups of payloads until `count` are written.
fn in_groups<'p>(payloads: &'p Payloads, count: u64, mut write: impl FnMut(&[&'p [u8]])) {
    let all = payloads.all();
    let mut left = count;
    while left > 0 {
        let group = usize::try_from(left).map_or(all.len(), |left| left.min(all.len()));
        write(&all[..group]);
        left -= group as u64;
    }
}
