//! The set of checksums that a log has shown, what stands on each of them, and what else is known of each.

use crate::checksum::Checksum;
use crate::error::{Error, Result};

/// Shards of the index. They grow one by one, so that little is there twice while one of them does.
const SHARDS: usize = 256;
/// Records to a segment: records are never moved.
const SEGMENT_RECORDS: usize = 1 << 14;
const SLOTS_MIN: usize = 16;

/// Names a checksum in the set.
pub(crate) type RecordIndex = u32;

/// No record: a free slot, or no child.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Record<T> {
    /// As four words, so that a record needs no padding.
    checksum: [u32; 4],
    /// The first entry that was seen to stand on this one.
    child: RecordIndex,
    value: T,
}

/// A set of checksums, each with a value, at most 32 bytes and the value for each: 20 for the record, 4 for each slot of
/// an index that is at least 7/16 full once it has grown.
#[derive(Default)]
pub(crate) struct Seen<T = ()> {
    segments: Vec<Vec<Record<T>>>,
    len: u32,
    /// For each shard, a power of two of slots that hold the indices of records, probed linearly.
    shards: Vec<Shard>,
}

#[derive(Default)]
struct Shard {
    slots: Vec<RecordIndex>,
    used: usize,
}

impl<T: Copy + Default> Seen<T> {
    pub(crate) fn get(&self, checksum: Checksum) -> Option<RecordIndex> {
        let words = words(checksum);
        let shard = self.shards.get(shard_of(words))?;
        if shard.slots.is_empty() {
            return None;
        }
        let record = shard.slots[self.find(shard, words)];
        (record != NONE).then_some(record)
    }

    /// The record of `checksum`, and whether it is new.
    pub(crate) fn insert(&mut self, checksum: Checksum) -> Result<(RecordIndex, bool)> {
        if self.shards.is_empty() {
            self.shards.resize_with(SHARDS, Shard::default);
        }
        let words = words(checksum);
        let number = shard_of(words);
        if self.shards[number].is_full() {
            self.grow(number);
        }
        let slot = self.find(&self.shards[number], words);
        let found = self.shards[number].slots[slot];
        if found != NONE {
            return Ok((found, false));
        }
        let index = self.len;
        if index == NONE {
            let (size, limit) = (u64::from(index) + 1, u64::from(NONE));
            return Err(Error::TooLarge { what: "the number of different entries to remember", size, limit });
        }
        if (index as usize).is_multiple_of(SEGMENT_RECORDS) {
            self.segments.push(Vec::with_capacity(SEGMENT_RECORDS));
        }
        self.segments[index as usize / SEGMENT_RECORDS].push(Record {
            checksum: words,
            child: NONE,
            value: T::default(),
        });
        self.len += 1;
        let shard = &mut self.shards[number];
        shard.slots[slot] = index;
        shard.used += 1;
        Ok((index, true))
    }

    /// Makes `child` the first entry on `parent` if there is none yet, and answers the first.
    pub(crate) fn child_or_insert(&mut self, parent: RecordIndex, child: RecordIndex) -> RecordIndex {
        let record = self.record_mut(parent);
        if record.child == NONE {
            record.child = child;
        }
        record.child
    }

    /// The first entry on `parent`, if there is one.
    pub(crate) fn child(&self, parent: RecordIndex) -> Option<RecordIndex> {
        let child = self.record(parent).child;
        (child != NONE).then_some(child)
    }

    /// Makes `child` the first entry on `parent`.
    pub(crate) fn set_child(&mut self, parent: RecordIndex, child: RecordIndex) {
        self.record_mut(parent).child = child;
    }

    pub(crate) fn value(&self, index: RecordIndex) -> &T {
        &self.record(index).value
    }

    pub(crate) fn value_mut(&mut self, index: RecordIndex) -> &mut T {
        &mut self.record_mut(index).value
    }

    /// How many checksums there are; they have the indices below.
    pub(crate) fn len(&self) -> RecordIndex {
        self.len
    }

    pub(crate) fn checksum(&self, index: RecordIndex) -> Checksum {
        let words = self.record(index).checksum;
        Checksum::from(words.iter().rev().fold(0, |value, word| value << 32 | u128::from(*word)))
    }

    fn record(&self, index: RecordIndex) -> &Record<T> {
        &self.segments[index as usize / SEGMENT_RECORDS][index as usize % SEGMENT_RECORDS]
    }

    fn record_mut(&mut self, index: RecordIndex) -> &mut Record<T> {
        &mut self.segments[index as usize / SEGMENT_RECORDS][index as usize % SEGMENT_RECORDS]
    }

    /// The slot that holds these words, or the free one where they belong.
    fn find(&self, shard: &Shard, words: [u32; 4]) -> usize {
        let mask = shard.slots.len() - 1;
        let mut slot = words[0] as usize & mask;
        loop {
            let index = shard.slots[slot];
            if index == NONE || self.record(index).checksum == words {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self, number: usize) {
        let old = std::mem::take(&mut self.shards[number]);
        let mut shard = Shard { slots: vec![NONE; (old.slots.len() * 2).max(SLOTS_MIN)], used: old.used };
        let mask = shard.slots.len() - 1;
        for index in old.slots.into_iter().filter(|index| *index != NONE) {
            let mut slot = self.record(index).checksum[0] as usize & mask;
            while shard.slots[slot] != NONE {
                slot = (slot + 1) & mask;
            }
            shard.slots[slot] = index;
        }
        self.shards[number] = shard;
    }
}

impl Shard {
    /// One slot in eight stays free, so that a probe ends.
    fn is_full(&self) -> bool {
        self.used >= self.slots.len() / 8 * 7
    }
}

fn words(checksum: Checksum) -> [u32; 4] {
    let value = checksum.to_u128();
    [value as u32, (value >> 32) as u32, (value >> 64) as u32, (value >> 96) as u32]
}

fn shard_of(words: [u32; 4]) -> usize {
    words[3] as usize % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_inserted_is_found_and_nothing_else_is() {
        let mut seen = Seen::<()>::default();
        assert_eq!(seen.get(Checksum::of(b"")), None);
        for number in 0..100_000_u32 {
            let checksum = Checksum::of(&number.to_le_bytes());
            assert_eq!(seen.insert(checksum).unwrap(), (number, true));
            assert_eq!(seen.insert(checksum).unwrap(), (number, false));
        }
        for number in 0..100_000_u32 {
            let checksum = Checksum::of(&number.to_le_bytes());
            assert_eq!(seen.get(checksum), Some(number));
            assert_eq!(seen.checksum(number), checksum);
            assert_eq!(seen.get(Checksum::of(&(number + 100_000).to_le_bytes())), None);
        }
    }

    #[test]
    fn the_first_child_stays() {
        let mut seen = Seen::<()>::default();
        let [parent, one, two] = [b"p", b"1", b"2"].map(|name| seen.insert(Checksum::of(name)).unwrap().0);
        assert_eq!(seen.child_or_insert(parent, one), one);
        assert_eq!(seen.child_or_insert(parent, two), one);
        assert_eq!((seen.child(parent), seen.child(one)), (Some(one), None));
    }

    #[test]
    fn values_stay_with_their_checksums_while_the_index_grows() {
        let mut seen = Seen::<u32>::default();
        for number in 0..50_000_u32 {
            let (index, _) = seen.insert(Checksum::of(&number.to_le_bytes())).unwrap();
            *seen.value_mut(index) = number;
        }
        for number in 0..50_000_u32 {
            let index = seen.get(Checksum::of(&number.to_le_bytes())).unwrap();
            assert_eq!(*seen.value(index), number);
        }
        assert_eq!(seen.len(), 50_000);
    }
}
