//! Giving the beginning of the log back.

use super::SegmentedBackend;
use crate::store::{SegmentInfo, SegmentStore};
use aof_api::{Error, Result};

/// What a prune would do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrunePlan {
    /// Where the log would begin.
    pub start: u64,
    /// The segments that would be removed, the oldest first.
    pub removed: Vec<SegmentInfo>,
}

impl PrunePlan {
    /// How many bytes would be given back.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.removed.iter().map(|segment| segment.len).sum()
    }

    /// What a prune up to `to` does to a log of these segments, of which `durable_len` bytes are durable.
    #[must_use]
    pub fn new(segments: &[SegmentInfo], durable_len: u64, to: u64) -> PrunePlan {
        let first = segments.first().map_or(0, |segment| segment.base);
        // The segment with the last durable byte stays, with all that follows it.
        let last = durable_len.saturating_sub(1).min(to);
        let below = segments.partition_point(|segment| segment.base <= last);
        let start = below.checked_sub(1).map_or(first, |index| segments[index].base);
        let removed = segments.iter().take_while(|segment| segment.base < start).copied().collect();
        PrunePlan { start, removed }
    }
}

impl<S: SegmentStore> SegmentedBackend<S> {
    /// What [`prune`](aof_api::AofBackend::prune) up to `to` would do now; nothing is changed.
    #[must_use]
    pub fn prune_plan(&self, to: u64) -> PrunePlan {
        PrunePlan::new(&self.segments(), self.extent.durable_len(), to)
    }

    /// Gives back the segments below `to`.
    pub(super) async fn prune_to(&mut self, to: u64) -> Result<u64> {
        self.check_unfailed()?;
        let durable_len = self.extent.durable_len();
        if to > durable_len {
            return Err(Error::OutOfBounds { offset: to, len: durable_len });
        }
        // Room for the record of the start may be in the making.
        let pause = self.driver.pause();
        self.drain().await;
        self.check_unfailed()?;
        let PrunePlan { start, removed } = self.prune_plan(to);
        if removed.is_empty() {
            drop(pause);
            // What could not be removed the last time.
            self.driver.remove_pruned(Vec::new(), false);
            return Ok(self.extent.start());
        }
        // Before this is done, the start is what it was.
        self.driver.step(|store| store.put_start(start))?;
        self.driver.step(SegmentStore::sync_names).inspect_err(|failure| {
            self.poison(failure);
        })?;
        self.extent.prune(start);
        let bases = self.segments.prune_before(start);
        drop(pause);
        self.driver.remove_pruned(bases, true);
        Ok(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(to: u64, durable_len: u64) -> u64 {
        let segments = [(0, 10), (10, 10), (20, 5), (25, 0)].map(|(base, len)| SegmentInfo { base, len });
        PrunePlan::new(&segments, durable_len, to).start
    }

    #[test]
    fn a_log_begins_at_the_last_segment_that_begins_at_or_below_the_offset() {
        assert_eq!([0, 9, 10, 11, 19, 20, 24].map(|to| start(to, 25)), [0, 0, 10, 10, 10, 20, 20]);
    }

    #[test]
    fn the_segment_with_the_last_durable_byte_stays() {
        assert_eq!([start(25, 25), start(20, 20), start(20, 21), start(10, 10), start(0, 0)], [20, 10, 20, 0, 0]);
    }

    #[test]
    fn what_is_removed_is_all_below_the_start() {
        let segments = [(5, 5), (10, 10), (20, 5)].map(|(base, len)| SegmentInfo { base, len });
        let plan = PrunePlan::new(&segments, 25, 22);
        assert_eq!((plan.start, plan.bytes()), (20, 15));
        assert_eq!(plan.removed, segments[..2]);
        assert_eq!(PrunePlan::new(&segments, 25, 7), PrunePlan { start: 5, removed: Vec::new() });
    }
}
