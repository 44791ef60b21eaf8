//! This log over a file.

use super::{DurableLog, Payloads, Peer, Recovered, in_groups};
use aof_api::log::blocking::Aof;
use aof_api::{AofBackend, GroupCommit, LogOptions, Operation};
use aof_file::{FileBackend, FileOptions, SyncOn};
use futures::executor::block_on;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const OPERATION: Operation = Operation(200);

pub(super) const LOG: Peer = Peer {
    name: "aof",
    promise: "Aof::checkpoint: fdatasync; a failed one poisons the log; preallocates by writing zeros",
    durable: true,
    create: |directory| {
        let log = Aof::create(backend(directory), LogOptions::new()).expect("a new file is empty");
        Box::new(OneWriter(Mutex::new(log)))
    },
};

pub(super) const GROUP_COMMIT: Peer = Peer {
    name: "aof GroupCommit",
    promise: "GroupCommit::append: fdatasync, shared by callers; a failure reaches every one of them",
    durable: true,
    create: |directory| Box::new(group_commit(directory)),
};

pub(super) const RECOVERED: Recovered = Recovered { name: "aof, two threads", write, read };

fn path(directory: &Path) -> PathBuf {
    directory.join("log.aof")
}

/// As much as `okaywal` and the bare file are given. Like theirs, it is written before the clock starts: by the first
/// checkpoint, in the round that does not count.
const PREALLOCATE_BYTES: u64 = super::bare::PREALLOCATED;

fn backend(directory: &Path) -> FileBackend {
    let options = FileOptions::new().sync_on(SyncOn::Caller).preallocate_bytes(PREALLOCATE_BYTES);
    options.create(path(directory)).expect("the directory takes a file")
}

/// A new log for many callers, as the other contenders are given.
pub(super) fn group_commit(directory: &Path) -> GroupCommit<FileBackend> {
    let log = aof_api::Aof::create(backend(directory), LogOptions::new());
    GroupCommit::new(block_on(log).expect("a new file is empty"))
}

struct OneWriter(Mutex<Aof<FileBackend>>);

impl DurableLog for OneWriter {
    fn append(&self, _caller: usize, payloads: &[&[u8]]) {
        let mut log = self.0.lock().expect("no thread has panicked");
        if let [payload] = payloads {
            log.append(OPERATION, payload).expect("the disk has room");
        } else {
            append_all(&mut log, payloads);
        }
        log.checkpoint().expect("the disk syncs");
    }
}

fn append_all(log: &mut Aof<FileBackend>, payloads: &[&[u8]]) {
    let entries: Vec<_> = payloads.iter().map(|payload| (OPERATION, payload)).collect();
    log.append_all(&entries).expect("the disk has room");
}

impl<B: AofBackend + 'static> DurableLog for GroupCommit<B> {
    fn append(&self, _caller: usize, payloads: &[&[u8]]) {
        for payload in payloads {
            block_on(GroupCommit::append(self, OPERATION, *payload)).expect("the disk has room and syncs");
        }
    }
}

fn write(directory: &Path, payloads: &Payloads, count: u64) {
    let backend = FileBackend::create(path(directory)).expect("the directory takes a file");
    let mut log = Aof::create(backend, LogOptions::new()).expect("a new file is empty");
    in_groups(payloads, count, |group| append_all(&mut log, group));
    log.close().expect("the disk syncs");
}

fn read(directory: &Path) -> u64 {
    let backend = FileBackend::open(path(directory)).expect("the file is there");
    let (_log, recovery) = Aof::open(backend, LogOptions::new().read_threads(2)).expect("the log is whole");
    recovery.entries
}
