//! Which chunks are joined into a segment.

use crate::index::{Entry, Index, Place};

/// How small chunks are joined into segments, by
/// [`ObjectStoreBackend::compact`](crate::ObjectStoreBackend::compact).
///
/// ```
/// use aof_object_store::Compaction;
///
/// let compaction = Compaction::new().segment_len_min(8 << 20);
/// assert_eq!((compaction.segment_len_min, compaction.segment_len_max), (8 << 20, 256 << 20));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Compaction {
    /// Bytes that a segment has at least; where there are fewer, nothing is joined yet. 64 MiB by default.
    pub segment_len_min: u64,
    /// Bytes that a segment has at most; 256 MiB by default. A chunk that is longer is a segment of its own.
    pub segment_len_max: u64,
}

/// What a compaction did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Compacted {
    /// Segments that were made.
    pub segments: u64,
    /// Chunks that are in them, and were removed.
    pub chunks: u64,
    /// Bytes that they have.
    pub bytes: u64,
}

impl Default for Compaction {
    fn default() -> Compaction {
        Compaction::new()
    }
}

impl Compaction {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Compaction {
        Compaction { segment_len_min: 64 << 20, segment_len_max: 256 << 20 }
    }

    /// Sets [`segment_len_min`](Compaction::segment_len_min), in bytes; the maximum is at least as high.
    #[must_use]
    pub const fn segment_len_min(mut self, bytes: u64) -> Compaction {
        self.segment_len_min = bytes;
        if self.segment_len_max < bytes {
            self.segment_len_max = bytes;
        }
        self
    }

    /// Sets [`segment_len_max`](Compaction::segment_len_max), in bytes; the minimum is at most as high.
    #[must_use]
    pub const fn segment_len_max(mut self, bytes: u64) -> Compaction {
        self.segment_len_max = bytes;
        if self.segment_len_min > bytes {
            self.segment_len_min = bytes;
        }
        self
    }

    /// The chunks that the next segment can have at most, in their order, and whether one more would be too much. The newest
    /// chunk stays: opening the log reads its note.
    pub(crate) fn candidates(&self, index: &Index) -> (Vec<Entry>, bool) {
        let mut candidates: Vec<Entry> = Vec::new();
        let chunks = index.entries().iter().filter(|entry| matches!(entry.place, Place::Chunk { .. }));
        let mut chunks = chunks.peekable();
        let mut len = 0;
        while let Some(chunk) = chunks.next() {
            if !candidates.is_empty() && len + chunk.len > self.segment_len_max {
                return (candidates, true);
            }
            if chunks.peek().is_none() {
                break;
            }
            len += chunk.len;
            candidates.push(*chunk);
        }
        (candidates, false)
    }

    /// Whether these chunks are enough for a segment.
    pub(crate) fn is_enough(&self, chunks: &[Entry]) -> bool {
        !chunks.is_empty() && chunks.iter().map(|chunk| chunk.len).sum::<u64>() >= self.segment_len_min
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::Writer;
    use crate::manifest::{Manifest, Segment};

    fn index(lens: &[u64]) -> Index {
        let mut index = Index::of(&Manifest::new(Writer { log: 1, writer: 1, epoch: 0 }));
        lens.iter().for_each(|len| index.push(*len));
        index
    }

    fn joined(index: &Index) -> Vec<u64> {
        let compaction = Compaction::new().segment_len_max(100).segment_len_min(50);
        let (candidates, is_full) = compaction.candidates(index);
        if is_full || compaction.is_enough(&candidates) {
            candidates.iter().map(|chunk| chunk.offset).collect()
        } else {
            Vec::new()
        }
    }

    #[test]
    fn chunks_are_joined_up_to_the_maximum_and_the_newest_stays() {
        assert_eq!(joined(&index(&[30, 0, 30, 30, 30, 30])), [0, 30, 60]);
        assert_eq!(joined(&index(&[30, 30, 30])), [0, 30]);
        assert!(joined(&index(&[30, 30])).is_empty());
        assert!(joined(&index(&[])).is_empty());
    }

    #[test]
    fn a_segment_that_the_next_chunk_does_not_fit_into_is_enough() {
        assert_eq!(joined(&index(&[30, 80, 30])), [0]);
        assert_eq!(joined(&index(&[30, 30, 30])), [0, 30]);
    }

    #[test]
    fn a_chunk_longer_than_the_maximum_is_a_segment_of_its_own() {
        assert_eq!(joined(&index(&[500, 30, 30])), [0]);
    }

    #[test]
    fn what_is_in_a_segment_already_is_not_joined_again() {
        let mut index = index(&[30, 30, 30, 30, 30]);
        index.replace(Segment { from: 0, to: 60, id: 1 });
        assert_eq!(joined(&index), [60, 90]);
    }
}
