//! The ways to open a log to write it.

use crate::open::opening::{Intent, to_write};
use crate::open::options::FileOptions;
use crate::reader::FileReader;
use crate::writer::backend::FileBackend;
use aof_api::Result;
use std::path::Path;

impl FileBackend {
    /// Makes a new log at `path` and locks it; a file without a byte in it will do too. Nothing is ever overwritten.
    ///
    /// Durable on return: the file and its name. The directory must exist, and be readable.
    ///
    /// # Errors
    ///
    /// [`NotEmpty`](aof_api::Error::NotEmpty) when the file has bytes; [`Locked`](aof_api::Error::Locked), at once, when another writer
    /// holds it; [`Io`](aof_api::Error::Io) when it cannot be made, locked or synced, or is not a regular file.
    pub fn create(path: impl AsRef<Path>) -> Result<FileBackend> {
        FileOptions::new().create(path)
    }

    /// Opens the log at `path`, which must exist, and locks it.
    ///
    /// Durable on return: the name of the file. Its bytes were synced and its page cache dropped, so that reading shows
    /// what the disk holds; yet [`durable_len`](aof_api::AofBackend::durable_len) is 0 until the first checkpoint. Where the bytes
    /// end in half an entry after a crash is not looked at here: that is for `Aof::open`.
    ///
    /// # Errors
    ///
    /// [`Locked`](aof_api::Error::Locked), at once, when another writer holds it; [`Io`](aof_api::Error::Io) when it does not exist, cannot
    /// be opened to write, locked or synced, or is not a regular file.
    pub fn open(path: impl AsRef<Path>) -> Result<FileBackend> {
        FileOptions::new().open(path)
    }

    /// Opens the log at `path` as [`open`](FileBackend::open) does, or makes it as [`create`](FileBackend::create) does.
    ///
    /// # Errors
    ///
    /// [`Locked`](aof_api::Error::Locked), at once, when another writer holds it; [`Io`](aof_api::Error::Io) when it cannot be opened, made,
    /// locked or synced, or is not a regular file.
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<FileBackend> {
        FileOptions::new().open_or_create(path)
    }

    /// Opens the log at `path` to read it only, beside a live writer or without one: as [`FileReader::open_read_only`].
    ///
    /// # Errors
    ///
    /// Those of [`FileReader::open_read_only`].
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<FileReader> {
        FileReader::open_read_only(path)
    }
}

impl FileOptions {
    /// As [`FileBackend::create`], with these options.
    ///
    /// # Errors
    ///
    /// Those of [`FileBackend::create`].
    pub fn create(&self, path: impl AsRef<Path>) -> Result<FileBackend> {
        self.open_as(path.as_ref(), Intent::Create)
    }

    /// As [`FileBackend::open`], with these options.
    ///
    /// # Errors
    ///
    /// Those of [`FileBackend::open`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<FileBackend> {
        self.open_as(path.as_ref(), Intent::Open)
    }

    /// As [`FileBackend::open_or_create`], with these options.
    ///
    /// # Errors
    ///
    /// Those of [`FileBackend::open_or_create`].
    pub fn open_or_create(&self, path: impl AsRef<Path>) -> Result<FileBackend> {
        self.open_as(path.as_ref(), Intent::OpenOrCreate)
    }

    fn open_as(&self, path: &Path, intent: Intent) -> Result<FileBackend> {
        let (lock, log) = to_write(self, path, intent)?;
        Ok(FileBackend::new(self, lock, log))
    }
}
