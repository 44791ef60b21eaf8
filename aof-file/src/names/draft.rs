//! A log under a temporary name: it gets its own only when it is complete.

use crate::open::lock::LockedFile;
use crate::open::opening::{IS_DIRECTORY, absolute, lock_existing};
use crate::open::options::FileOptions;
use crate::system::{OpenFile, System};
use crate::writer::backend::FileBackend;
use aof_api::storage::IoCall;
use aof_api::{AofBackend, Error, Result};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempPath;

/// How many logs may have been kept beside one before something must be wrong.
const KEPT_MAX: u32 = 10_000;

/// A new log beside the place where it is to be, under a temporary name, `LOG.partial-` and random letters.
///
/// It is written through [`backend`](Draft::backend), and gets its name by [`publish`](Draft::publish),
/// [`replace`](Draft::replace) or [`succeed`](Draft::succeed). Until one of them returns `Ok`, nothing is under the
/// name that was not there before, and a crash at any moment leaves either what was there or all of the new log. A draft
/// that is dropped is removed; one whose process was killed stays under its temporary name and can be deleted.
///
/// ```
/// use aof_api::AofBackend;
/// use aof_file::FileOptions;
/// use std::io::IoSlice;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("merged.aof");
/// # futures::executor::block_on(async {
/// let mut draft = FileOptions::new().draft(&path)?;
/// draft.backend().write(&[IoSlice::new(b"all of it")]).await?;
/// assert!(!path.exists());
/// draft.publish().await?;
/// assert!(path.exists());
/// # Ok::<(), aof_api::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Draft {
    backend: FileBackend,
    system: Arc<dyn System>,
    /// Removed when it is dropped.
    temporary: TempPath,
    path: PathBuf,
    /// The most that it lets others do, whatever it takes the place of.
    mode_max: u32,
}

impl Draft {
    /// A draft for `path`, where there may be a file; at first it is no more open than `mode_now`.
    pub(crate) fn new(options: &FileOptions, path: &Path, mode_now: u32) -> Result<Draft> {
        let mode_max = options.mode_max;
        // Zeros ahead of the end would be in the way of a name that means all of it and nothing else.
        let options = &options.clone().preallocate_bytes(0).no_more_open_than(mode_now);
        let path = resolve(path)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".partial-");
        let (Some(directory), false) = (path.parent(), path.is_dir()) else {
            let directory = io::Error::new(io::ErrorKind::IsADirectory, IS_DIRECTORY);
            return Err(Error::io_at(IoCall::Create, &path, 0, directory));
        };
        let mut failure = None;
        let made = tempfile::Builder::new().prefix(&name).make_in(directory, |path| {
            options.create(path).map_err(|error| {
                // It may have been made before something failed; what another has made is not touched.
                if matches!(error, Error::Io { .. }) {
                    let _ = std::fs::remove_file(path);
                }
                failure = Some(error);
                // Any kind but the two at which another name is tried.
                io::ErrorKind::Other.into()
            })
        });
        match made {
            Ok(made) => {
                let (backend, temporary) = made.into_parts();
                Ok(Draft { backend, system: Arc::clone(&options.system), temporary, path, mode_max })
            }
            Err(error) => Err(failure.unwrap_or_else(|| Error::io_at(IoCall::Create, &path, 0, error))),
        }
    }

    /// The log, to write to.
    pub fn backend(&mut self) -> &mut FileBackend {
        &mut self.backend
    }

    /// Where it is to be, from the root, symbolic links followed.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is meanwhile: a program that ends without dropping the draft must remove this file.
    #[must_use]
    pub fn temporary_path(&self) -> &Path {
        &self.temporary
    }

    /// Gives the log its name, which nothing may have, not even an empty file.
    ///
    /// Durable on return: the log and its name.
    ///
    /// # Errors
    ///
    /// [`Error::NotEmpty`] when something has the name: it stays as it is. The failures of
    /// [`checkpoint`](AofBackend::checkpoint), of the rename, and of the sync of the directory; only after the last of
    /// them the log may have its name.
    pub async fn publish(mut self) -> Result<()> {
        self.complete().await?;
        match self.system.rename_new(&self.temporary, &self.path) {
            Ok(()) => self.sync_directory(),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::NotEmpty { len: self.system.path_status(&self.path).map_or(0, |status| status.len) })
            }
            Err(source) => Err(Error::io_at(IoCall::Rename, &self.path, 0, source)),
        }
    }

    /// Gives the log its name, in place of the log that may have it, whose bytes are gone then, and whose owner and
    /// permissions it takes on, as far as [`FileOptions::no_more_open_than`] allows.
    ///
    /// Durable on return: the log and its name.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] when a live writer holds the log that has the name; those of [`publish`](Draft::publish) but
    /// [`Error::NotEmpty`].
    pub async fn replace(mut self) -> Result<()> {
        // Held until the name means the new log, so that nobody begins to write to the old one.
        let held = hold(&*self.system, &self.path)?;
        if let Some(held) = &held {
            // Who may not read the old log must not read the new one.
            self.backend.give_as(held.file(), self.mode_max)?;
        }
        self.complete().await?;
        self.rename_over()
    }

    /// Gives the log the name of `original`, which keeps its bytes under the name `LOG.broken`, or `LOG.broken.1` and so
    /// on, where there is one already. Returns that name.
    ///
    /// `original` is locked meanwhile, and the lock stays with it under its new name. Durable on return: both names. At
    /// every moment, in a crash too, the name means all of the old log or all of the new one.
    ///
    /// # Errors
    ///
    /// [`Error::Moved`] when the name of `original` means another file by now. [`Error::Io`] on a file system on which a
    /// file cannot have two names: publish the draft elsewhere. The failures of [`checkpoint`](AofBackend::checkpoint), of
    /// the rename, and of the sync of the directory; only after the last of them the new log may have the name.
    pub async fn succeed(mut self, original: &FileBackend) -> Result<PathBuf> {
        self.complete().await?;
        original.log_file()?.check_path()?;
        let kept = self.keep_beside()?;
        self.sync_directory()?;
        self.rename_over()?;
        Ok(kept)
    }

    /// Gives what has the name a second one.
    fn keep_beside(&self) -> Result<PathBuf> {
        for number in 0..KEPT_MAX {
            let mut kept = self.path.as_os_str().to_owned();
            kept.push(".broken");
            if number > 0 {
                kept.push(format!(".{number}"));
            }
            let kept = PathBuf::from(kept);
            match self.system.link(&self.path, &kept) {
                Ok(()) => return Ok(kept),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(Error::io_at(IoCall::Save, &kept, 0, source)),
            }
            // A run that was interrupted has got so far already.
            if let (Ok(one), Ok(two)) = (self.system.path_status(&self.path), self.system.path_status(&kept))
                && one.identity.is_some()
                && one.is_same_file(&two)
            {
                return Ok(kept);
            }
        }
        Err(Error::io_at(IoCall::Save, &self.path, 0, io::ErrorKind::AlreadyExists.into()))
    }

    /// What a draft is made of: the log, its temporary name, which is removed on drop, and where it is to be.
    pub(crate) fn into_parts(self) -> (FileBackend, TempPath, PathBuf) {
        (self.backend, self.temporary, self.path)
    }

    /// Makes everything that was written durable, and gives the file back.
    async fn complete(&mut self) -> Result<()> {
        self.backend.checkpoint(&[]).await?;
        self.backend.close().await
    }

    fn rename_over(&self) -> Result<()> {
        self.system
            .rename(&self.temporary, &self.path)
            .map_err(|source| Error::io_at(IoCall::Rename, &self.path, 0, source))?;
        self.sync_directory()
    }

    fn sync_directory(&self) -> Result<()> {
        let synced = self.system.sync_directory_of(&self.path);
        synced.map_err(|source| Error::io_at(IoCall::SyncDirectory, &self.path, 0, source))
    }
}

/// The path from the root; where it is a symbolic link, what that names, so that not the link is replaced.
fn resolve(path: &Path) -> Result<PathBuf> {
    let path = absolute(path)?;
    let is_link = std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
    match std::fs::canonicalize(&path) {
        Ok(named) if is_link => Ok(named),
        _ => Ok(path),
    }
}

/// The lock of the log at `path`, if there is one.
fn hold(system: &dyn System, path: &Path) -> Result<Option<LockedFile>> {
    match lock_existing(system, path) {
        Ok(held) => Ok(Some(held)),
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl FileOptions {
    /// Makes a new log under a temporary name in the directory of `path`, which may name a file already: see [`Draft`].
    ///
    /// # Errors
    ///
    /// [`Error::Io`](aof_api::Error::Io) when it cannot be made, or `path` is a directory.
    pub fn draft(&self, path: impl AsRef<Path>) -> Result<Draft> {
        Draft::new(self, path.as_ref(), self.mode_max)
    }
}

impl FileBackend {
    /// Makes a [`Draft`] that is to take the place of this log: beside it, with its owner and its permissions.
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io) when it cannot be made, or this process may not give files to the owner of this one;
    /// [`Closed`](Error::Closed) after a close.
    pub fn draft(&self) -> Result<Draft> {
        let log = self.log_file()?;
        // Nobody's but its maker's until it has the owner that it is to have.
        let draft = Draft::new(self.options(), self.path(), 0o600)?;
        draft.backend.give_as(&log.file, 0o777)?;
        Ok(draft)
    }

    /// Gives the file the owner of `original`, and its permissions as far as `mode_max` has them too.
    fn give_as(&self, original: &OpenFile, mode_max: u32) -> Result<()> {
        let log = self.log_file()?;
        let given = log.system.give_as(original, &log.file, mode_max);
        given.map_err(|source| Error::io_at(IoCall::SetPermissions, original.path(), 0, source))
    }
}
