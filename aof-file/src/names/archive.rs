//! The names of a rotation: the log gets its archived one, and a new file takes its place, with nothing lost on the way.

use crate::open::file::LogFile;
use crate::system::System;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use std::io;
use std::path::Path;
use tempfile::TempPath;

/// Gives the log at `path` the name `archive`, durably, and `path` to the file at `next`.
///
/// At every moment, in a crash too, `path` means all of the log or all of the new file, and the log has a name. The
/// order: a second name for the log, made durable; then the two files trade names in one step; then the name that the
/// log has too much is removed. Nothing is replaced: what another program has put in place of the log meanwhile is put
/// back. After an error the names are as before.
pub(crate) fn archive_and_replace(log: &LogFile, path: &Path, archive: &Path, mut next: TempPath) -> Result<()> {
    let system = &*log.system;
    let made = link(log, path, archive)?;
    let replaced = sync_directory(system, archive).and_then(|()| replace(log, path, &mut next));
    replaced.inspect_err(|_| {
        if made && let Err(error) = system.remove(archive) {
            tracing::warn!(archive = %archive.display(), %error, "a second name of the log could not be removed");
        }
    })
}

/// Gives the log a second name. Returns false where it had it already: a rotation that was killed has got so far.
fn link(log: &LogFile, path: &Path, archive: &Path) -> Result<bool> {
    let system = &*log.system;
    let made = match system.link(path, archive) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) if error.kind() == io::ErrorKind::NotFound && system.path_status(path).is_err() => {
            return Err(moved(path));
        }
        Err(source) => return Err(Error::io_at(IoCall::Rename, archive, 0, source)),
    };
    let failure = match system.path_status(archive) {
        Ok(named) if named.identity.is_some() && named.is_same_file(&log.status) => return Ok(made),
        Ok(_) if made && log.status.identity.is_none() => return Ok(made),
        Ok(_) if made => moved(path),
        Ok(named) => return Err(Error::NotEmpty { len: named.len }),
        Err(source) => Error::io_at(IoCall::Rename, archive, 0, source),
    };
    if made {
        // It is the second name of a file that is not the log's, or cannot be looked at.
        let _ = system.remove(archive);
    }
    Err(failure)
}

/// Puts the file at `next` in place of the log, and in place of nothing else.
fn replace(log: &LogFile, path: &Path, next: &mut TempPath) -> Result<()> {
    let system = &*log.system;
    match system.exchange(next, path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            // One step less safe: what is put in place of the log between these two calls is lost.
            log.check_path()?;
            return system.rename(next, path).map_err(|source| Error::io_at(IoCall::Rename, path, 0, source));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(moved(path)),
        Err(source) => return Err(Error::io_at(IoCall::Rename, path, 0, source)),
    }
    if system.path_status(next).is_ok_and(|named| named.is_same_file(&log.status)) {
        // The log has its archived name. Where this fails, the one that stays is removed with `next`.
        let _ = system.remove(next);
        return Ok(());
    }
    if let Err(source) = system.exchange(next, path) {
        // What was in place of the log has the temporary name now, and must not be removed.
        next.disable_cleanup(true);
        return Err(Error::io_at(IoCall::Rename, next, 0, source));
    }
    Err(moved(path))
}

/// Gives the file at `next` the name `path`, which nothing may have.
pub(crate) fn publish(system: &dyn System, path: &Path, next: &TempPath) -> Result<()> {
    match system.rename_new(next, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(moved(path)),
        Err(source) => Err(Error::io_at(IoCall::Rename, path, 0, source)),
    }
}

pub(crate) fn sync_directory(system: &dyn System, path: &Path) -> Result<()> {
    system.sync_directory_of(path).map_err(|source| Error::io_at(IoCall::SyncDirectory, path, 0, source))
}

fn moved(path: &Path) -> Error {
    Error::Moved { what: path.display().to_string() }
}
