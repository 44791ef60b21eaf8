//! Which object holds which bytes of the log.

use crate::manifest::{Manifest, Segment};
use crate::names::{Names, Slot};
use object_store::path::Path;

/// An object of the log that holds bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// The offset in the log of its first byte.
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) place: Place,
}

/// Where the bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Chunk { seq: u64 },
    Segment { id: u128 },
}

impl Entry {
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.len
    }

    /// The key of the object, and where in it the payload begins.
    pub(crate) fn object(&self, names: &Names) -> (Path, u64) {
        match self.place {
            Place::Chunk { seq } => (names.chunk(Slot { seq, offset: self.offset }), crate::chunk::HEADER_LEN as u64),
            Place::Segment { id } => (names.segment(self.offset, self.end(), id), 0),
        }
    }
}

/// The objects of a log in their order, and the slot after the last one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Index {
    start: u64,
    entries: Vec<Entry>,
    next: Slot,
}

impl Index {
    /// The index of what a manifest names, before any chunk after it.
    pub(crate) fn of(manifest: &Manifest) -> Index {
        let segment =
            |&Segment { from, to, id }: &Segment| Entry { offset: from, len: to - from, place: Place::Segment { id } };
        let entries = manifest.segments.iter().map(segment).collect();
        Index { start: manifest.start, entries, next: manifest.first }
    }

    /// The first offset that is held.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// The offset after the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.next.offset
    }

    /// The slot of the next chunk.
    pub(crate) fn next(&self) -> Slot {
        self.next
    }

    /// Adds the chunk in the next slot.
    pub(crate) fn push(&mut self, payload_len: u64) {
        if payload_len > 0 {
            let place = Place::Chunk { seq: self.next.seq };
            self.entries.push(Entry { offset: self.next.offset, len: payload_len, place });
        }
        self.next = self.next.next(payload_len);
    }

    /// The object that holds the byte at `offset`.
    pub(crate) fn locate(&self, offset: u64) -> Option<Entry> {
        let at = self.entries.partition_point(|entry| entry.offset <= offset).checked_sub(1)?;
        self.entries.get(at).copied().filter(|entry| offset < entry.end())
    }

    /// Where the last object begins that begins at `offset` or before it; the start, where it begins below that.
    pub(crate) fn object_before(&self, offset: u64) -> Option<u64> {
        let at = self.entries.partition_point(|entry| entry.offset <= offset).checked_sub(1)?;
        self.entries.get(at).map(|entry| entry.offset.max(self.start)).filter(|begin| *begin <= offset)
    }

    /// The last object that holds bytes.
    pub(crate) fn last(&self) -> Option<Entry> {
        self.entries.last().copied()
    }

    /// The object before the one at this offset.
    pub(crate) fn before(&self, offset: u64) -> Option<Entry> {
        let at = self.entries.partition_point(|entry| entry.offset < offset).checked_sub(1)?;
        self.entries.get(at).copied()
    }

    /// All objects that hold bytes.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Moves the start up, and forgets what is wholly below it.
    pub(crate) fn prune(&mut self, start: u64) {
        self.start = self.start.max(start);
        self.entries.retain(|entry| entry.end() > start);
    }

    /// Puts a segment in the place of the chunks between its ends.
    pub(crate) fn replace(&mut self, segment: Segment) {
        let from = self.entries.partition_point(|entry| entry.offset < segment.from);
        let to = self.entries.partition_point(|entry| entry.offset < segment.to);
        let len = segment.to - segment.from;
        let entry = Entry { offset: segment.from, len, place: Place::Segment { id: segment.id } };
        self.entries.splice(from..to, [entry]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::Writer;

    fn index(lens: &[u64]) -> Index {
        let mut index = Index::of(&Manifest::new(Writer { log: 1, writer: 1, epoch: 0 }));
        lens.iter().for_each(|len| index.push(*len));
        index
    }

    #[test]
    fn every_byte_is_found_in_the_chunk_that_holds_it() {
        let index = index(&[0, 10, 0, 0, 5, 1]);
        for (offset, wanted) in [(0, Some(1)), (9, Some(1)), (10, Some(4)), (14, Some(4)), (15, Some(5)), (16, None)] {
            let found = index.locate(offset).map(|entry| entry.place);
            assert_eq!(found, wanted.map(|seq| Place::Chunk { seq }), "offset {offset}");
        }
        assert_eq!((index.end(), index.next()), (16, Slot { seq: 6, offset: 16 }));
    }

    #[test]
    fn the_object_before_an_offset_begins_within_the_log() {
        let mut index = index(&[10, 0, 10, 10]);
        let before = |index: &Index| [0, 9, 10, 35].map(|offset| index.object_before(offset));
        assert_eq!(before(&index), [Some(0), Some(0), Some(10), Some(20)]);
        index.prune(15);
        assert_eq!(before(&index), [None, None, None, Some(20)]);
        assert_eq!(index.object_before(17), Some(15));
    }

    #[test]
    fn a_prune_keeps_the_chunk_that_the_start_is_in() {
        let mut index = index(&[10, 10, 10]);
        index.prune(15);
        assert_eq!((index.start(), index.locate(9), index.locate(12).map(|entry| entry.offset)), (15, None, Some(10)));
        index.prune(20);
        assert_eq!((index.locate(19), index.entries().len()), (None, 1));
    }

    #[test]
    fn a_segment_takes_the_place_of_its_chunks() {
        let mut index = index(&[10, 0, 10, 10, 10]);
        index.replace(Segment { from: 10, to: 30, id: 9 });
        assert_eq!(index.locate(25).map(|entry| (entry.offset, entry.len)), Some((10, 20)));
        assert_eq!(index.before(10).map(|entry| entry.offset), Some(0));
        assert_eq!(index.locate(30).map(|entry| entry.place), Some(Place::Chunk { seq: 4 }));
    }
}
