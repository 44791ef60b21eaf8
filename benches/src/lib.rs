//! What the benchmarks share: the work that is timed, and contenders that take turns.

pub mod appending;
#[cfg(any(feature = "peers", feature = "raft-peers"))]
pub mod cold;
pub mod long_log;
#[cfg(feature = "peers")]
pub mod peers;
#[cfg(feature = "raft-peers")]
pub mod raft_logs;
pub mod side_by_side;
pub mod validating;

use aof_api::log::blocking::Aof;
use aof_api::{LogOptions, Operation};
use aof_file::{FileBackend, FileReader};
use tempfile::TempDir;

/// A log in a temporary file, in the page cache.
pub struct LogFile {
    directory: TempDir,
    entries: u64,
}

impl LogFile {
    /// A linear log of entries with bodies of `body_len` bytes, about `len` bytes long.
    ///
    /// # Panics
    ///
    /// When the temporary directory will not take it.
    #[must_use]
    pub fn new(body_len: usize, len: u64) -> LogFile {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let backend = FileBackend::create(directory.path().join("log.aof")).expect("an empty directory takes a file");
        let mut log = Aof::create(backend, LogOptions::new()).expect("a new file is empty");
        let entries = len / (272 + body_len as u64);
        let body = vec![7; body_len];
        let batch: Vec<_> = (0..(1 << 20) / (272 + body_len) + 1).map(|_| (Operation(200), &body)).collect();
        let mut left = entries as usize;
        while left > 0 {
            let count = left.min(batch.len());
            log.append_all(&batch[..count]).expect("the disk has room");
            left -= count;
        }
        log.close().expect("the file can be synced");
        LogFile { directory, entries }
    }

    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// The log, to be opened.
    ///
    /// # Panics
    ///
    /// When somebody removed the file.
    #[must_use]
    pub fn backend(&self) -> FileBackend {
        FileBackend::open(self.directory.path().join("log.aof")).expect("the file is there")
    }

    /// A reader at the beginning.
    ///
    /// # Panics
    ///
    /// When somebody removed the file.
    #[must_use]
    pub fn reader(&self) -> FileReader {
        FileBackend::open_read_only(self.directory.path().join("log.aof")).expect("the file is there")
    }
}

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
