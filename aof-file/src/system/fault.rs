//! System calls that are recorded, and fail when a test says so: for tests of backends.
//!
//! ```
//! use aof_api::{AofBackend, Error};
//! use aof_file::FileOptions;
//! use aof_file::fault::{Fault, FaultySystem, Operation};
//! use std::io::{ErrorKind, IoSlice};
//! use std::sync::Arc;
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("bank.aof");
//! # futures::executor::block_on(async {
//! let system = Arc::new(FaultySystem::new());
//! let mut backend = FileOptions::new().system(system.clone()).create(&path)?;
//!
//! system.inject(Fault::once(1).on(Operation::Write).kind(ErrorKind::StorageFull));
//! let refused = backend.write(&[IoSlice::new(b"entry")]).await;
//! assert!(matches!(refused, Err(Error::Full { needed: 5, .. })));
//! assert_eq!(system.calls().last().map(|call| call.operation), Some(Operation::FreeBytes));
//! # Ok::<(), aof_api::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::system::{Access, FileStatus, OpenFile, OsSystem, System};
use std::ffi::OsString;
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A method of [`System`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// [`System::open`].
    Open,
    /// [`System::file_status`].
    FileStatus,
    /// [`System::path_status`].
    PathStatus,
    /// [`System::read_at`].
    Read,
    /// [`System::write_at`].
    Write,
    /// [`System::set_len`].
    SetLen,
    /// [`System::sync_data`].
    SyncData,
    /// [`System::sync_all`].
    SyncAll,
    /// [`System::sync_directory_of`].
    SyncDirectory,
    /// [`System::start_writeback`].
    StartWriteback,
    /// [`System::drop_cache`].
    DropCache,
    /// [`System::free_bytes`].
    FreeBytes,
    /// [`System::next_data`].
    NextData,
    /// [`System::remove`].
    Remove,
    /// [`System::rename`]. The path of the call is the old name.
    Rename,
    /// [`System::rename_new`]. The path of the call is the old name.
    RenameNew,
    /// [`System::exchange`]. The path of the call is the first.
    Exchange,
    /// [`System::link`]. The path of the call is the old name.
    Link,
    /// [`System::give_as`]. The path of the call is that of the new file.
    GiveAs,
    /// [`System::list`]. The path of the call is that of the directory.
    List,
    /// [`System::create_directory`].
    CreateDirectory,
}

/// One call, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What was called.
    pub operation: Operation,
    /// The path of the file it was called for.
    pub path: PathBuf,
    /// Where it was to read, write or begin, in bytes; the new length of a `SetLen`; 0 for the others.
    pub offset: u64,
    /// How much it was to read, write or begin with, in bytes; 0 for the others.
    pub len: u64,
    /// Whether it was made to fail.
    pub failed: bool,
}

/// Which calls fail, and how. By default the error is [`Other`](io::ErrorKind::Other), and every operation counts.
#[derive(Clone, Debug)]
pub struct Fault {
    operation: Option<Operation>,
    nth: u64,
    for_good: bool,
    seen: u64,
    kind: io::ErrorKind,
    errno: Option<i32>,
    panics: bool,
}

impl Fault {
    /// The `nth` call from now on fails, and no other; 1 is the next one.
    #[must_use]
    pub fn once(nth: u64) -> Fault {
        Fault { operation: None, nth, for_good: false, seen: 0, kind: io::ErrorKind::Other, errno: None, panics: false }
    }

    /// The `nth` call from now on fails and so do all after it; 1 is the next one.
    #[must_use]
    pub fn for_good_from(nth: u64) -> Fault {
        Fault { for_good: true, ..Fault::once(nth) }
    }

    /// Only calls of this operation count.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Fault {
        self.operation = Some(operation);
        self
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(mut self, kind: io::ErrorKind) -> Fault {
        (self.kind, self.errno) = (kind, None);
        self
    }

    /// The number of the error, as the operating system counts them.
    #[must_use]
    pub fn errno(mut self, errno: i32) -> Fault {
        self.errno = Some(errno);
        self
    }

    /// The call panics instead, as a defect of a [`System`] would.
    #[must_use]
    pub fn panics(mut self) -> Fault {
        self.panics = true;
        self
    }

    /// Counts the call, and returns the error if it is one that fails.
    fn meets(&mut self, operation: Operation) -> Option<io::Error> {
        if self.operation.is_some_and(|only| only != operation) {
            return None;
        }
        self.seen = self.seen.saturating_add(1);
        if self.seen != self.nth && !(self.for_good && self.seen > self.nth) {
            return None;
        }
        Some(match self.errno {
            Some(errno) => io::Error::from_raw_os_error(errno),
            None => io::Error::new(self.kind, "injected"),
        })
    }
}

/// [`OsSystem`], with a record of the calls and with faults. A call that is made to fail does not happen.
///
/// One may serve several backends; all share the record and the faults.
#[derive(Debug, Default)]
pub struct FaultySystem {
    os: OsSystem,
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    faults: Vec<Fault>,
    held: Vec<Operation>,
    max_write: Option<usize>,
    max_read: Option<usize>,
}

impl FaultySystem {
    /// Without any fault.
    #[must_use]
    pub fn new() -> FaultySystem {
        FaultySystem::default()
    }

    /// Adds a fault, which counts calls from now on.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Writes take at most `max_bytes` a call, at least 1; `usize::MAX` for no limit.
    pub fn shorten_writes(&self, max_bytes: usize) {
        self.state().max_write = Some(max_bytes.max(1));
    }

    /// Reads give at most `max_bytes` a call, at least 1; `usize::MAX` for no limit.
    pub fn shorten_reads(&self, max_bytes: usize) {
        self.state().max_read = Some(max_bytes.max(1));
    }

    /// Calls of this operation wait, once they are recorded, until [`release`](FaultySystem::release).
    pub fn hold(&self, operation: Operation) {
        self.state().held.push(operation);
    }

    /// Lets go what was held.
    pub fn release(&self) {
        self.state().held.clear();
        self.released.notify_all();
    }

    /// Takes all faults, limits and holds back.
    pub fn heal(&self) {
        let mut state = self.state();
        (state.max_read, state.max_write) = (None, None);
        state.faults.clear();
        drop(state);
        self.release();
    }

    /// All calls so far, in the order in which they began.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// Forgets the calls so far, and returns them.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state().calls)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is whole in itself, so that a panic of another thread leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What comes before every call.
    fn enter(&self, operation: Operation, path: &Path, offset: u64, len: usize) -> io::Result<()> {
        let mut state = self.state();
        let (mut failure, mut panics) = (None, false);
        for fault in &mut state.faults {
            // Every fault counts the call, also one that another fault has failed already.
            let met = fault.meets(operation);
            panics |= met.is_some() && fault.panics;
            failure = failure.or(met);
        }
        let call = Call { operation, path: path.to_owned(), offset, len: len as u64, failed: failure.is_some() };
        state.calls.push(call);
        let held = self.released.wait_while(state, |state| state.held.contains(&operation));
        drop(held.unwrap_or_else(PoisonError::into_inner));
        assert!(!panics, "an injected panic in {operation:?}");
        failure.map_or(Ok(()), Err)
    }
}

impl System for FaultySystem {
    fn open(&self, path: &Path, access: Access) -> io::Result<OpenFile> {
        self.enter(Operation::Open, path, 0, 0)?;
        self.os.open(path, access)
    }

    fn file_status(&self, file: &OpenFile) -> io::Result<FileStatus> {
        self.enter(Operation::FileStatus, file.path(), 0, 0)?;
        self.os.file_status(file)
    }

    fn path_status(&self, path: &Path) -> io::Result<FileStatus> {
        self.enter(Operation::PathStatus, path, 0, 0)?;
        self.os.path_status(path)
    }

    fn read_at(&self, file: &OpenFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.enter(Operation::Read, file.path(), offset, buf.len())?;
        let len = self.state().max_read.map_or(buf.len(), |max| max.min(buf.len()));
        self.os.read_at(file, &mut buf[..len], offset)
    }

    fn write_at(&self, file: &OpenFile, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let len = parts.iter().map(|part| part.len()).sum();
        self.enter(Operation::Write, file.path(), offset, len)?;
        let Some(mut room) = self.state().max_write else {
            return self.os.write_at(file, parts, offset);
        };
        let mut shortened = Vec::new();
        for part in parts {
            let taken = room.min(part.len());
            shortened.push(IoSlice::new(&part[..taken]));
            room -= taken;
        }
        self.os.write_at(file, &shortened, offset)
    }

    fn set_len(&self, file: &OpenFile, len: u64) -> io::Result<()> {
        self.enter(Operation::SetLen, file.path(), len, 0)?;
        self.os.set_len(file, len)
    }

    fn sync_data(&self, file: &OpenFile) -> io::Result<()> {
        self.enter(Operation::SyncData, file.path(), 0, 0)?;
        self.os.sync_data(file)
    }

    fn sync_all(&self, file: &OpenFile) -> io::Result<()> {
        self.enter(Operation::SyncAll, file.path(), 0, 0)?;
        self.os.sync_all(file)
    }

    fn sync_directory_of(&self, path: &Path) -> io::Result<()> {
        self.enter(Operation::SyncDirectory, path, 0, 0)?;
        self.os.sync_directory_of(path)
    }

    fn start_writeback(&self, file: &OpenFile, offset: u64, len: u64) -> io::Result<()> {
        self.enter(Operation::StartWriteback, file.path(), offset, usize::try_from(len).unwrap_or(usize::MAX))?;
        self.os.start_writeback(file, offset, len)
    }

    fn drop_cache(&self, file: &OpenFile) -> io::Result<()> {
        self.enter(Operation::DropCache, file.path(), 0, 0)?;
        self.os.drop_cache(file)
    }

    fn free_bytes(&self, file: &OpenFile) -> io::Result<u64> {
        self.enter(Operation::FreeBytes, file.path(), 0, 0)?;
        self.os.free_bytes(file)
    }

    fn next_data(&self, file: &OpenFile, offset: u64) -> io::Result<u64> {
        self.enter(Operation::NextData, file.path(), offset, 0)?;
        self.os.next_data(file, offset)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.enter(Operation::Remove, path, 0, 0)?;
        self.os.remove(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.enter(Operation::Rename, from, 0, 0)?;
        self.os.rename(from, to)
    }

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.enter(Operation::RenameNew, from, 0, 0)?;
        self.os.rename_new(from, to)
    }

    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        self.enter(Operation::Exchange, one, 0, 0)?;
        self.os.exchange(one, other)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.enter(Operation::Link, from, 0, 0)?;
        self.os.link(from, to)
    }

    fn give_as(&self, original: &OpenFile, new: &OpenFile, mode_max: u32) -> io::Result<()> {
        self.enter(Operation::GiveAs, new.path(), 0, 0)?;
        self.os.give_as(original, new, mode_max)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        self.enter(Operation::List, path, 0, 0)?;
        self.os.list(path)
    }

    fn create_directory(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.enter(Operation::CreateDirectory, path, 0, 0)?;
        self.os.create_directory(path, mode)
    }
}
