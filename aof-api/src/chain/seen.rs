//! The set of checksums seen in a log: which entry follows each of them, and what else is known of each.

use crate::format::checksum::Checksum;
use crate::storage::error::{Error, Result};

/// Shards of the set. They grow one by one, so that little is there twice while one of them does.
const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 8;
/// Records to a segment: records are never moved.
const SEGMENT_RECORDS: usize = 256;
const SLOTS_MIN: usize = 16;

/// Names a checksum in the set: the shard above, the number of the record in it below.
pub(crate) type RecordIndex = u32;

/// The bits of the number of a record.
const NUMBER_BITS: u32 = RecordIndex::BITS - SHARD_BITS;
/// More than any number, so that no record is `NONE`.
const NUMBER_END: u32 = (1 << NUMBER_BITS) - 1;

/// No record: a free slot, or no child.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Record<T> {
    /// As four words, so that a record needs no padding.
    checksum: [u32; 4],
    /// The first entry seen that names this one as its parent.
    child: RecordIndex,
    value: T,
}

/// A set of checksums, each with a value, at most 32 bytes and the value for each: 20 for the record, 4 for each slot of
/// an index that is at least 7/16 full once it has grown.
#[derive(Default)]
pub(crate) struct Seen<T = ()> {
    shards: Vec<Shard<T>>,
}

#[derive(Default)]
struct Shard<T> {
    segments: Vec<Vec<Record<T>>>,
    len: u32,
    /// A power of two of slots, probed linearly. Each holds the number of a record below, and above, where an index has
    /// the shard, a byte of its checksum: hardly any record is looked at that is not the one.
    slots: Vec<u32>,
}

impl<T: Copy + Default> Seen<T> {
    pub(crate) fn get(&self, checksum: Checksum) -> Option<RecordIndex> {
        let words = words(checksum);
        let number = shard_of(words);
        let shard = self.shards.get(number)?;
        if shard.slots.is_empty() {
            return None;
        }
        let found = shard.slots[shard.find(words)];
        (found != NONE).then(|| index(number, found))
    }

    /// Brings the places of these checksums into the caches, for calls that follow: the processor waits for all of them
    /// at once, and not for one after the other.
    pub(crate) fn touch(&self, checksums: impl Iterator<Item = Checksum>) {
        let slots = checksums.filter_map(|checksum| {
            let words = words(checksum);
            let slots = &self.shards.get(shard_of(words))?.slots;
            slots.get(words[0] as usize & slots.len().wrapping_sub(1))
        });
        std::hint::black_box(slots.fold(0, |all, slot| all ^ slot));
    }

    /// The record of `checksum`, and whether it is new.
    pub(crate) fn insert(&mut self, checksum: Checksum) -> Result<(RecordIndex, bool)> {
        if self.shards.is_empty() {
            self.shards.resize_with(SHARDS, Shard::default);
        }
        let words = words(checksum);
        let number = shard_of(words);
        let shard = &mut self.shards[number];
        if shard.is_full() {
            shard.grow();
        }
        let slot = shard.find(words);
        let found = shard.slots[slot];
        if found != NONE {
            return Ok((index(number, found), false));
        }
        let len = shard.len;
        if len == NUMBER_END {
            let (count, limit) = (u64::from(NONE), u64::from(NONE) - 1);
            return Err(Error::TooManyEntries { count, limit });
        }
        if (len as usize).is_multiple_of(SEGMENT_RECORDS) {
            shard.segments.push(Vec::with_capacity(SEGMENT_RECORDS));
        }
        shard.segments[len as usize / SEGMENT_RECORDS].push(Record {
            checksum: words,
            child: NONE,
            value: T::default(),
        });
        shard.len += 1;
        shard.slots[slot] = len | tag(words);
        Ok((index(number, len), true))
    }

    /// Makes `child` the first entry on `parent` if there is none yet, and returns the first.
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

    /// Every checksum, in no order.
    pub(crate) fn indices(&self) -> impl Iterator<Item = RecordIndex> {
        let shards = self.shards.iter().enumerate();
        shards.flat_map(|(number, shard)| (0..shard.len).map(move |record| index(number, record)))
    }

    pub(crate) fn checksum(&self, index: RecordIndex) -> Checksum {
        let words = self.record(index).checksum;
        Checksum::from(words.iter().rev().fold(0, |value, word| value << 32 | u128::from(*word)))
    }

    fn record(&self, index: RecordIndex) -> &Record<T> {
        self.shards[(index >> NUMBER_BITS) as usize].record(index & NUMBER_END)
    }

    fn record_mut(&mut self, index: RecordIndex) -> &mut Record<T> {
        let number = (index & NUMBER_END) as usize;
        let shard = &mut self.shards[(index >> NUMBER_BITS) as usize];
        &mut shard.segments[number / SEGMENT_RECORDS][number % SEGMENT_RECORDS]
    }
}

impl<T> Shard<T> {
    /// One slot in eight stays free, so that a probe ends.
    fn is_full(&self) -> bool {
        self.len as usize >= self.slots.len() / 8 * 7
    }

    fn record(&self, number: u32) -> &Record<T> {
        &self.segments[number as usize / SEGMENT_RECORDS][number as usize % SEGMENT_RECORDS]
    }

    /// The slot that holds these words, or the free one where they belong.
    fn find(&self, words: [u32; 4]) -> usize {
        let (mask, tag) = (self.slots.len() - 1, tag(words));
        let mut slot = words[0] as usize & mask;
        loop {
            let found = self.slots[slot];
            let tagged = found & !NUMBER_END == tag;
            if found == NONE || (tagged && self.record(found & NUMBER_END).checksum == words) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        let mut slots = vec![NONE; (old.len() * 2).max(SLOTS_MIN)];
        let mask = slots.len() - 1;
        for found in old.into_iter().filter(|found| *found != NONE) {
            let mut slot = self.record(found & NUMBER_END).checksum[0] as usize & mask;
            while slots[slot] != NONE {
                slot = (slot + 1) & mask;
            }
            slots[slot] = found;
        }
        self.slots = slots;
    }
}

/// The index of a record in a shard, as a slot holds it.
fn index(shard: usize, found: u32) -> RecordIndex {
    (shard as u32) << NUMBER_BITS | found & NUMBER_END
}

/// What a slot has of a checksum, other bits than those that choose the shard and the slot.
fn tag(words: [u32; 4]) -> u32 {
    words[1] & !NUMBER_END
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
        let checksum = |number: u32| Checksum::of(&number.to_le_bytes());
        let inserted: Vec<_> = (0..100_000)
            .map(|number| {
                let (index, new) = seen.insert(checksum(number)).unwrap();
                assert!(new);
                assert_eq!(seen.insert(checksum(number)).unwrap(), (index, false));
                index
            })
            .collect();
        for (number, index) in (0..).zip(&inserted) {
            assert_eq!(seen.get(checksum(number)), Some(*index));
            assert_eq!(seen.checksum(*index), checksum(number));
            assert_eq!(seen.get(checksum(number + 100_000)), None);
        }
        let mut indices: Vec<_> = seen.indices().collect();
        indices.sort_unstable();
        let mut expected = inserted;
        expected.sort_unstable();
        assert_eq!(indices, expected);
    }

    #[test]
    fn checksums_that_agree_in_what_a_slot_holds_are_told_apart() {
        let mut seen = Seen::<()>::default();
        // The same shard, slot and tag.
        let checksum = |number: u32| Checksum::from(u128::from(number) << 64 | 7);
        for number in 0..300 {
            assert!(seen.insert(checksum(number)).unwrap().1);
        }
        for number in 0..300 {
            assert_eq!(seen.checksum(seen.get(checksum(number)).unwrap()), checksum(number));
        }
        assert_eq!(seen.get(checksum(300)), None);
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
    }
}
