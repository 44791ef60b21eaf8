//! What merging remembers of each entry: where it is, and what it follows.

use crate::chain::seen::{RecordIndex, Seen};
use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::header::Header;
use crate::storage::error::Result;

/// Marks a slot without a record.
const NONE: RecordIndex = u32::MAX;
/// The input of a checksum that only its children name: no entry with it was found.
const ABSENT: u32 = u32::MAX >> 1;
/// The bit beside the input that says that the entry is written.
const WRITTEN: u32 = 1 << 31;

/// 28 bytes, with the record and its slots at most 60: the numbers of 64 bits are halved, so that nothing is padded.
#[derive(Clone, Copy)]
struct Node {
    parent: RecordIndex,
    /// Another entry on the same parent.
    sibling: RecordIndex,
    input: u32,
    offset: [u32; 2],
    op: [u32; 2],
}

impl Default for Node {
    fn default() -> Node {
        Node { parent: NONE, sibling: NONE, input: ABSENT, offset: [0; 2], op: [0; 2] }
    }
}

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) input: usize,
    pub(super) offset: u64,
}

/// What hangs on an entry, the entry included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subtree {
    /// The last entry of the longest branch.
    pub(super) last: RecordIndex,
    /// Entries on the longest branch.
    pub(super) entries: u64,
    /// How many parents have more than one child.
    pub(super) forks: u64,
}

/// Every different entry of all inputs, by its checksum, and the tree that they make.
#[derive(Default)]
pub(super) struct Index {
    seen: Seen<Node>,
    entries: u64,
    /// The entry of the last call, which the next one usually follows.
    last: Option<(Checksum, RecordIndex)>,
}

impl Index {
    /// Takes a verified entry. Returns its record, and whether it is new.
    pub(super) fn insert(&mut self, header: &Header, place: Place) -> Result<(RecordIndex, bool)> {
        let (record, _) = self.seen.insert(header.checksum)?;
        let last = self.last.replace((header.checksum, record));
        if self.seen.value(record).input != ABSENT {
            return Ok((record, false));
        }
        let parent = match last {
            Some((checksum, last)) if checksum == header.parent => last,
            _ => self.seen.insert(header.parent)?.0,
        };
        let first = self.seen.child_or_insert(parent, record);
        let mut sibling = NONE;
        if first != record {
            // After the first, so that adding one of a thousand siblings takes no longer than one of two.
            sibling = std::mem::replace(&mut self.seen.value_mut(first).sibling, record);
        }
        *self.seen.value_mut(record) = Node {
            parent,
            sibling,
            // Below ABSENT: nobody opens two billion inputs.
            input: place.input as u32,
            offset: halves(place.offset),
            op: halves(header.op.get()),
        };
        self.entries += 1;
        Ok((record, true))
    }

    /// How many different entries there are.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    pub(super) fn get(&self, checksum: Checksum) -> Option<RecordIndex> {
        self.seen.get(checksum)
    }

    pub(super) fn checksum(&self, record: RecordIndex) -> Checksum {
        self.seen.checksum(record)
    }

    pub(super) fn is_entry(&self, record: RecordIndex) -> bool {
        self.seen.value(record).input != ABSENT
    }

    /// The record that an entry follows.
    pub(super) fn parent(&self, record: RecordIndex) -> RecordIndex {
        self.seen.value(record).parent
    }

    pub(super) fn child(&self, record: RecordIndex) -> Option<RecordIndex> {
        self.seen.child(record)
    }

    /// The op of the last entry that descends from `record` within so many steps, by way of the first children, and how many
    /// steps it was.
    pub(super) fn reach(&self, record: RecordIndex, steps_max: u64) -> (Option<u64>, u64) {
        let (mut at, mut steps) = (record, 0);
        while steps < steps_max {
            // Ops that do not rise were forged.
            match self.child(at).filter(|child| at == record || self.op(*child) > self.op(at)) {
                Some(child) => at = child,
                None => break,
            }
            steps += 1;
        }
        ((at != record).then(|| self.op(at)), steps)
    }

    /// Makes `child` the one that a walk takes.
    pub(super) fn choose(&mut self, parent: RecordIndex, child: RecordIndex) {
        self.seen.set_child(parent, child);
    }

    pub(super) fn sibling(&self, record: RecordIndex) -> Option<RecordIndex> {
        let sibling = self.seen.value(record).sibling;
        (sibling != NONE).then_some(sibling)
    }

    pub(super) fn place(&self, record: RecordIndex) -> Place {
        let node = self.seen.value(record);
        Place { input: (node.input & !WRITTEN) as usize, offset: whole(node.offset) }
    }

    pub(super) fn op(&self, record: RecordIndex) -> u64 {
        whole(self.seen.value(record).op)
    }

    pub(super) fn tip(&self, record: RecordIndex) -> Tip {
        Tip { op: self.op(record), checksum: self.checksum(record) }
    }

    /// Says whether an entry is written.
    pub(super) fn mark(&mut self, record: RecordIndex, written: bool) {
        let input = &mut self.seen.value_mut(record).input;
        *input = if written { *input | WRITTEN } else { *input & !WRITTEN };
    }

    pub(super) fn is_marked(&self, record: RecordIndex) -> bool {
        let node = self.seen.value(record);
        node.input != ABSENT && node.input & WRITTEN != 0
    }

    /// The records that entries follow and that are not entries themselves.
    pub(super) fn origins(&self) -> impl Iterator<Item = RecordIndex> {
        self.seen.indices().filter(|record| !self.is_entry(*record) && self.child(*record).is_some())
    }

    /// The record above which there is nothing; none where the entries make a ring, as only a forger can.
    pub(super) fn origin(&self, record: RecordIndex) -> Option<RecordIndex> {
        let mut at = record;
        for _ in 0..=self.entries {
            if !self.is_entry(at) {
                return Some(at);
            }
            at = self.parent(at);
        }
        None
    }

    /// Goes through everything on `top`, an entry that is in no ring.
    pub(super) fn subtree(&self, top: RecordIndex) -> Subtree {
        let mut found = Subtree { last: top, entries: 1, forks: 0 };
        let (mut at, mut depth) = (top, 1);
        loop {
            if depth > found.entries {
                (found.last, found.entries) = (at, depth);
            }
            if let Some(child) = self.child(at) {
                found.forks += u64::from(self.sibling(child).is_some());
                (at, depth) = (child, depth + 1);
                continue;
            }
            loop {
                if at == top {
                    return found;
                }
                if let Some(sibling) = self.sibling(at) {
                    at = sibling;
                    break;
                }
                (at, depth) = (self.parent(at), depth - 1);
            }
        }
    }
}

fn halves(number: u64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

fn whole(halves: [u32; 2]) -> u64 {
    u64::from(halves[1]) << 32 | u64::from(halves[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::operation::Operation;

    fn insert(index: &mut Index, op: u64, checksum: u128, parent: u128) -> (RecordIndex, bool) {
        let mut header = Header::new(Operation(200));
        header.op = op.into();
        (header.checksum, header.parent) = (checksum.into(), parent.into());
        index.insert(&header, Place { input: 3, offset: op << 40 }).unwrap()
    }

    fn record(index: &Index, checksum: u128) -> RecordIndex {
        index.get(checksum.into()).unwrap()
    }

    #[test]
    fn a_record_takes_no_more_than_its_share_of_64_bytes() {
        // 20 for the checksum and the child, and at most 4 * 16 / 7 for the slots.
        assert_eq!(size_of::<Node>(), 28);
    }

    #[test]
    fn an_entry_is_new_once_and_keeps_its_first_place() {
        let mut index = Index::default();
        assert!(insert(&mut index, 7, 17, 16).1);
        assert!(!insert(&mut index, 7, 17, 16).1);
        let record = record(&index, 17);
        assert_eq!(index.place(record), Place { input: 3, offset: 7 << 40 });
        assert_eq!((index.op(record), index.entries()), (7, 1));
        index.mark(record, true);
        assert!(index.is_marked(record));
        assert_eq!(index.place(record), Place { input: 3, offset: 7 << 40 });
        index.mark(record, false);
        assert!(!index.is_marked(record));
    }

    #[test]
    fn the_origin_is_what_no_entry_is_in_whatever_order_they_came() {
        let mut index = Index::default();
        for (op, checksum, parent) in [(3, 13, 12), (1, 11, 10), (2, 12, 11), (8, 18, 17)] {
            insert(&mut index, op, checksum, parent);
        }
        assert_eq!(index.origin(record(&index, 13)), Some(record(&index, 10)));
        let mut origins: Vec<_> = index.origins().map(|origin| index.checksum(origin).to_u128()).collect();
        origins.sort_unstable();
        assert_eq!(origins, [10, 17]);
    }

    #[test]
    fn a_ring_has_no_origin() {
        let mut index = Index::default();
        insert(&mut index, 1, 11, 12);
        insert(&mut index, 2, 12, 11);
        insert(&mut index, 3, 13, 13);
        assert_eq!(index.origin(record(&index, 11)), None);
        assert_eq!(index.origin(record(&index, 13)), None);
        assert_eq!(index.origins().count(), 0);
    }

    #[test]
    fn the_longest_branch_is_found_and_every_fork_counted() {
        let mut index = Index::default();
        let entries =
            [(1, 11, 10), (2, 12, 11), (2, 22, 11), (2, 32, 11), (3, 23, 22), (4, 24, 23), (4, 34, 23), (5, 35, 34)];
        for (op, checksum, parent) in entries {
            insert(&mut index, op, checksum, parent);
        }
        let found = index.subtree(record(&index, 11));
        assert_eq!(found, Subtree { last: record(&index, 35), entries: 5, forks: 2 });
        let found = index.subtree(record(&index, 32));
        assert_eq!(found, Subtree { last: record(&index, 32), entries: 1, forks: 0 });
    }
}
