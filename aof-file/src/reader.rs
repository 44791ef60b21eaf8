//! Cursors that read and do nothing else.

use crate::FileOptions;
use crate::system::failure::failed;
use crate::system::{OpenFile, System};
use aof_api::storage::extent::ExtentView;
use aof_api::{AofRead, Result};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The largest length of a file, in bytes: offsets of the system are signed.
pub(crate) const MAX_LEN: u64 = i64::MAX as u64;

/// A read cursor of its own over a log file, from a [`FileBackend`](crate::FileBackend) or beside one.
///
/// Made by [`AofBackend::reader`](aof_api::AofBackend::reader), it sees what the writer has finished writing, nothing
/// above a cut that came after it (there it answers [`Error::Truncated`](aof_api::Error::Truncated)), and lives on when
/// the writer is closed. It takes no lock and no part in writing.
///
/// Made by [`open_read_only`](FileReader::open_read_only), it knows of no writer; see there.
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
    system: Arc<dyn System>,
    file: Arc<OpenFile>,
    cursor: u64,
    bound: Bound,
}

/// Where reading ends.
#[derive(Debug)]
enum Bound {
    /// Where the writer says.
    Extent(ExtentView),
    /// Where the file does.
    File,
}

impl FileReader {
    /// Opens the file at `path` to read it, beside a live writer or without one. Nothing is locked, synced or changed.
    ///
    /// The end is that of the file at each moment. A writer in another process may be in the middle of a write, so an
    /// incomplete last entry is *pending*, not damage, while [`is_locked`](crate::is_locked) says that there is a writer;
    /// a write that fails there takes its bytes back. A truncation there is not told either: behind it, this reader sees
    /// what the file then holds.
    ///
    /// # Errors
    ///
    /// [`Error::Io`](aof_api::Error::Io) when the file does not exist, cannot be read, or is not a regular file.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<FileReader> {
        FileOptions::new().open_read_only(path)
    }

    /// A reader that ends where the file does.
    pub(crate) fn of_file(system: Arc<dyn System>, file: Arc<OpenFile>) -> FileReader {
        FileReader { system, file, cursor: 0, bound: Bound::File }
    }

    /// A reader that ends where the writer says.
    pub(crate) fn of_writer(system: Arc<dyn System>, file: Arc<OpenFile>, view: ExtentView) -> FileReader {
        FileReader { system, file, cursor: 0, bound: Bound::Extent(view) }
    }

    /// The path under which the file was opened, from the root.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The permission bits of the file: for [`FileOptions::no_more_open_than`].
    ///
    /// # Errors
    ///
    /// [`Error::Io`](aof_api::Error::Io) when the file cannot be looked at.
    pub fn mode(&self) -> Result<u32> {
        let status = self.system.file_status(&self.file);
        status.map(|status| status.mode).map_err(|source| failed("look at the file", 0, self.path(), source))
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
        match (self.system.path_status(path), self.system.file_status(&self.file)) {
            (Ok(named), Ok(read)) if named.identity.is_some() => Ok(named.is_same_file(&read)),
            // The platform does not tell: one file, one path.
            (Ok(_), Ok(_)) => Ok(std::fs::canonicalize(path).ok() == std::fs::canonicalize(self.path()).ok()),
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            (Err(source), _) | (_, Err(source)) => Err(failed("look up", 0, path, source)),
        }
    }

    fn read_now(&mut self, buf: &mut [u8]) -> Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let offset = self.cursor;
        let count = match &self.bound {
            Bound::File => read_at(&*self.system, &self.file, buf, offset)
                .map_err(|source| failed("read", offset, self.file.path(), source))?,
            Bound::Extent(view) => {
                // A view that nothing cut has its cut at `u64::MAX`, where there are no bytes but no error either.
                let offset = offset.min(u64::MAX - 1);
                let readable = view.readable(offset, buf.len())?;
                let read = read_within(&*self.system, &self.file, &mut buf[..readable], offset);
                // A cut may have come in between, and then what was read, or that nothing was there, is not the log's.
                let readable = view.readable(offset, readable)?;
                read?.min(readable)
            }
        };
        self.cursor += count as u64;
        Ok(count)
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

    async fn end(&mut self) -> Result<u64> {
        match &self.bound {
            Bound::Extent(view) => Ok(view.end()),
            Bound::File => match self.system.file_status(&self.file) {
                Ok(status) => Ok(status.len),
                Err(source) => Err(failed("look at the length", 0, self.file.path(), source)),
            },
        }
    }
}

/// Reads from a place where the log is known to have at least `buf.len()` bytes.
pub(crate) fn read_within(system: &dyn System, file: &OpenFile, buf: &mut [u8], offset: u64) -> Result<usize> {
    if buf.is_empty() {
        return Ok(0);
    }
    let read = match read_at(system, file, buf, offset) {
        // Zero bytes would mean the end of the log, and this is not it.
        Ok(0) => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file is shorter than what was written to it: something else cut it",
        )),
        read => read,
    };
    read.map_err(|source| failed("read", offset, file.path(), source))
}

/// Reads once, interruptions aside; 0 at or past the end of the file, wherever that is.
pub(crate) fn read_at(system: &dyn System, file: &OpenFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    // The system refuses a range that passes its largest offset, where a log just has no bytes.
    let possible =
        usize::try_from(MAX_LEN.saturating_sub(offset)).map_or(buf.len(), |possible| possible.min(buf.len()));
    if possible == 0 {
        return Ok(0);
    }
    loop {
        match system.read_at(file, &mut buf[..possible], offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
