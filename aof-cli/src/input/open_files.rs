//! Reading many files with few descriptors: a file that was not read for a while is closed, and opened again when it is
//! read.

use crate::output::failure::Failure;
use crate::output::failure::Outcome;
use aof_api::storage::IoCall;
use aof_api::{AofRead, Error, Result};
use aof_file::{FileBackend, FileReader};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many files are open at once.
const OPEN_MAX: usize = 16;

/// The open ones among many files, the one that was read last at the end.
#[derive(Clone, Default)]
pub(crate) struct OpenFiles(Arc<Mutex<Vec<(u64, FileReader)>>>);

/// A reader of a file that need not be open.
pub(crate) struct ManyReader {
    files: OpenFiles,
    number: u64,
    path: PathBuf,
    /// A descriptor more would be one too many, so this is what must be found again.
    identity: Identity,
    cursor: u64,
}

impl OpenFiles {
    /// Opens the file at `path`, the `number`th of them.
    pub(crate) fn reader(&self, path: &Path, number: u64) -> Outcome<ManyReader> {
        let reader = FileBackend::open_read_only(path).map_err(Failure::at(path))?;
        let identity = identity(path).map_err(|error| Failure::at(path)(Error::io_at(IoCall::Stat, path, 0, error)))?;
        self.put(number, reader);
        Ok(ManyReader { files: self.clone(), number, path: path.to_owned(), identity, cursor: 0 })
    }

    fn take(&self, number: u64) -> Option<FileReader> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().position(|(other, _)| *other == number)?;
        Some(open.remove(at).1)
    }

    fn put(&self, number: u64, reader: FileReader) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() == OPEN_MAX {
            open.remove(0);
        }
        open.push((number, reader));
    }
}

impl ManyReader {
    /// The file, opened again where it was closed.
    fn open(&self) -> Result<FileReader> {
        if let Some(reader) = self.files.take(self.number) {
            return Ok(reader);
        }
        let reader = FileBackend::open_read_only(&self.path)?;
        let changed = || io::Error::other("another file took this name while it was read");
        match identity(&self.path) {
            Ok(identity) if identity == self.identity => Ok(reader),
            Ok(_) => Err(Error::io_at(IoCall::Open, &self.path, 0, changed())),
            Err(error) => Err(Error::io_at(IoCall::Stat, &self.path, 0, error)),
        }
    }
}

impl AofRead for ManyReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let mut reader = self.open()?;
        reader.seek(self.cursor).await?;
        let read = reader.read(buf).await;
        self.files.put(self.number, reader);
        self.cursor += *read.as_ref().unwrap_or(&0) as u64;
        read
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(0)
    }

    async fn end(&mut self) -> Result<u64> {
        let mut reader = self.open()?;
        let end = reader.end().await;
        self.files.put(self.number, reader);
        end
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        let mut reader = self.open()?;
        let data = reader.next_data(offset).await;
        self.files.put(self.number, reader);
        data
    }

    async fn changed(&mut self, _: u64) -> Result<u64> {
        Err(Error::Unsupported { what: "waiting for a file among many" })
    }
}

/// What distinguishes a file from another.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = Option<std::time::SystemTime>;

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    path.metadata().map(|file| file.created().ok())
}
