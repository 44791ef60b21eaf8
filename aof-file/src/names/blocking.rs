//! Rotation for programs without async: the same calls, driven to their end on the calling thread.

use crate::writer::backend::FileBackend;
use aof_api::Result;
use aof_api::log::blocking::Aof;
use futures::executor::block_on;
use std::path::Path;

/// As [`rotate`](crate::rotate()).
///
/// ```
/// use aof_api::log::blocking::Aof;
/// use aof_api::{LogOptions, Operation};
/// use aof_file::FileBackend;
///
/// # let directory = tempfile::tempdir()?;
/// # let (path, archive) = (directory.path().join("bank.aof"), directory.path().join("bank-1.aof"));
/// let mut log = Aof::create(FileBackend::create(&path)?, LogOptions::new())?;
/// log.append(Operation(200), b"pay 5 to bob")?;
/// aof_file::blocking::rotate(&mut log, &archive)?;
/// assert_eq!(log.append(Operation(200), b"pay 6 to eve")?.op, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The same.
pub fn rotate(log: &mut Aof<FileBackend>, archive_path: impl AsRef<Path>) -> Result<()> {
    block_on(crate::rotate(log.get_mut(), archive_path))
}

/// As [`continue_after_move`](crate::continue_after_move).
///
/// # Errors
///
/// The same.
pub fn continue_after_move(log: &mut Aof<FileBackend>) -> Result<bool> {
    block_on(crate::continue_after_move(log.get_mut()))
}
