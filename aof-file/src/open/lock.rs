//! One writer for one file: an exclusive lock that nobody waits for.

use crate::open::opening::{absolute, open_regular};
use crate::system::{Access, OpenFile, OsSystem};
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use std::fs::TryLockError;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How often a writer asks again while only probes ([`is_locked`]) are in its way. Each holds the lock for
/// microseconds; the waits add up to 42 ms at most.
const PROBE_ATTEMPTS: u32 = 24;
const PROBE_WAIT: Duration = Duration::from_micros(140);

/// A file that this process holds the exclusive lock of, until this is dropped.
///
/// Unlocking is explicit: readers and a sync under way share the descriptor, and the lock would live as long as they.
#[derive(Debug)]
pub(crate) struct LockedFile(Arc<OpenFile>);

impl LockedFile {
    pub(crate) fn file(&self) -> &OpenFile {
        &self.0
    }

    /// The file, for those who read or sync it; it may outlive the lock.
    pub(crate) fn share(&self) -> Arc<OpenFile> {
        Arc::clone(&self.0)
    }
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        if let Err(error) = self.0.file().unlock() {
            tracing::warn!(log = %self.0.path().display(), %error, "the lock could not be given back before the file is closed");
        }
    }
}

/// Takes the exclusive lock, or fails with [`Error::Locked`] at once.
pub(crate) fn try_lock(file: OpenFile) -> Result<LockedFile> {
    for attempt in 1..=PROBE_ATTEMPTS {
        match file.file().try_lock() {
            Ok(()) => return Ok(LockedFile(Arc::new(file))),
            Err(TryLockError::Error(source)) => return Err(Error::io_at(IoCall::Lock, file.path(), 0, source)),
            Err(TryLockError::WouldBlock) => {}
        }
        // A shared lock can be had beside probes, but not beside a writer.
        if !try_shared(file.file()).map_err(|source| Error::io_at(IoCall::Lock, file.path(), 0, source))? {
            break;
        }
        thread::sleep(PROBE_WAIT * attempt);
    }
    Err(Error::Locked { what: file.path().display().to_string() })
}

/// Whether a live writer holds the log at `path`, in this process or another.
///
/// Asks without waiting. For some microseconds the question holds a shared lock, if there is no writer; a
/// [`FileBackend`](crate::FileBackend) that opens the log in this moment knows that from a writer and asks again, for 42 ms
/// at most. The result may be out of date when it arrives.
///
/// ```
/// use aof_file::{FileBackend, is_locked};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("bank.aof");
/// let backend = FileBackend::create(&path)?;
/// assert!(is_locked(&path)?);
/// drop(backend);
/// assert!(!is_locked(&path)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Error::Io`] when the file does not exist, is not a regular file, cannot be opened to read it, or is on a file system
/// without locks.
pub fn is_locked(path: impl AsRef<Path>) -> Result<bool> {
    let path = absolute(path.as_ref())?;
    let (file, _) = open_regular(&OsSystem, &path, Access::Read)?;
    let free = try_shared(file.file()).map_err(|source| Error::io_at(IoCall::Lock, &path, 0, source))?;
    Ok(!free)
}

/// Whether a shared lock could be had; it is given back at once.
fn try_shared(file: &std::fs::File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(source),
    }
}
