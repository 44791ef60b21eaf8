//! Logs that are opened after years, and that give their beginning back.

use super::{Payloads, commit_log, in_groups, okay_wal, raft};
use aof_api::log::blocking::Aof;
use aof_api::{LogOptions, Operation};
use aof_segments::{SegmentedBackend, SegmentedOptions};
use std::path::{Path, PathBuf};

/// The size of a file, for those who divide their log.
pub(super) const SEGMENT_BYTES: u64 = 64 << 20;

/// A log that is opened, and gives its beginning back.
pub struct Retained {
    /// What it is called in a table.
    pub name: &'static str,
    /// How it gives something back.
    pub purges: &'static str,
    /// Writes so many payloads to a new log in an empty directory. Durable on return.
    pub write: fn(&Path, &Payloads, u64),
    /// Opens the log in the directory, ready to be appended to, and closes it.
    pub open: fn(&Path),
    /// Opens the log, gives back all but the newest payloads, as far as it can, and closes it.
    pub purge: fn(&Path, u64),
}

/// Ours first.
pub const RETAINED: [Retained; 4] = [OURS, raft::RETAINED, okay_wal::RETAINED, commit_log::RETAINED];

const OURS: Retained = Retained {
    name: "aof in segments, one thread",
    purges: "prune, in segments of 64 MiB",
    write: |directory, payloads, count| {
        let backend = SegmentedOptions::new().segment_bytes(SEGMENT_BYTES).create(path(directory));
        let mut log = Aof::create(backend.expect("the directory takes a log"), LogOptions::new()).expect("it is new");
        in_groups(payloads, count, |group| {
            let entries: Vec<_> = group.iter().map(|payload| (Operation(200), payload)).collect();
            log.append_all(&entries).expect("the disk has room");
            log.checkpoint().expect("the disk syncs");
        });
        log.close().expect("the disk syncs");
    },
    open: |directory| open(directory).close().expect("the disk syncs"),
    purge: |directory, kept| {
        let mut log = open(directory);
        let last = log.tip().expect("the log has entries").op;
        log.prune(last + 1 - kept).expect("the log can be pruned");
        log.close().expect("the disk syncs");
    },
};

fn path(directory: &Path) -> PathBuf {
    directory.join("log")
}

fn open(directory: &Path) -> Aof<SegmentedBackend> {
    let backend = SegmentedOptions::new().segment_bytes(SEGMENT_BYTES).open(path(directory));
    Aof::open(backend.expect("the log is there"), LogOptions::new()).expect("the log is whole").0
}
