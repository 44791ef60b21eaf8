//! Rotation: the log so far gets another name, and continues in a new file.

use crate::names::archive::{archive_and_replace, publish, sync_directory};
use crate::open::opening::absolute;
use crate::writer::backend::FileBackend;
use aof_api::log::Successor;
use aof_api::storage::IoCall;
use aof_api::{Aof, AofBackend, Error, Result};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// Archives the log as `archive_path` and continues in a new file under its own path.
///
/// The new file begins with a copy of the last entry of the old one, its *seam*: so it knows which op comes next, and a
/// crash before the first append does not begin a second history. Validated together, in order, both files are one
/// chain. Offsets and lengths are those of the new file from here on.
///
/// Until the first append, the seam is all that the new file has: should the disk damage it, recovery takes it for a
/// torn end and the log for an empty one. [`LogOptions::expected_tip`](aof_api::LogOptions::expected_tip) finds that out.
///
/// On return the archived file is complete, durable under its name, and unlocked; the new one is durable, and locked
/// since before it could be seen. In a crash at any moment, the path means all of the old log or all of the new file.
/// Where it means the old one still, that may have the archived name too: call this again with the same name.
///
/// `archive_path` must be on the same file system, where nothing may have the name, and a file must be able to have two
/// names for a moment. Where the system cannot exchange two names in one step (Linux and macOS can), a file that another
/// program puts under the path in the moment of the rename is lost.
///
/// ```
/// use aof_api::{Aof, LogOptions, Operation};
/// use aof_file::{FileBackend, rotate};
///
/// # let directory = tempfile::tempdir()?;
/// # let (path, archive) = (directory.path().join("bank.aof"), directory.path().join("bank-1.aof"));
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(FileBackend::create(&path)?, LogOptions::new()).await?;
/// log.append(Operation(200), b"pay 5 to bob").await?;
/// rotate(&mut log, &archive).await?;
/// let appended = log.append(Operation(200), b"pay 6 to eve").await?;
/// assert_eq!((appended.op, appended.offset), (2, 284)); // after the seam
/// # Ok::<(), aof_api::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`NotEmpty`](Error::NotEmpty) when something has the name `archive_path`. [`Moved`](Error::Moved) when the path does
/// not name the log any more: see [`continue_after_move`]. [`Forked`](Error::Forked) when the last entry is not the one
/// with the highest op. [`Io`](Error::Io) when the log is empty, the archive would be on another file system, or a call
/// fails. The failures of a checkpoint, [`Poisoned`](Error::Poisoned) among them. After all of these the names are as
/// before, and the log continues, unless the checkpoint has poisoned it.
///
/// One failure comes too late for that: when the new file has the name but its directory cannot be synced, the error is
/// [`Io`](Error::Io), and the log returns [`Poisoned`](Error::Poisoned) until it is opened again; nothing is lost.
pub async fn rotate(log: &mut Aof<FileBackend>, archive_path: impl AsRef<Path>) -> Result<()> {
    let archive = absolute(archive_path.as_ref())?;
    log.checkpoint().await?;
    // What was allocated ahead is no part of what is archived.
    log.backend_mut().trim().await?;
    let next = Next::make(log).await?;
    let (path, temporary) = (next.path.clone(), next.temporary);
    archive_and_replace(log.backend().log_file()?, &path, &archive, temporary)?;
    // Nothing waits from the rename to the exchange of the files, so that a dropped future leaves none half done.
    go_on(log, next.successor, &path).await
}

/// Where the log was moved away (`mv`), continues in a new file under its path; returns false where the path names the log still.
///
/// A checkpoint reports that the log was moved, by [`Moved`](Error::Moved). What was written is durable in the moved file,
/// which is complete and unlocked on return. The new file begins with its last entry, as in [`rotate`].
///
/// Between the move and this call the path names nothing: a writer that opens it then begins a new log at op 1. Prefer
/// [`rotate`], where there is no such moment.
///
/// # Errors
///
/// [`Moved`](Error::Moved) when the path names another file, or the log was removed and has no name: its bytes are there
/// only as long as it is open. The other errors of [`rotate`]. After all of them the log continues in the moved file.
///
/// ```
/// use aof_api::{Aof, Error, LogOptions, Operation};
/// use aof_file::{FileBackend, continue_after_move};
///
/// # let directory = tempfile::tempdir()?;
/// # let (path, archive) = (directory.path().join("bank.aof"), directory.path().join("bank-1.aof"));
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(FileBackend::create(&path)?, LogOptions::new()).await?;
/// log.append(Operation(200), b"pay 5 to bob").await?;
/// std::fs::rename(&path, &archive).unwrap(); // an operator's `mv`
/// assert!(matches!(log.checkpoint().await, Err(Error::Moved { .. })));
/// assert!(continue_after_move(&mut log).await?);
/// assert_eq!(log.append(Operation(200), b"pay 6 to eve").await?.op, 2);
/// log.checkpoint().await?;
/// # Ok::<(), aof_api::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn continue_after_move(log: &mut Aof<FileBackend>) -> Result<bool> {
    match log.checkpoint().await {
        Ok(_) => return Ok(false),
        Err(Error::Moved { .. }) => {}
        Err(failure) => return Err(failure),
    }
    let open = log.backend().log_file()?;
    let path = log.backend().path();
    let status = open.system.file_status(&open.file);
    if status.map_err(|source| Error::io_at(IoCall::Stat, path, 0, source))?.is_removed {
        let what = format!("{} (removed: copy the log to another place while it is open)", path.display());
        return Err(Error::Moved { what });
    }
    log.backend_mut().trim().await?;
    let next = Next::make(log).await?;
    publish(&*log.backend().log_file()?.system, &next.path, &next.temporary)?;
    go_on(log, next.successor, &next.path).await?;
    Ok(true)
}

/// The new file, under a temporary name: locked, and durable with its seam in it.
struct Next {
    successor: Successor<FileBackend>,
    temporary: TempPath,
    /// Where it is to be, symbolic links followed.
    path: PathBuf,
}

impl Next {
    async fn make(log: &mut Aof<FileBackend>) -> Result<Next> {
        let Some(seam) = log.seam().await? else {
            let empty = io::Error::new(io::ErrorKind::InvalidInput, "the log is empty: there is nothing to archive");
            return Err(Error::io_at(IoCall::Rename, log.backend().path(), 0, empty));
        };
        let (backend, temporary, path) = log.backend().draft()?.into_parts();
        let successor = seam.begin(backend).await?;
        Ok(Next { successor, temporary, path })
    }
}

/// Continues in the new file, which has its name now, and closes the old one.
async fn go_on(log: &mut Aof<FileBackend>, mut successor: Successor<FileBackend>, path: &Path) -> Result<()> {
    let next = successor.backend_mut();
    let synced = sync_directory(&*next.log_file()?.system, path);
    next.rename(log.backend().path());
    next.open_as(log.backend());
    if let Err(failure) = &synced {
        // Whether the path means the new file after a crash is not known: nothing may be acknowledged in it.
        next.poison(failure);
    }
    let mut archived = log.continue_in(successor)?;
    let closed = archived.close().await;
    synced.and(closed)
}
