//! A lock on a name of its own, for storages of more than one file.

use crate::open::lock::LockedFile;
use crate::open::opening::{Intent, absolute, lock};
use crate::open::options::FileOptions;
use crate::system::{FileStatus, System};
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The exclusive lock on a file that exists to be locked: one writer for a log of many files. Given back when this is
/// dropped; the file stays.
#[derive(Debug)]
pub struct LockFile {
    path: PathBuf,
    status: FileStatus,
    system: Arc<dyn System>,
    _lock: LockedFile,
}

impl LockFile {
    /// Locks the file at `path`, which is made where it does not exist.
    ///
    /// # Errors
    ///
    /// [`Locked`](Error::Locked), at once, when another writer holds it; [`Io`](Error::Io) when it cannot be made, opened or
    /// locked, or is not a regular file.
    pub fn acquire(options: &FileOptions, path: impl AsRef<Path>) -> Result<LockFile> {
        let (path, system) = (absolute(path.as_ref())?, Arc::clone(&options.system));
        let lock = lock(&*system, &path, Intent::OpenOrCreate, options.mode())?;
        let status = system.file_status(lock.file()).map_err(|source| Error::io_at(IoCall::Stat, &path, 0, source))?;
        Ok(LockFile { path, status, system, _lock: lock })
    }

    /// Whether the path still names the file that is locked: before names beside it are changed.
    ///
    /// # Errors
    ///
    /// [`Moved`](Error::Moved) where it does not; [`Io`](Error::Io) where it cannot be looked up.
    pub fn check_path(&self) -> Result<()> {
        match self.system.path_status(&self.path) {
            Ok(named) if named.is_same_file(&self.status) => Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io_at(IoCall::Lookup, &self.path, 0, error))
            }
            _ => Err(Error::Moved { what: self.path.display().to_string() }),
        }
    }
}
