//! Which segments there are, shared by the writer and its readers.

use crate::store::SegmentView;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The segments of a log that is open, in order, at least one.
#[derive(Debug)]
pub(crate) struct Segments<V> {
    held: Mutex<Vec<Held<V>>>,
}

#[derive(Debug)]
struct Held<V> {
    base: u64,
    /// None once it is sealed: readers open it by its name then, so that a long log does not need a file for each segment.
    view: Option<V>,
}

/// Where an offset is.
#[derive(Debug)]
pub(crate) struct Place<V> {
    pub(crate) base: u64,
    /// The base of the next segment, if there is one.
    pub(crate) end: Option<u64>,
    pub(crate) view: Option<V>,
}

impl<V: SegmentView> Segments<V> {
    /// These, of which the last is written.
    pub(crate) fn new(bases: impl IntoIterator<Item = u64>, last: V) -> Segments<V> {
        let mut held: Vec<_> = bases.into_iter().map(|base| Held { base, view: None }).collect();
        if let Some(segment) = held.last_mut() {
            segment.view = Some(last);
        }
        Segments { held: Mutex::new(held) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Held<V>>> {
        // Each change is whole in itself.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The segment that holds `offset`; none below the first.
    pub(crate) fn find(&self, offset: u64) -> Option<Place<V>> {
        let held = self.lock();
        let next = held.partition_point(|segment| segment.base <= offset);
        let segment = held.get(next.checked_sub(1)?)?;
        Some(Place { base: segment.base, end: held.get(next).map(|next| next.base), view: segment.view.clone() })
    }

    /// All bases, in order.
    pub(crate) fn bases(&self) -> Vec<u64> {
        self.lock().iter().map(|segment| segment.base).collect()
    }

    /// Writing continues in a segment at `base`.
    pub(crate) fn push(&self, base: u64, view: V) {
        self.lock().push(Held { base, view: Some(view) });
    }

    /// The segments before the one at `base` are sealed.
    pub(crate) fn seal_before(&self, base: u64) {
        let mut views = Vec::new();
        for segment in self.lock().iter_mut().rev().skip_while(|segment| segment.base >= base) {
            match segment.view.take() {
                Some(view) => views.push(view),
                None => break,
            }
        }
        // Dropped outside of the lock: that may close a file.
        drop(views);
    }

    /// Forgets the segments before the one at `base`, and returns their bases, the oldest first.
    pub(crate) fn prune_before(&self, base: u64) -> Vec<u64> {
        let mut held = self.lock();
        let kept = held.partition_point(|segment| segment.base < base);
        let pruned: Vec<_> = held.drain(..kept).collect();
        drop(held);
        pruned.iter().map(|segment| segment.base).collect()
    }

    /// Forgets the segments after the one at `base`.
    pub(crate) fn cut_after(&self, base: u64) {
        let mut held = self.lock();
        let kept = held.partition_point(|segment| segment.base <= base);
        let cut = held.split_off(kept);
        drop(held);
        drop(cut);
    }

    /// The last segment is written again.
    pub(crate) fn reopen_last(&self, view: V) {
        if let Some(segment) = self.lock().last_mut() {
            segment.view = Some(view);
        }
    }
}
