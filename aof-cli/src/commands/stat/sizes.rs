//! How large entries are.

use super::tally::Count;
use aof_api::format::ENTRY_SIZE_MAX;

/// The first class ends here, in bytes; each other one is twice as wide.
const FIRST: u64 = 512;
const CLASSES: usize = 13;

/// Entries by size, in classes that end at powers of two.
pub(super) struct Sizes {
    classes: [Count; CLASSES],
    pub(super) smallest: u64,
    pub(super) largest: u64,
}

const _: () = assert!(ENTRY_SIZE_MAX as u64 <= FIRST << (CLASSES - 1));

impl Sizes {
    pub(super) fn new() -> Sizes {
        Sizes { classes: [Count::default(); CLASSES], smallest: u64::MAX, largest: 0 }
    }

    pub(super) fn add(&mut self, bytes: u64) {
        let class = (bytes.max(FIRST) - 1).ilog2() - (FIRST - 1).ilog2();
        self.classes[(class as usize).min(CLASSES - 1)].add(bytes);
        self.smallest = self.smallest.min(bytes);
        self.largest = self.largest.max(bytes);
    }

    /// Each class from the smallest to the largest that is there: the size that it goes up to, in bytes, and what it has.
    pub(super) fn classes(&self) -> Vec<(u64, Count)> {
        let there = |count: &Count| count.entries > 0;
        let Some(first) = self.classes.iter().position(there) else { return Vec::new() };
        let last = self.classes.iter().rposition(there).unwrap_or(first);
        (first..=last).map(|class| (FIRST << class, self.classes[class])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_holds_what_is_no_larger_than_its_end() {
        let mut sizes = Sizes::new();
        for bytes in [272, 512, 513, 1024, 1025, 2049, 1 << 20, ENTRY_SIZE_MAX as u64] {
            sizes.add(bytes);
        }
        let classes = sizes.classes();
        let entries = |end| classes.iter().find(|(to, _)| *to == end).map(|(_, count)| count.entries);
        assert_eq!([512, 1024, 2048, 4096, 8192, 1 << 20, 1 << 21].map(entries), [2, 2, 1, 1, 0, 1, 1].map(Some));
        assert_eq!((sizes.smallest, sizes.largest, classes.len()), (272, ENTRY_SIZE_MAX as u64, 13));
    }
}
