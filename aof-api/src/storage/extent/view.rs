//! The reader's half of an extent.

use super::shared::{Cut, Shared, UNCUT};
use crate::storage::error::{Error, Result};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

/// A reader's half of an [`Extent`](super::Extent).
#[derive(Debug)]
pub struct ExtentView {
    shared: Arc<Shared>,
    cut: Arc<Cut>,
    /// Counted by the writer, so that it knows whether anybody reads.
    _view: Arc<()>,
}

impl ExtentView {
    pub(super) fn new(shared: Arc<Shared>, view: Arc<()>) -> ExtentView {
        let cut = shared.add_view();
        ExtentView { shared, cut, _view: view }
    }

    /// The first offset that is held.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.shared.start()
    }

    /// Where the log ends for this reader.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.shared.visible_len().min(self.cut.at.load(Ordering::SeqCst))
    }

    /// How many of the `wanted` bytes at `offset` this reader may see; 0 at or past the end.
    ///
    /// Ask once before reading, and once more afterwards for what was read: a cut or a prune may have come in between,
    /// and then the bytes that were read are not the log's.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] at or above a cut that was made after the view; past the durable end of a writer that ended,
    /// [`Error::Fenced`], [`Error::Poisoned`] or [`Error::Closed`]; [`Error::Pruned`] below the start.
    pub fn readable(&self, offset: u64, wanted: usize) -> Result<usize> {
        let end = self.shared.visible_len();
        let cut = self.cut.at.load(Ordering::SeqCst);
        if offset >= cut && cut != UNCUT {
            return Err(Error::Truncated { offset, len: cut });
        }
        if offset > end {
            self.shared.check()?;
        }
        let start = self.shared.start();
        if offset < start {
            return Err(Error::Pruned { start });
        }
        let there = end.min(cut).saturating_sub(offset);
        Ok(usize::try_from(there).map_or(wanted, |there| there.min(wanted)))
    }

    /// Waits until the log ends beyond `end`, and returns where: [`AofRead::changed`](crate::AofRead::changed) for this
    /// reader. Dropping the future changes nothing.
    ///
    /// # Errors
    ///
    /// As [`AofRead::changed`](crate::AofRead::changed), save [`Error::Pruned`]: see
    /// [`changed_at`](ExtentView::changed_at).
    pub async fn changed(&mut self, end: u64) -> Result<u64> {
        self.changed_at(u64::MAX, end).await
    }

    /// As [`changed`](ExtentView::changed), for a reader at `cursor` of a storage that prunes.
    ///
    /// # Errors
    ///
    /// As [`AofRead::changed`](crate::AofRead::changed); [`Error::Pruned`] once the log begins after `cursor`.
    pub async fn changed_at(&mut self, cursor: u64, end: u64) -> Result<u64> {
        let waiting = Waiting { shared: &self.shared, counted: false };
        self.wait(cursor, end, waiting).await
    }

    async fn wait(&self, cursor: u64, end: u64, mut waiting: Waiting<'_>) -> Result<u64> {
        poll_fn(|context| {
            if let Some(outcome) = self.look(cursor, end) {
                return Poll::Ready(outcome);
            }
            self.cut.waker.register(context.waker());
            waiting.count();
            // It may have changed before the writer could know that somebody waits.
            self.look(cursor, end).map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// What [`changed_at`](ExtentView::changed_at) resolves to, if it does now.
    fn look(&self, cursor: u64, end: u64) -> Option<Result<u64>> {
        let now = self.end();
        if now > end {
            return Some(Ok(now));
        }
        let cut = self.cut.at.load(Ordering::SeqCst);
        if cut != UNCUT && cut <= end {
            return Some(Err(Error::Truncated { offset: end, len: cut }));
        }
        if let Err(error) = self.shared.check() {
            return Some(Err(error));
        }
        let start = self.shared.start();
        if cursor < start {
            return Some(Err(Error::Pruned { start }));
        }
        (now < end).then_some(Err(Error::Truncated { offset: end, len: now }))
    }
}

/// Counts a view as waiting for as long as its future lives.
struct Waiting<'a> {
    shared: &'a Shared,
    counted: bool,
}

impl Waiting<'_> {
    fn count(&mut self) {
        if !self.counted {
            self.counted = true;
            self.shared.begin_wait();
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.counted {
            self.shared.end_wait();
        }
    }
}
