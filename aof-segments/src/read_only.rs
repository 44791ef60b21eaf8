//! Reading a directory that somebody else may be writing.

use crate::backend::opening::check_whole;
use crate::directory::Directory;
use crate::options::SegmentedOptions;
use crate::shifted::shifted;
use crate::store::{SegmentInfo, SegmentStore};
use aof_api::storage::IoCall;
use aof_api::{AofRead, Error, Result};
use aof_file::{FileView, LogEnd, Watch};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A read cursor over the segments in a directory, beside a writer of this process or another, or without one. Nothing is
/// locked, synced or changed.
///
/// It sees what the files show at each moment: everything that is durable, perhaps more, in part perhaps only of an entry
/// that is being written, and zeros after the end where space is allocated ahead. It hears of no crash, cut or close;
/// [`changed`](AofRead::changed) looks every 10 ms from a thread of the reader. A segment that was pruned meanwhile is
/// [`Error::Pruned`].
///
/// ```
/// use aof_api::{AofBackend, AofRead, AofReadExt};
/// use aof_segments::{DirectoryReader, SegmentedBackend};
/// use std::io::IoSlice;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("bank");
/// # futures::executor::block_on(async {
/// let mut writer = SegmentedBackend::create(&path)?;
/// let mut reader = DirectoryReader::open(&path)?;
/// writer.write(&[IoSlice::new(b"seen at once")]).await?;
/// let mut bytes = [0; 64];
/// assert_eq!(reader.read_all(&mut bytes).await?, 12);
/// # Ok::<(), aof_api::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DirectoryReader {
    directory: Arc<Directory>,
    cursor: u64,
    /// As they were listed last.
    segments: Vec<SegmentInfo>,
    start: u64,
    open: Option<(u64, FileView)>,
    watch: Watch<Directory>,
}

impl DirectoryReader {
    /// Opens the log in the directory at `path` to read it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where there is no log, or a segment reaches past the beginning of the next one; [`Error::Missing`] where
    /// one is missing or shorter than it was.
    pub fn open(path: impl AsRef<Path>) -> Result<DirectoryReader> {
        SegmentedOptions::new().open_read_only(path)
    }

    /// The directory, from the root.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The segments, as they are now, from the start of the log.
    ///
    /// # Errors
    ///
    /// Those of [`open`](DirectoryReader::open).
    pub fn segments(&mut self) -> Result<Vec<SegmentInfo>> {
        self.list()?;
        Ok(self.segments.clone())
    }

    /// The path of the segment at `base`.
    #[must_use]
    pub fn segment_path(&self, base: u64) -> std::path::PathBuf {
        self.directory.segment_path(base)
    }

    /// What pruning up to `to` would remove, if all that is there now were durable: for a dry run.
    ///
    /// # Errors
    ///
    /// Those of [`open`](DirectoryReader::open).
    pub fn prune_plan(&mut self, to: u64) -> Result<crate::PrunePlan> {
        let segments = self.segments()?;
        let end = segments.last().map_or(0, SegmentInfo::end);
        Ok(crate::PrunePlan::new(&segments, end, to))
    }

    /// The note that the writer kept last, with how many bytes it covers; a damaged one is none.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where it cannot be read.
    pub fn note(&self) -> Result<Option<(u64, Vec<u8>)>> {
        self.directory.note()
    }

    fn list(&mut self) -> Result<()> {
        let (start, segments) = listed(&self.directory)?;
        (self.start, self.segments) = (start, segments);
        Ok(())
    }

    /// Reads at `offset`; 0 at or past the end.
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        if offset < self.start {
            return Err(Error::Pruned { start: self.start });
        }
        let next = self.segments.partition_point(|segment| segment.base <= offset);
        let Some(segment) = next.checked_sub(1).map(|index| self.segments[index]) else { return Ok(0) };
        let Some(end) = self.segments.get(next).map(|next| next.base) else {
            return self.read_last(segment.base, offset, buf);
        };
        let len = usize::try_from(end - offset).map_or(buf.len(), |len| len.min(buf.len()));
        let read = self.view(segment.base)?.read_at(offset - segment.base, &mut buf[..len]);
        read.map_err(|failure| shifted(failure, segment.base))
    }

    fn read_last(&mut self, base: u64, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let view = self.view(base)?;
        let len = view.file_len()?.saturating_sub(offset - base);
        let len = usize::try_from(len).map_or(buf.len(), |len| len.min(buf.len()));
        if len == 0 {
            return Ok(0);
        }
        view.read_at(offset - base, &mut buf[..len]).map_err(|failure| shifted(failure, base))
    }

    fn view(&mut self, base: u64) -> Result<&FileView> {
        let view = match self.open.take() {
            Some((of, view)) if of == base => view,
            _ => self.directory.view(base).map_err(|failure| shifted(failure, base))?,
        };
        Ok(&self.open.insert((base, view)).1)
    }

    fn read_now(&mut self, buf: &mut [u8]) -> Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let offset = self.cursor;
        let is_last = self.segments.last().is_none_or(|last| last.base <= offset);
        let count = match self.read_at(offset, buf) {
            // It may be in a segment that is new, or not in this one any more. A file that is kept open may have lost its name.
            Ok(0) if is_last => {
                self.list()?;
                self.open = None;
                self.read_at(offset, buf)?
            }
            Err(Error::Io { .. }) => {
                self.list()?;
                self.open = None;
                self.read_at(offset, buf)?
            }
            read => read?,
        };
        self.cursor += count as u64;
        Ok(count)
    }
}

impl SegmentedOptions {
    /// As [`DirectoryReader::open`], with these options.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn open_read_only(&self, path: impl AsRef<Path>) -> Result<DirectoryReader> {
        let directory = Arc::new(Directory::new(path.as_ref(), &self.file)?);
        let (start, segments) = listed(&directory)?;
        if segments.is_empty() {
            let text = "no log in segments is here";
            let source = io::Error::new(io::ErrorKind::NotFound, text);
            return Err(Error::io_at(IoCall::Open, directory.path(), 0, source));
        }
        Ok(DirectoryReader { directory, cursor: start, segments, start, open: None, watch: Watch::default() })
    }
}

/// How often a listing is made again that a writer changed meanwhile.
const LISTINGS: usize = 8;

/// Where the log begins, and its segments, as they are at one moment.
fn listed(directory: &Directory) -> Result<(u64, Vec<SegmentInfo>)> {
    let mut last = None;
    for _ in 0..LISTINGS {
        let start = directory.start()?;
        let mut segments = directory.list()?;
        segments.retain(|segment| segment.base >= start);
        match check_whole(directory, start, &segments) {
            Ok(()) => return Ok((start, segments)),
            // A prune or a seal may have come in between.
            Err(failure) => last = Some(failure),
        }
    }
    last.map_or(Ok((0, Vec::new())), Err)
}

impl LogEnd for Directory {
    fn end(&self) -> Result<u64> {
        Ok(self.last()?.map_or(0, |last| last.end()))
    }

    fn path(&self) -> &Path {
        Directory::path(self)
    }
}

impl AofRead for DirectoryReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.read_now(buf)
    }

    async fn start(&mut self) -> Result<u64> {
        self.list()?;
        Ok(self.start)
    }

    async fn end(&mut self) -> Result<u64> {
        self.list()?;
        Ok(self.segments.last().map_or(self.start, SegmentInfo::end))
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.watch.changed(&self.directory, end).await
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        // As they were listed last: one that is new since has no part in what its reader asks for.
        let next = self.segments.partition_point(|segment| segment.base <= offset);
        Ok(next.checked_sub(1).map_or(self.start, |index| self.segments[index].base))
    }
}
