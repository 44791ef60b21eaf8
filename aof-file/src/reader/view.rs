//! One file, read at any offset, by those who know how far its log reaches.

use crate::open::file::LogFile;
use crate::open::opening;
use crate::open::options::FileOptions;
use crate::reader::read_log;
use aof_api::storage::IoCall;
use aof_api::storage::unflushed::UnflushedView;
use aof_api::{Error, Result};
use std::path::Path;
use std::sync::Arc;

/// The bytes of one file, without a cursor and without an end: a building block for storages that keep one log in many
/// files, and that know themselves how far each reaches.
///
/// Clones share the open file. It takes no lock, and outlives the writer.
#[derive(Clone, Debug)]
pub struct FileView {
    log: Arc<LogFile>,
    unflushed: Option<UnflushedView>,
}

impl FileView {
    /// Opens the file at `path` to read it. Nothing is locked, synced or changed.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file does not exist, cannot be read, or is not a regular file.
    pub fn open(options: &FileOptions, path: impl AsRef<Path>) -> Result<FileView> {
        let log = Arc::new(opening::to_read(&options.system, path.as_ref())?);
        Ok(FileView { log, unflushed: None })
    }

    pub(crate) fn of_writer(log: &Arc<LogFile>, unflushed: Option<UnflushedView>) -> FileView {
        FileView { log: Arc::clone(log), unflushed }
    }

    /// The path under which the file was opened, or published since.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.log.path()
    }

    /// How long the file is, in bytes, zeros ahead included and what waits in a write buffer left out.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be looked at.
    pub fn file_len(&self) -> Result<u64> {
        let status = self.log.system.file_status(&self.log.file);
        status.map(|status| status.len).map_err(|source| Error::io_at(IoCall::Stat, self.path(), 0, source))
    }

    /// Reads at `offset` of the file into `buf`, and returns how many bytes, at least one: the caller knows that the log has
    /// all of them. A `buf` without bytes reads nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when reading fails, or the file ends before `offset`.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        read_log(&self.log, self.unflushed.as_ref(), buf, offset)
    }

    /// Gives the file, which has a temporary name, its final one, `path`, which nothing may have. Not durable on return.
    /// Counts once; from then on the writer of the file looks for it there.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be given that name; nothing changed.
    pub fn publish(&self, path: &Path) -> Result<()> {
        let renamed = self.log.system.rename_new(self.path(), path);
        renamed.map_err(|source| Error::io_at(IoCall::Rename, self.path(), 0, source))?;
        self.log.file.rename(path);
        Ok(())
    }
}
