//! Opening: the right file, locked, durable under its name, and no trust in the page cache.

use crate::open::file::LogFile;
use crate::open::lock::{LockedFile, try_lock};
use crate::open::options::FileOptions;
use crate::system::{Access, FileStatus, OpenFile, System};
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often opening starts over when the path comes to name another file between opening it and locking it.
const ATTEMPTS: u32 = 16;

/// What the caller expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Create,
    Open,
    OpenOrCreate,
}

/// Opens the log at `path` to write it: the lock, and the file.
pub(crate) fn to_write(options: &FileOptions, path: &Path, intent: Intent) -> Result<(LockedFile, LogFile)> {
    let path = absolute(path)?;
    let system = &options.system;
    let file = lock(&**system, &path, intent, options.mode())?;

    // The sync first: it makes every page clean, and only clean pages can be dropped. After a sync that failed in an
    // earlier process, the cache may show bytes that never reached the disk, so that what is read from here on must
    // come from the disk. The name may never have been synced either, when its maker died just before that.
    system.sync_all(file.file()).map_err(|source| Error::io_at(IoCall::Sync, &path, 0, source))?;
    system.sync_directory_of(&path).map_err(|source| Error::io_at(IoCall::SyncDirectory, &path, 0, source))?;
    system.drop_cache(file.file()).map_err(|source| Error::io_at(IoCall::DropCache, &path, 0, source))?;

    let status = system.file_status(file.file()).map_err(|source| Error::io_at(IoCall::Open, &path, 0, source))?;
    let log = LogFile { system: Arc::clone(system), file: file.share(), status };
    Ok((file, log))
}

/// Opens the file at `path` to read it, beside a writer or without one.
pub(crate) fn to_read(system: &Arc<dyn System>, path: &Path) -> Result<LogFile> {
    let path = absolute(path)?;
    let (file, status) = open_regular(&**system, &path, Access::Read)?;
    Ok(LogFile { system: Arc::clone(system), file: Arc::new(file), status })
}

/// The path from the root, so that a later change of the working directory does not make it another one.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|source| Error::io_at(IoCall::Open, path, 0, source))
}

/// Locks the log at `path`, which must exist, without looking at it.
pub(crate) fn lock_existing(system: &dyn System, path: &Path) -> Result<LockedFile> {
    lock(system, path, Intent::Open, 0)
}

/// Opens and locks, until the file that is locked is the one that the path names. A file that is made has this mode.
pub(crate) fn lock(system: &dyn System, path: &Path, intent: Intent, mode: u32) -> Result<LockedFile> {
    let access = match intent {
        Intent::Open => Access::Write,
        Intent::Create | Intent::OpenOrCreate => Access::WriteOrCreate { mode },
    };
    for _ in 0..ATTEMPTS {
        let (file, _) = open_regular(system, path, access)?;
        let file = try_lock(file)?;
        // Only under the lock is the length what it will stay.
        let status = system.file_status(file.file()).map_err(|source| Error::io_at(IoCall::Open, path, 0, source))?;
        match system.path_status(path) {
            Ok(named) if named.is_same_file(&status) => {}
            Ok(_) => continue,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io_at(IoCall::Open, path, 0, error)),
        }
        if intent == Intent::Create && status.len > 0 {
            return Err(Error::NotEmpty { len: status.len });
        }
        return Ok(file);
    }
    let busy =
        io::Error::new(io::ErrorKind::ResourceBusy, "the path names another file each time: something replaces it");
    Err(Error::io_at(IoCall::Open, path, 0, busy))
}

/// Opens a regular file and refuses everything else.
pub(crate) fn open_regular(system: &dyn System, path: &Path, access: Access) -> Result<(OpenFile, FileStatus)> {
    // Before opening, because opening a device can do things; once more afterwards, because the path may have changed.
    if let Ok(status) = system.path_status(path) {
        regular(path, &status)?;
    }
    let file = system.open(path, access).map_err(|source| Error::io_at(IoCall::Open, path, 0, source))?;
    let status = system.file_status(&file).map_err(|source| Error::io_at(IoCall::Open, path, 0, source))?;
    regular(path, &status)?;
    Ok((file, status))
}

/// What is said of a directory in place of a file.
pub(crate) const IS_DIRECTORY: &str = "this is a directory, where a log in one file was expected; a directory is a log where \
                                       it holds segments, files named by 20 digits and `.aof`";

fn regular(path: &Path, status: &FileStatus) -> Result<()> {
    if status.is_file {
        return Ok(());
    }
    let error = if status.is_directory {
        io::Error::new(io::ErrorKind::IsADirectory, IS_DIRECTORY)
    } else {
        io::Error::new(io::ErrorKind::InvalidInput, "this is a device, a fifo or a socket; a log is a regular file")
    };
    Err(Error::io_at(IoCall::Open, path, 0, error))
}
