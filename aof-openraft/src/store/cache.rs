//! The newest entries, as they are encoded.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// An encoded record, shared between the log, the cache and readers.
#[derive(Clone, Debug)]
pub(crate) struct Body(Arc<Vec<u8>>);

impl Body {
    pub(crate) fn new(bytes: Vec<u8>) -> Body {
        Body(Arc::new(bytes))
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The bodies of the newest entries, with a bound in bytes. They end where the log ends.
#[derive(Debug)]
pub(crate) struct Cache {
    end: u64,
    bodies: VecDeque<Body>,
    bytes: usize,
    limit: usize,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Cache {
        Cache { end: 0, bodies: VecDeque::new(), bytes: 0, limit }
    }

    /// The indices that are cached.
    pub(crate) fn range(&self) -> Range<u64> {
        self.end - self.bodies.len() as u64..self.end
    }

    /// Adds the newest entry; what was cached ends right before it.
    pub(crate) fn push(&mut self, index: u64, body: Body) {
        debug_assert!(self.bodies.is_empty() || self.end == index, "indices are consecutive");
        self.end = index.saturating_add(1);
        self.bytes += body.as_ref().len();
        self.bodies.push_back(body);
        while self.bytes > self.limit {
            self.pop_oldest();
        }
    }

    /// Forgets entries from `index` on.
    pub(crate) fn cut(&mut self, index: u64) {
        while self.end > index
            && let Some(body) = self.bodies.pop_back()
        {
            self.bytes -= body.as_ref().len();
            self.end -= 1;
        }
    }

    /// Forgets entries below `index`.
    pub(crate) fn drop_below(&mut self, index: u64) {
        while self.range().start < index && !self.bodies.is_empty() {
            self.pop_oldest();
        }
    }

    /// The bodies from `index` on, which is in the cache.
    pub(crate) fn iter(&self, range: Range<u64>) -> impl Iterator<Item = &Body> {
        let skipped = range.start.saturating_sub(self.range().start) as usize;
        self.bodies.iter().skip(skipped).take(range.end.saturating_sub(range.start) as usize)
    }

    fn pop_oldest(&mut self) {
        if let Some(body) = self.bodies.pop_front() {
            self.bytes -= body.as_ref().len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: Range<u64>, limit: usize) -> Cache {
        let mut cache = Cache::new(limit);
        range.for_each(|index| cache.push(index, Body::new(vec![index as u8; 10])));
        cache
    }

    #[test]
    fn the_newest_entries_within_the_bound_stay() {
        let cache = of(0..100, 35);
        assert_eq!(cache.range(), 97..100);
        let bodies: Vec<_> = cache.iter(98..100).map(|body| body.as_ref()[0]).collect();
        assert_eq!(bodies, [98, 99]);
    }

    #[test]
    fn without_room_nothing_stays() {
        assert!(of(0..3, 0).range().is_empty());
    }

    #[test]
    fn a_cut_and_a_purge_leave_the_middle() {
        let mut cache = of(0..10, 1000);
        cache.cut(8);
        cache.drop_below(3);
        assert_eq!((cache.range(), cache.bytes), (3..8, 50));
    }

    #[test]
    fn it_continues_after_a_jump() {
        let mut cache = of(0..10, 1000);
        cache.drop_below(20);
        cache.push(21, Body::new(vec![0; 10]));
        assert_eq!(cache.range(), 21..22);
    }
}
