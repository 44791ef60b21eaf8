//! Cursors that read and do nothing else.

mod bytes;
pub(crate) mod view;
pub(crate) mod watch;

pub(crate) use bytes::{MAX_LEN, next_data, read_at, read_log};

use crate::open::file::LogFile;
use crate::open::opening;
use crate::open::options::FileOptions;
use aof_api::storage::IoCall;
use aof_api::storage::extent::ExtentView;
use aof_api::storage::unflushed::UnflushedView;
use aof_api::{AofRead, Error, Result};
use std::io;
use std::path::Path;
use std::sync::Arc;
use watch::{LogEnd, Watch};

/// A read cursor of its own over a log file, from a [`FileBackend`](crate::FileBackend) or beside one.
///
/// Made by [`AofBackend::reader`](aof_api::AofBackend::reader), it sees each write that has returned, also one that waits
/// in the write buffer, and nothing above a cut that came after it (there it fails with [`Error::Truncated`]). It outlives
/// the writer: after a close, a drop or a failure of the writer it ends at what was durable then, and fails with
/// [`Error::Closed`] or [`Error::Poisoned`] past that. It takes no lock and no part in writing.
///
/// Made by [`open_read_only`](FileReader::open_read_only), it knows of no writer; see there.
///
/// # Blocking
///
/// `read` blocks the calling thread while the bytes come from the disk, and returns at once where the page cache has them;
/// the other calls are ready at the first poll, except [`changed`](AofRead::changed). That waits without a thread on a
/// reader of a backend, which its writer wakes. On one that was opened read-only, a thread of the reader looks at the
/// length of the file every 10 ms while somebody waits; it ends when the reader is dropped.
///
/// # Example
///
/// ```
/// use aof_api::{AofBackend, AofRead, AofReadExt};
/// use aof_file::{FileBackend, FileReader};
/// use std::io::IoSlice;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("bank.aof");
/// # futures::executor::block_on(async {
/// let mut writer = FileBackend::create(&path)?;
/// let mut reader = FileReader::open_read_only(&path)?;
/// writer.write(&[IoSlice::new(b"seen at once")]).await?;
/// let mut bytes = [0; 64];
/// assert_eq!(reader.read_all(&mut bytes).await?, 12);
/// # Ok::<(), aof_api::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileReader {
    log: Arc<LogFile>,
    cursor: u64,
    bound: Bound,
}

/// Where reading ends.
#[derive(Debug)]
enum Bound {
    /// Where the writer says. It may have written bytes that the file does not have yet.
    Writer { extent: ExtentView, unflushed: Option<UnflushedView> },
    /// Where the file does.
    File(Watch<LogFile>),
}

impl FileReader {
    /// Opens the file at `path` to read it, beside a live writer or without one. Nothing is locked, synced or changed.
    ///
    /// The end is that of the file at each moment. A writer in another process may be in the middle of a write, so an
    /// incomplete last entry is *pending*, not damage, while [`is_locked`](crate::is_locked) says that there is a writer;
    /// a write that fails there takes its bytes back. A truncation there is not reported by `read`: past it, this reader
    /// sees what the file then holds. [`changed`](AofRead::changed) fails with [`Error::Truncated`] where the file ends
    /// before the place that it was given, hears of no crash or close, and waits until it is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Io`](aof_api::Error::Io) when the file does not exist, cannot be read, or is not a regular file.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<FileReader> {
        FileOptions::new().open_read_only(path)
    }

    /// A reader that ends where the writer says.
    pub(crate) fn of_writer(
        log: &Arc<LogFile>,
        (extent, unflushed): (ExtentView, Option<UnflushedView>),
    ) -> FileReader {
        FileReader { log: Arc::clone(log), cursor: 0, bound: Bound::Writer { extent, unflushed } }
    }

    /// The path under which the file was opened, from the root.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.log.path()
    }

    /// The permission bits of the file: for [`FileOptions::no_more_open_than`].
    ///
    /// # Errors
    ///
    /// [`Error::Io`](aof_api::Error::Io) when the file cannot be looked at.
    pub fn mode(&self) -> Result<u32> {
        let status = self.log.system.file_status(&self.log.file);
        status.map(|status| status.mode).map_err(|source| Error::io_at(IoCall::Stat, self.path(), 0, source))
    }

    /// Whether `path` names the file that this reads.
    ///
    /// ```
    /// use aof_file::FileReader;
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("bank.aof");
    /// std::fs::write(&path, b"")?;
    /// let reader = FileReader::open_read_only(&path)?;
    /// assert!(reader.is_at(&path)?);
    /// assert!(!reader.is_at(directory.path().join("other.aof"))?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Io`](aof_api::Error::Io) when the path cannot be looked up, save where nothing is there.
    pub fn is_at(&self, path: impl AsRef<Path>) -> Result<bool> {
        let path = path.as_ref();
        match (self.log.system.path_status(path), self.log.system.file_status(&self.log.file)) {
            (Ok(named), Ok(read)) if named.identity.is_some() => Ok(named.is_same_file(&read)),
            // The platform has no identities: one file, one path.
            (Ok(_), Ok(_)) => Ok(std::fs::canonicalize(path).ok() == std::fs::canonicalize(self.path()).ok()),
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            (Err(source), _) | (_, Err(source)) => Err(Error::io_at(IoCall::Lookup, path, 0, source)),
        }
    }

    fn read_now(&mut self, buf: &mut [u8]) -> Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let (log, offset) = (&*self.log, self.cursor);
        let count = match &self.bound {
            Bound::File(_) => read_at(&*log.system, &log.file, buf, offset)
                .map_err(|source| Error::io_at(IoCall::Read, log.path(), offset, source))?,
            Bound::Writer { extent, unflushed } => {
                let readable = extent.readable(offset, buf.len())?;
                let read = read_log(log, unflushed.as_ref(), &mut buf[..readable], offset);
                // A cut may have come in between, and then what was read, or that nothing was there, is not the log's.
                let readable = extent.readable(offset, readable)?;
                read?.min(readable)
            }
        };
        self.cursor += count as u64;
        Ok(count)
    }
}

impl LogEnd for LogFile {
    /// The length of the file.
    fn end(&self) -> Result<u64> {
        let status = self.system.file_status(&self.file);
        status.map(|status| status.len).map_err(|source| Error::io_at(IoCall::Stat, self.path(), 0, source))
    }

    fn path(&self) -> &Path {
        self.file.path()
    }
}

impl FileOptions {
    /// As [`FileReader::open_read_only`], with these options.
    ///
    /// # Errors
    ///
    /// Those of [`FileReader::open_read_only`].
    pub fn open_read_only(&self, path: impl AsRef<Path>) -> Result<FileReader> {
        let log = Arc::new(opening::to_read(&self.system, path.as_ref())?);
        Ok(FileReader { log, cursor: 0, bound: Bound::File(Watch::default()) })
    }
}

impl AofRead for FileReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.read_now(buf)
    }

    /// Always 0: nothing of a file is given back.
    async fn start(&mut self) -> Result<u64> {
        Ok(0)
    }

    async fn end(&mut self) -> Result<u64> {
        match &self.bound {
            Bound::Writer { extent, .. } => Ok(extent.end()),
            Bound::File(_) => self.log.end(),
        }
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        match &mut self.bound {
            Bound::Writer { extent, .. } => extent.changed(end).await,
            Bound::File(watch) => watch.changed(&self.log, end).await,
        }
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        // What the file has is asked first: by then, what left the write buffer is in the file.
        let in_file = match &self.bound {
            Bound::Writer { extent, unflushed } => {
                extent.end().min(unflushed.as_ref().map_or(u64::MAX, UnflushedView::start))
            }
            Bound::File(_) => self.log.end()?,
        };
        Ok(next_data(&self.log, offset, in_file))
    }
}
