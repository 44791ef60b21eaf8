//! Whether the file is what the writer believes: after a write that failed, and at each checkpoint.

use crate::open::file::LogFile;
use crate::system::is_full;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use std::cmp::Ordering;
use std::io;

impl LogFile {
    /// Takes back what a failed write may have left past the end, `len`.
    pub(crate) fn undo_write(&self, len: u64) -> io::Result<()> {
        let found = self.system.file_status(&self.file)?.len;
        match found.cmp(&len) {
            Ordering::Equal => Ok(()),
            Ordering::Greater => self.system.set_len(&self.file, len),
            Ordering::Less => Err(wrong_length(found, len)),
        }
    }

    /// The error of a write that failed and was undone.
    pub(crate) fn write_failure(&self, offset: u64, needed: u64, source: io::Error) -> Error {
        if !is_full(&source) {
            return Error::io_at(IoCall::Write, self.path(), offset, source);
        }
        // How much a quota or a limit would still take is not known, and what the disk has free would mislead.
        let available = match source.kind() {
            io::ErrorKind::StorageFull => self.system.free_bytes(&self.file).unwrap_or(0),
            _ => 0,
        };
        tracing::debug!(log = %self.path().display(), offset, needed, available, error = %source, "no room");
        Error::Full { needed, available }
    }

    /// Whether the file has this length. For the writer, which alone knows it at each moment.
    pub(crate) fn check_length(&self, len: u64) -> Result<()> {
        self.check_found(len, |found| found == len)
    }

    /// Whether the file has at least this length. For a checkpoint, beside which the writer continues.
    pub(crate) fn check_holds(&self, len: u64) -> Result<()> {
        self.check_found(len, |found| found >= len)
    }

    fn check_found(&self, len: u64, is_right: impl FnOnce(u64) -> bool) -> Result<()> {
        let status = self.system.file_status(&self.file);
        let found = status.map_err(|source| Error::io_at(IoCall::Stat, self.path(), len, source))?.len;
        if is_right(found) {
            return Ok(());
        }
        Err(Error::io_at(IoCall::Stat, self.path(), found.min(len), wrong_length(found, len)))
    }

    /// Whether the path still names the file.
    pub(crate) fn check_path(&self) -> Result<()> {
        let path = self.path();
        let what = match self.system.path_status(path) {
            Ok(named) if named.is_same_file(&self.status) => return Ok(()),
            Ok(_) => path.display().to_string(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.display().to_string(),
            Err(error) => format!("{} (it cannot be looked up: {error})", path.display()),
        };
        Err(Error::Moved { what })
    }
}

fn wrong_length(found: u64, len: u64) -> io::Error {
    if found < len {
        let text = format!("the file has {found} bytes, but {len} were written: something else cut it");
        io::Error::new(io::ErrorKind::UnexpectedEof, text)
    } else {
        let text = format!("the file has {found} bytes, but only {len} were written here: something else writes to it");
        io::Error::other(text)
    }
}
