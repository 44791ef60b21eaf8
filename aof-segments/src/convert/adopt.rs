//! One file becomes the first segment.

use crate::directory::Directory;
use crate::options::SegmentedOptions;
use crate::store::SegmentStore;
use aof_api::storage::IoCall;
use aof_api::{AofBackend, Error, Result};
use std::path::Path;

/// Makes the log in the file at `file` the first segment of a log in the directory at `directory`. Nothing is copied: the
/// file gets another name.
///
/// `directory` is made where it does not exist; both must be on one file system. Where the file ends in a torn entry, opening
/// the log deals with that. The next checkpoint that finds the segment large enough seals it, however large it is.
///
/// Durable on return: the new name, and all of the file. In a crash the file has the old name or the new one.
///
/// ```
/// use aof_api::{AofBackend, LogOptions, Operation, log::blocking::Aof};
/// use aof_file::FileBackend;
/// use aof_segments::{SegmentedBackend, SegmentedOptions, adopt};
///
/// # let directory = tempfile::tempdir()?;
/// # let (file, segments) = (directory.path().join("bank.aof"), directory.path().join("bank"));
/// let mut log = Aof::create(FileBackend::create(&file)?, LogOptions::new())?;
/// log.append(Operation(200), b"pay 5 to bob")?;
/// log.close()?;
///
/// adopt(&file, &segments, &SegmentedOptions::new())?;
/// let (mut log, recovery) = Aof::open(SegmentedBackend::open(&segments)?, LogOptions::new())?;
/// assert_eq!(log.append(Operation(200), b"pay 6 to eve")?.op, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`NotEmpty`](Error::NotEmpty) where the directory has a log. [`Locked`](Error::Locked) where a live writer holds either.
/// [`Io`](Error::Io) where the file does not exist, or is on another file system: [`split`](crate::split) copies it. After all
/// of these, the file has its name still; one failure comes later: where the directory cannot be synced, it has the new one.
pub fn adopt(file: impl AsRef<Path>, directory: impl AsRef<Path>, options: &SegmentedOptions) -> Result<()> {
    // Its lock, and everything in it durable.
    let log = options.file.open(file.as_ref())?;
    let directory = Directory::new(directory.as_ref(), &options.file)?;
    directory.exists()?;
    directory.make()?;
    let lock = directory.lock()?;
    let (start, segments) = (directory.start()?, directory.list()?);
    if let Some(last) = segments.last() {
        return Err(Error::NotEmpty { len: last.end() });
    }
    if start > 0 {
        return Err(Error::NotEmpty { len: start });
    }
    directory.check_place(&lock)?;
    directory.forget_note()?;
    let segment = directory.segment_path(0);
    let renamed = directory.system().rename_new(log.path(), &segment);
    renamed.map_err(|source| Error::io_at(IoCall::Rename, log.path(), 0, source))?;
    tracing::debug!(bytes = log.len(), segment = %segment.display(), "a file became the first segment");
    directory.sync_names()
}
