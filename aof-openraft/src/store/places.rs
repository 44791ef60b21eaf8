//! Where the entries of the Raft log are.

use std::collections::VecDeque;
use std::ops::Range;

/// Where an entry is: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its offset in the log, in bytes.
    pub(crate) offset: u64,
    /// Its op, by which the log is pruned.
    pub(crate) op: u64,
}

/// The place of each entry, by its consecutive index.
#[derive(Debug, Default)]
pub(crate) struct Places {
    first: u64,
    places: VecDeque<Place>,
}

impl Places {
    /// The indices that are there.
    pub(crate) fn range(&self) -> Range<u64> {
        self.first..self.first.saturating_add(self.places.len() as u64)
    }

    /// Adds the entry of `index`, which follows the last one or is the first.
    pub(crate) fn push(&mut self, index: u64, place: Place) {
        if self.places.is_empty() {
            self.first = index;
        }
        debug_assert_eq!(self.range().end, index, "indices are consecutive");
        self.places.push_back(place);
    }

    /// Forgets entries from `index` on.
    pub(crate) fn cut(&mut self, index: u64) {
        let kept = index.saturating_sub(self.first);
        self.places.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
    }

    /// Forgets entries below `index`.
    pub(crate) fn drop_below(&mut self, index: u64) {
        let gone = index.saturating_sub(self.first).min(self.places.len() as u64);
        // Not more than there are.
        self.places.drain(..gone as usize);
        self.first = self.first.saturating_add(gone);
        if self.places.capacity() / 4 > self.places.len() {
            self.places.shrink_to(self.places.len() * 2);
        }
    }

    pub(crate) fn first(&self) -> Option<Place> {
        self.places.front().copied()
    }

    /// The places of these indices, which are there.
    pub(crate) fn iter(&self, range: Range<u64>) -> impl Iterator<Item = Place> {
        let skipped = range.start.saturating_sub(self.first) as usize;
        self.places.iter().skip(skipped).take(range.end.saturating_sub(range.start) as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: Range<u64>) -> Places {
        let mut places = Places::default();
        range.for_each(|index| places.push(index, Place { offset: index * 300, op: index + 1 }));
        places
    }

    #[test]
    fn a_place_takes_sixteen_bytes() {
        assert_eq!(size_of::<Place>(), 16);
    }

    #[test]
    fn a_cut_forgets_the_end() {
        let mut places = of(5..10);
        places.cut(7);
        assert_eq!(places.range(), 5..7);
        places.cut(3);
        assert!(places.range().is_empty());
    }

    #[test]
    fn dropping_forgets_the_beginning() {
        let mut places = of(5..10);
        places.drop_below(7);
        assert_eq!((places.range(), places.first()), (7..10, Some(Place { offset: 2100, op: 8 })));
        places.drop_below(100);
        assert!(places.range().is_empty());
    }

    #[test]
    fn a_log_that_became_empty_begins_anywhere() {
        let mut places = of(5..10);
        places.drop_below(10);
        places.push(50, Place { offset: 0, op: 1 });
        assert_eq!(places.range(), 50..51);
    }
}
