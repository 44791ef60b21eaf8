//! A sparse index in memory: where about an op is.

use std::ops::Range;

/// How far the points of the index are apart, in bytes of log.
pub(crate) const STRIDE: u64 = 64 << 10;

/// For every [`STRIDE`] of log, the first entry that begins there: 16 bytes for 64 KiB.
///
/// It describes a stretch of consecutive ops that reaches to the end of the log. What came before is not in it, and the
/// first entry that is not the next op begins another stretch.
#[derive(Debug, Default)]
pub(crate) struct SparseIndex {
    /// Op and offset, both increasing.
    points: Vec<(u64, u64)>,
    /// The op of the first entry of the stretch.
    first_op: u64,
    /// The op after the last entry of the stretch; 0 before the first.
    next_op: u64,
    /// An entry at or past this offset becomes a point.
    next_at: u64,
}

impl SparseIndex {
    /// Takes the next entry.
    #[inline]
    pub(crate) fn push(&mut self, op: u64, offset: u64) {
        if op != self.next_op {
            self.restart(op);
        }
        // Saturated only after the highest op, after which there is none.
        self.next_op = op.saturating_add(1);
        if offset >= self.next_at {
            self.add_point(op, offset);
        }
    }

    #[cold]
    fn restart(&mut self, op: u64) {
        self.points.clear();
        (self.first_op, self.next_at) = (op, 0);
    }

    #[cold]
    fn add_point(&mut self, op: u64, offset: u64) {
        self.points.push((op, offset));
        self.next_at = (offset / STRIDE + 1) * STRIDE;
    }

    /// Entries up to the op before `next_op` were taken elsewhere, each the next op: a write whose future was dropped.
    pub(crate) fn skip_to(&mut self, next_op: u64) {
        if self.next_op != 0 {
            self.next_op = next_op;
        }
    }

    /// Takes a stretch of entries that another index was made of, each the next op.
    pub(crate) fn append(&mut self, mut next: SparseIndex) {
        if next.next_op == 0 {
            return;
        }
        if next.first_op != self.next_op {
            self.restart(next.first_op);
        }
        self.points.append(&mut next.points);
        (self.next_op, self.next_at) = (next.next_op, next.next_at);
    }

    /// Forgets what is below `start`, where the entry of `op` begins.
    pub(crate) fn prune(&mut self, op: u64, start: u64) {
        let keep = self.points.partition_point(|(_, offset)| *offset <= start);
        if keep > 0 {
            self.points.splice(..keep, [(op, start)]);
        }
    }

    /// The offsets between which `op` begins, where the index knows that: it begins at or after the first and before the
    /// second, which is at most `len`.
    pub(crate) fn range_of(&self, op: u64, len: u64) -> Option<Range<u64>> {
        if op >= self.next_op {
            return None;
        }
        let after = self.points.partition_point(|(first, _)| *first <= op);
        let (_, from) = self.points.get(after.checked_sub(1)?)?;
        let to = self.points.get(after).map_or(len, |(_, offset)| *offset);
        Some(*from..to.min(len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of entries of `size` bytes from `op` on.
    fn index_of(ops: Range<u64>, size: u64) -> SparseIndex {
        let mut index = SparseIndex::default();
        let first = ops.start;
        ops.for_each(|op| index.push(op, (op - first) * size));
        index
    }

    #[test]
    fn every_op_is_found_within_a_stride_and_an_entry() {
        for size in [272, 1000, 65_536, 65_537, 1 << 20] {
            let index = index_of(10..2000, size);
            let len = 1990 * size;
            for op in 10..2000 {
                let range = index.range_of(op, len).unwrap();
                let offset = (op - 10) * size;
                assert!(range.contains(&offset), "op {op} of {size} bytes: {range:?}");
                assert!(range.end - range.start < STRIDE + size || range.end - range.start == size, "{range:?}");
            }
            assert_eq!((index.range_of(9, len), index.range_of(2000, len)), (None, None));
        }
    }

    #[test]
    fn it_takes_16_bytes_for_64_kib() {
        let index = index_of(1..100_001, 1296);
        assert!(index.points.len() as u64 <= 100_000 * 1296 / STRIDE + 1, "{} points", index.points.len());
        assert_eq!(size_of::<(u64, u64)>(), 16);
    }

    #[test]
    fn an_entry_that_is_not_the_next_op_begins_another_stretch() {
        let mut index = index_of(1..100, 1000);
        index.push(50, 99_000);
        assert_eq!(index.range_of(50, 100_000), Some(99_000..100_000));
        assert_eq!(index.range_of(49, 100_000), None);
    }

    #[test]
    fn an_entry_that_was_not_seen_is_found_between_the_ones_that_were() {
        let mut index = index_of(1..100, 1000);
        index.skip_to(150);
        index.push(150, 149_000);
        assert!(index.range_of(120, 150_000).unwrap().contains(&119_000));
    }

    #[test]
    fn stretches_that_follow_each_other_are_one() {
        let mut index = index_of(1..100, 1000);
        let mut next = SparseIndex::default();
        (100..300).for_each(|op| next.push(op, (op - 1) * 1000));
        index.append(next);
        index.append(SparseIndex::default());
        index.push(300, 299_000);
        for op in 1..301 {
            assert!(index.range_of(op, 300_000).unwrap().contains(&((op - 1) * 1000)), "op {op}");
        }
    }

    #[test]
    fn what_is_pruned_is_forgotten() {
        let mut index = index_of(1..1000, 1000);
        index.prune(501, 500_000);
        assert_eq!(index.range_of(400, 999_000), None);
        assert!(index.range_of(501, 999_000).unwrap().contains(&500_000));
        assert!(index.range_of(600, 999_000).unwrap().contains(&599_000));
    }
}
