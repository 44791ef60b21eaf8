//! Cursors over the whole log, whichever segment has the bytes.

use crate::segments::{Place, Segments};
use crate::shifted::shifted;
use crate::store::{SegmentStore, SegmentView};
use aof_api::storage::IoCall;
use aof_api::storage::extent::ExtentView;
use aof_api::{AofRead, Error, Result};
use std::io;
use std::sync::Arc;

/// A read cursor of its own over a log in segments, from a [`SegmentedBackend`](crate::SegmentedBackend).
///
/// It sees each write that has returned, and moves from segment to segment. It outlives the writer: after a close, a drop or
/// a failure of the writer it ends at what was durable then. Below the start of a pruned log it fails with
/// [`Error::Pruned`].
#[derive(Debug)]
pub struct SegmentedReader<S: SegmentStore> {
    extent: ExtentView,
    cursor: u64,
    places: Places<S>,
}

/// Reads wherever a segment has the bytes.
#[derive(Debug)]
pub(crate) struct Places<S: SegmentStore> {
    store: Arc<S>,
    segments: Arc<Segments<S::View>>,
    /// The sealed segment that was read last.
    open: Option<(u64, S::View)>,
}

impl<S: SegmentStore> Places<S> {
    pub(crate) fn new(store: &Arc<S>, segments: &Arc<Segments<S::View>>) -> Places<S> {
        Places { store: Arc::clone(store), segments: Arc::clone(segments), open: None }
    }

    /// Reads bytes that the log has at `offset`, all of one segment, at least one.
    pub(crate) fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let Some(place) = self.segments.find(offset) else {
            let missing = io::Error::new(io::ErrorKind::NotFound, "no segment has this offset any more");
            return Err(Error::io(IoCall::Read, offset, missing));
        };
        let Place { base, end, view } = place;
        let len = end.and_then(|end| usize::try_from(end - offset).ok()).map_or(buf.len(), |len| len.min(buf.len()));
        let buf = &mut buf[..len];
        let read = match view {
            Some(view) => {
                // It may have been sealed before, and cut since.
                self.open = None;
                view.read_at(offset - base, buf)
            }
            None => self.view(base)?.read_at(offset - base, buf),
        };
        read.map_err(|failure| shifted(failure, base))
    }

    fn view(&mut self, base: u64) -> Result<&S::View> {
        let view = match self.open.take() {
            Some((of, view)) if of == base => view,
            _ => self.store.view(base).map_err(|failure| shifted(failure, base))?,
        };
        Ok(&self.open.insert((base, view)).1)
    }

    /// Where the segment begins that holds `offset`, or the last one; none below the first.
    pub(crate) fn boundary(&self, offset: u64) -> Option<u64> {
        self.segments.find(offset).map(|place| place.base)
    }

    /// Forgets what is open: the log was cut.
    pub(crate) fn forget(&mut self) {
        self.open = None;
    }
}

impl<S: SegmentStore> SegmentedReader<S> {
    pub(crate) fn new(extent: ExtentView, places: Places<S>) -> SegmentedReader<S> {
        SegmentedReader { cursor: extent.start(), extent, places }
    }

    fn read_now(&mut self, buf: &mut [u8]) -> Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let offset = self.cursor;
        let readable = self.extent.readable(offset, buf.len())?;
        if readable == 0 {
            return Ok(0);
        }
        let read = self.places.read_at(offset, &mut buf[..readable]);
        // A cut or a prune may have come in between, and then what was read, or that nothing was there, is not the log's.
        let readable = self.extent.readable(offset, readable)?;
        let count = match read {
            // Another writer has the log by now, and may have pruned it.
            Err(failure) => return Err(self.pruned_elsewhere(offset).unwrap_or(failure)),
            Ok(count) => count.min(readable),
        };
        self.cursor += count as u64;
        Ok(count)
    }

    fn pruned_elsewhere(&self, offset: u64) -> Option<Error> {
        let start = self.places.store.start().ok()?;
        (offset < start).then_some(Error::Pruned { start })
    }
}

impl<S: SegmentStore> AofRead for SegmentedReader<S> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.read_now(buf)
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(self.extent.start())
    }

    async fn end(&mut self) -> Result<u64> {
        Ok(self.extent.end())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.extent.changed_at(self.cursor, end).await
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        Ok(self.places.boundary(offset).unwrap_or_else(|| self.extent.start()))
    }
}
