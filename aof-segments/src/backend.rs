//! The one writer of a log in segments.

mod closing;
pub(crate) mod opening;
pub(crate) mod pruning;
mod sealing;
mod truncation;

use crate::checkpoint::Checkpoint;
use crate::directory::Directory;
use crate::driver::Driver;
use crate::options::Tuning;
use crate::reader::{Places, SegmentedReader};
use crate::segments::Segments;
use crate::shifted::shifted;
use crate::store::{SegmentInfo, SegmentStore};
use aof_api::storage::extent::Extent;
use aof_api::{AofBackend, AofRead, Error, Result};
use std::io::IoSlice;
use std::sync::Arc;

/// One log in many segments, locked by its one writer.
///
/// Made by [`SegmentedBackend::create`](SegmentedBackend::<Directory>::create) and its like in a directory, or
/// [`on`](SegmentedBackend::on) any [`SegmentStore`]. Offsets and lengths are bytes from the beginning of the log, pruned or
/// not. The page of the [crate] says what is on disk, and what is durable when.
///
/// Beside the errors of the contract ([`AofBackend`]):
///
/// - `write` and `checkpoint` fail as those of a [`FileBackend`](aof_file::FileBackend) do.
/// - `checkpoint` fails with [`Full`](Error::Full) while an earlier one could not give the next segment its name for want of
///   room. Nothing is poisoned; prune, or make room.
/// - `truncate` removes the segments after the cut, the newest first; their bytes are kept as those that are cut from a file
///   are. It fails with [`Full`](Error::Full) where the segment in which the log is to end is owed its name and still finds
///   no room for it, though it was cut: the log ends where it was to, and is durable there after the next checkpoint that
///   succeeds.
/// - `prune` gives back whole segments. One that cannot be removed is no error: the next prune, or the next opening, tries
///   again.
#[derive(Debug)]
pub struct SegmentedBackend<S: SegmentStore = Directory> {
    store: Arc<S>,
    tuning: Tuning,
    driver: Arc<Driver<S>>,
    extent: Extent,
    segments: Arc<Segments<S::View>>,
    /// The segment that is written, and its base. None once the log is closed, and after a cut that failed half way.
    active: Option<S::Segment>,
    active_base: u64,
    cursor: u64,
    places: Places<S>,
    note: Option<(u64, Vec<u8>)>,
    /// That of the last checkpoint that had one, and what that covers: a close keeps it.
    last_note: Option<(u64, Vec<u8>)>,
    is_closed: bool,
    /// A cut that has begun: where its future was dropped, the log is poisoned.
    in_doubt: Option<Error>,
}

impl<S: SegmentStore> SegmentedBackend<S> {
    /// Where the segments are kept.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The segments, in order. The last one is written; its length is that of its part of the log.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentInfo> {
        let bases = self.segments.bases();
        let ends = bases.iter().skip(1).copied().chain([self.extent.len()]);
        bases.iter().zip(ends).map(|(base, end)| SegmentInfo { base: *base, len: end - base }).collect()
    }

    /// Refuses every later write and checkpoint, and returns their error.
    fn poison(&mut self, failure: &Error) -> Error {
        // First, so that no checkpoint that is under way counts any more.
        self.driver.stop(failure.poison());
        self.extent.poison(failure)
    }

    fn check_open(&self) -> Result<()> {
        match self.is_closed {
            true => Err(Error::Closed),
            false => Ok(()),
        }
    }

    /// Fails where the log takes no more writes.
    fn check_writable(&mut self) -> Result<()> {
        if let Some(failure) = self.in_doubt.take() {
            self.poison(&failure);
        }
        self.extent.check().inspect_err(|_| {
            // Whatever checkpoint failed: this call returns it.
            drop(self.driver.unheard());
        })?;
        self.check_open()
    }

    /// Fails where the log takes no more writes; the first call after a checkpoint that nobody waited for has failed returns
    /// that failure itself.
    fn check_unfailed(&mut self) -> Result<()> {
        let unheard = self.driver.unheard();
        let checked = self.check_writable();
        match (checked, unheard) {
            (Err(Error::Poisoned { .. }), Some(unheard)) => Err(unheard),
            (checked, _) => checked,
        }
    }

    fn active(&mut self) -> Result<&mut S::Segment> {
        self.active.as_mut().ok_or(Error::Closed)
    }

    async fn append(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.check_writable()?;
        let (offset, base) = (self.extent.len(), self.active_base);
        let active = self.active()?;
        match active.write(parts).await {
            Ok(_) => {
                let len = base + active.len();
                self.extent.set_len(len);
                Ok(offset)
            }
            Err(failure) => {
                let failure = shifted(failure, base);
                if matches!(failure, Error::Poisoned { .. }) {
                    self.poison(&failure);
                }
                Err(failure)
            }
        }
    }

    fn read_now(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.check_open()?;
        let ended = self.extent.check();
        let len = self.extent.len();
        let end = if ended.is_err() { self.extent.durable_len().min(len) } else { len };
        if self.cursor > end {
            ended?;
        }
        let start = self.extent.start();
        if self.cursor < start {
            return Err(Error::Pruned { start });
        }
        let rest = end.saturating_sub(self.cursor);
        let readable = usize::try_from(rest).map_or(buf.len(), |rest| rest.min(buf.len()));
        if readable == 0 {
            return Ok(0);
        }
        let count = self.places.read_at(self.cursor, &mut buf[..readable])?;
        self.cursor += count as u64;
        Ok(count)
    }
}

impl<S: SegmentStore> AofRead for SegmentedBackend<S> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.check_open()?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.read_now(buf)
    }

    async fn start(&mut self) -> Result<u64> {
        self.check_open().map(|()| self.extent.start())
    }

    async fn end(&mut self) -> Result<u64> {
        self.check_open().map(|()| self.extent.len())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.check_open()?;
        match self.extent.len() {
            len if len > end => Ok(len),
            _ => {
                self.extent.check()?;
                Err(Error::Unsupported { what: "waiting on the backend itself, which nobody else can write," })
            }
        }
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        self.check_open()?;
        Ok(self.places.boundary(offset).unwrap_or_else(|| self.extent.start()))
    }
}

impl<S: SegmentStore> AofBackend for SegmentedBackend<S> {
    type Reader = SegmentedReader<S>;
    type Checkpoint = Checkpoint<S>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.append(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> Checkpoint<S> {
        self.begin_checkpoint(note).unwrap_or_else(|failure| Checkpoint::settled(Err(failure)))
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.cut_to(len).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.prune_to(to).await
    }

    async fn reader(&mut self) -> Result<SegmentedReader<S>> {
        self.check_open()?;
        Ok(SegmentedReader::new(self.extent.view(), Places::new(&self.store, &self.segments)))
    }

    async fn close(&mut self) -> Result<()> {
        self.finish_and_give_up().await
    }

    fn len(&self) -> u64 {
        self.extent.len()
    }

    fn durable_len(&self) -> u64 {
        self.extent.durable_len()
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.note.clone()
    }
}
