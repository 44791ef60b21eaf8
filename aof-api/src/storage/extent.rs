//! How far a log reaches, told from its one writer to many readers: a building block for backends.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crate::storage::error::{Error, Result};

/// The writer's half: where the log ends, and which readers were cut off by a truncation.
///
/// A backend that keeps one gets **B3** for its readers: they see a prefix of what was written, and after a truncation
/// an error instead of the cut bytes.
///
/// ```
/// use aof_api::storage::extent::Extent;
///
/// let mut extent = Extent::new(0);
/// let view = extent.view();
/// extent.set_len(100);
/// assert_eq!(view.readable(40, 80).unwrap(), 60);
/// extent.truncate(50);
/// extent.set_len(200);
/// assert_eq!(view.readable(40, 80).unwrap(), 10);
/// assert!(view.readable(50, 80).is_err());
/// assert_eq!(extent.view().readable(u64::MAX, 80).unwrap(), 0);
/// ```
#[derive(Debug)]
pub struct Extent {
    len: Arc<AtomicU64>,
    /// The cut of every living view.
    cuts: Vec<Weak<AtomicU64>>,
}

/// The cut of a view that was never cut. No log is that long.
const UNCUT: u64 = u64::MAX;

/// A reader's half of an [`Extent`].
#[derive(Debug)]
pub struct ExtentView {
    len: Arc<AtomicU64>,
    /// The lowest length to which the log was cut since this view was made.
    cut: Arc<AtomicU64>,
}

impl Extent {
    /// The extent of a log of `len` bytes.
    #[must_use]
    pub fn new(len: u64) -> Extent {
        Extent { len: Arc::new(AtomicU64::new(len)), cuts: Vec::new() }
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        // Only the writer stores it.
        self.len.load(Ordering::Relaxed)
    }

    /// Whether the log is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shows the bytes up to `len` to the readers. Call it when they can be read.
    pub fn set_len(&mut self, len: u64) {
        self.len.store(len, Ordering::Release);
    }

    /// Cuts the log to `len` bytes for everyone, and for good for the views that exist. Call it before the bytes go.
    pub fn truncate(&mut self, len: u64) {
        if len >= self.len() {
            return;
        }
        self.cuts.retain(|cut| match cut.upgrade() {
            Some(cut) => {
                cut.fetch_min(len, Ordering::SeqCst);
                true
            }
            None => false,
        });
        self.len.store(len, Ordering::SeqCst);
    }

    /// A view for a new reader.
    #[must_use]
    pub fn view(&mut self) -> ExtentView {
        if self.cuts.len() == self.cuts.capacity() {
            self.cuts.retain(|cut| cut.strong_count() > 0);
        }
        let cut = Arc::new(AtomicU64::new(UNCUT));
        self.cuts.push(Arc::downgrade(&cut));
        ExtentView { len: Arc::clone(&self.len), cut }
    }
}

impl ExtentView {
    /// Where the log ends for this reader.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.len.load(Ordering::Acquire).min(self.cut.load(Ordering::SeqCst))
    }

    /// How many of the `wanted` bytes at `offset` this reader may see; 0 at or past the end.
    ///
    /// Ask once before reading, and once more afterwards for what was read: a truncation may have come in between, and
    /// then what stands above the cut is not what was read for.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] at or above a cut that was made after the view.
    pub fn readable(&self, offset: u64, wanted: usize) -> Result<usize> {
        let len = self.len.load(Ordering::Acquire);
        let cut = self.cut.load(Ordering::SeqCst);
        if offset >= cut && cut != UNCUT {
            return Err(Error::Truncated { offset, len: cut });
        }
        let there = len.min(cut).saturating_sub(offset);
        Ok(usize::try_from(there).map_or(wanted, |there| there.min(wanted)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_living_view_is_cut_however_many_there_are() {
        let mut extent = Extent::new(100);
        let views: Vec<_> = (0..100).map(|_| extent.view()).collect();
        extent.truncate(50);
        extent.set_len(100);
        for view in &views {
            assert_eq!((view.end(), view.readable(40, 30).unwrap()), (50, 10));
            assert!(matches!(view.readable(60, 1), Err(Error::Truncated { offset: 60, len: 50 })));
        }
        assert_eq!(extent.view().readable(60, 30).unwrap(), 30);
    }

    #[test]
    fn views_that_are_gone_take_no_memory() {
        let mut extent = Extent::new(100);
        let living = extent.view();
        (0..1000).for_each(|_| drop(extent.view()));
        assert!(extent.cuts.capacity() < 10, "{} views are remembered", extent.cuts.capacity());
        extent.truncate(50);
        assert_eq!(living.end(), 50);
    }

    #[test]
    fn a_log_without_bytes_is_empty() {
        let mut extent = Extent::new(0);
        assert!(extent.is_empty());
        extent.set_len(1);
        assert!(!extent.is_empty());
    }
}
