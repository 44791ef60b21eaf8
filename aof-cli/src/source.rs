//! Opening logs to read.

use crate::exit::{Failure, Outcome};
use aof_api::AofRead;
use aof_file::{FileBackend, FileReader, is_locked};
use futures::executor::block_on;
use std::path::{Path, PathBuf};

/// A log that is read and not written.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) len: u64,
    /// Somebody writes it at this moment, so its end may be incomplete.
    pub(crate) live: bool,
}

impl Source {
    pub(crate) fn open(path: &Path) -> Outcome<Source> {
        let mut reader = FileBackend::open_read_only(path).map_err(Failure::at(path))?;
        // Where locks do not work, nobody is known to write.
        let live = is_locked(path).unwrap_or(false);
        let len = block_on(reader.end()).map_err(Failure::at(path))?;
        Ok(Source { path: path.to_owned(), len, live })
    }

    pub(crate) fn reader(&self) -> Outcome<FileReader> {
        FileBackend::open_read_only(&self.path).map_err(Failure::at(&self.path))
    }

    /// All logs, or the failure of the first that cannot be opened.
    pub(crate) fn open_all(paths: &[PathBuf]) -> Outcome<Vec<Source>> {
        paths.iter().map(|path| Source::open(path)).collect()
    }
}
