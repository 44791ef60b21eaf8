//! A directory with a log in it, and system calls to break.

use aof_api::{AofBackend, AofRead, AofReadExt, Error};
use aof_file::fault::{FaultySystem, Operation};
use aof_file::{FileBackend, FileOptions, SyncOn};
use std::io::{self, IoSlice};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};
use std::time::{Duration, Instant};

pub(crate) use futures::executor::block_on;

pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) log: PathBuf,
    pub(crate) system: Arc<FaultySystem>,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place::in_directory(tempfile::tempdir().unwrap())
    }

    /// In memory where the system has such a place, whose files may be longer than those of a disk.
    pub(crate) fn in_memory() -> Place {
        Place::in_directory(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
    }

    fn in_directory(directory: tempfile::TempDir) -> Place {
        let log = directory.path().join("log.aof");
        Place { directory, log, system: Arc::new(FaultySystem::new()) }
    }

    /// Options with the breakable system calls.
    pub(crate) fn options(&self) -> FileOptions {
        FileOptions::new().system(self.system.clone())
    }

    /// A new log on the breakable system calls.
    pub(crate) fn create(&self) -> FileBackend {
        self.options().create(&self.log).unwrap()
    }

    /// A new log that holds `bytes`.
    pub(crate) fn with(&self, bytes: &[u8]) -> FileBackend {
        let mut backend = self.create();
        write(&mut backend, bytes).unwrap();
        backend
    }

    /// A file with three bytes that are not durable, synced by the caller or by a helper thread.
    pub(crate) fn syncing_on(&self, sync_on: SyncOn) -> FileBackend {
        let mut backend = self.options().sync_on(sync_on).create(&self.log).unwrap();
        write(&mut backend, b"abc").unwrap();
        backend
    }

    /// What the file holds.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.log).unwrap()
    }

    /// The names in the directory, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        self.system.calls().iter().map(|call| call.operation).collect()
    }

    /// How many syncs of the log were begun.
    pub(crate) fn syncs(&self) -> usize {
        let is_sync = |operation: &&Operation| matches!(operation, Operation::SyncData | Operation::SyncAll);
        self.operations().iter().filter(is_sync).count()
    }

    /// Waits until this operation was begun, on any thread.
    pub(crate) fn wait_for(&self, operation: Operation) {
        while !self.operations().contains(&operation) {
            std::thread::yield_now();
        }
    }
}

/// Counts how often it is woken.
#[derive(Debug, Default)]
pub(crate) struct Woken(AtomicUsize);

impl Woken {
    pub(crate) fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Waits until it was woken once more than `before` times.
    pub(crate) fn wait(&self, before: usize) {
        let begun = Instant::now();
        while self.times() <= before {
            assert!(begun.elapsed() < Duration::from_secs(30), "never woken");
            std::thread::yield_now();
        }
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Woken>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Polls once.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F, woken: &Arc<Woken>) -> Poll<F::Output> {
    let waker = Arc::clone(woken).into();
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

/// Waits until so many bytes are durable, without polling any checkpoint.
pub(crate) fn wait_durable(backend: &FileBackend, len: u64) {
    let begun = Instant::now();
    while backend.durable_len() < len {
        assert!(begun.elapsed() < Duration::from_secs(30), "never durable");
        std::thread::yield_now();
    }
}

pub(crate) fn write(backend: &mut FileBackend, bytes: &[u8]) -> aof_api::Result<u64> {
    block_on(backend.write(&[IoSlice::new(bytes)]))
}

pub(crate) fn checkpoint(backend: &mut FileBackend) -> aof_api::Result<u64> {
    block_on(backend.checkpoint(&[]))
}

/// All that a cursor sees, from the beginning to its end.
pub(crate) fn read_everything(cursor: &mut impl AofRead) -> Vec<u8> {
    block_on(async {
        let mut bytes = vec![0; usize::try_from(cursor.end().await.unwrap()).unwrap() + 10];
        let count = cursor.read_all_at(0, &mut bytes).await.unwrap();
        bytes.truncate(count);
        bytes
    })
}

/// The kind of an I/O error; a panic for other errors.
pub(crate) fn io_kind(error: &Error) -> io::ErrorKind {
    match error {
        Error::Io { source, .. } => source.kind(),
        other => panic!("not an I/O error: {other:?}"),
    }
}

pub(crate) fn is_poisoned<T>(result: &aof_api::Result<T>) -> bool {
    matches!(result, Err(Error::Poisoned { .. }))
}
