//! Whether the file is what the backend believes: after a write that failed, and at each checkpoint.

use crate::system::OpenFile;
use crate::system::failure::{failed, is_full};
use crate::writer::backend::Open;
use aof_api::{Error, Result};
use std::cmp::Ordering;
use std::io;

impl Open {
    /// Takes back what a failed write may have left behind the end, `len`.
    pub(crate) fn undo_write(&self, len: u64) -> io::Result<()> {
        let found = self.system.file_status(self.file.file())?.len;
        match found.cmp(&len) {
            Ordering::Equal => Ok(()),
            Ordering::Greater => self.system.set_len(self.file.file(), len),
            Ordering::Less => Err(wrong_length(found, len)),
        }
    }

    /// What a write that was undone answers.
    pub(crate) fn write_failure(&self, offset: u64, needed: u64, source: io::Error) -> Error {
        if !is_full(&source) {
            return failed("write", offset, self.file.file().path(), source);
        }
        // How much a quota or a limit would still take is not known, and what the disk has free would mislead.
        let available = match source.kind() {
            io::ErrorKind::StorageFull => self.system.free_bytes(self.file.file()).unwrap_or(0),
            _ => 0,
        };
        tracing::debug!(log = %self.file.file().path().display(), offset, needed, available, error = %source, "no room");
        Error::Full { needed, available }
    }

    /// Whether the file is as long as the log.
    pub(crate) fn check_length(&self, len: u64) -> Result<()> {
        let path = self.file.file().path();
        let found = self
            .system
            .file_status(self.file.file())
            .map_err(|source| failed("look at the length", len, path, source))?
            .len;
        if found == len {
            return Ok(());
        }
        Err(failed("look at the length", found.min(len), path, wrong_length(found, len)))
    }

    /// Whether the path still names the file.
    pub(crate) fn check_path(&self) -> Result<()> {
        let file: &OpenFile = self.file.file();
        let what = match self.system.path_status(file.path()) {
            Ok(named) if named.is_same_file(&self.status) => return Ok(()),
            Ok(_) => file.path().display().to_string(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => file.path().display().to_string(),
            Err(error) => format!("{} (it cannot be looked up: {error})", file.path().display()),
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
