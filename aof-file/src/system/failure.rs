//! I/O errors that name the file.

use aof_api::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// An I/O error, with the path at which it happened in front of its message.
#[derive(Debug)]
struct AtPath {
    path: PathBuf,
    source: io::Error,
}

impl fmt::Display for AtPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for AtPath {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// An [`Error::Io`] of the same kind as `source`, whose message names `path`.
pub(crate) fn failed(operation: &'static str, offset: u64, path: &Path, source: io::Error) -> Error {
    Error::io(operation, offset, io::Error::new(source.kind(), AtPath { path: path.to_owned(), source }))
}

/// Whether the system had no room, by any of its limits.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}
