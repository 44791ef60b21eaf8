//! A log that was made, and where everything in it is.

use super::wound::{Wound, Wounded};
use aof_api::format::{Checksum, Prepare};
use std::ops::Range;

/// A log in memory, with its entries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    prepares: Vec<Prepare>,
    /// Where each entry begins, and where the last one ends.
    offsets: Vec<usize>,
    bytes: Vec<u8>,
}

impl Log {
    /// The log that holds these prepares in this order.
    #[must_use]
    pub fn new(prepares: Vec<Prepare>) -> Log {
        let mut offsets = vec![0];
        let mut bytes = Vec::new();
        for prepare in &prepares {
            bytes.extend_from_slice(prepare.as_entry_bytes());
            offsets.push(bytes.len());
        }
        Log { prepares, offsets, bytes }
    }

    /// The entries, in the order of the log.
    #[must_use]
    pub fn prepares(&self) -> &[Prepare] {
        &self.prepares
    }

    /// The log as it is written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where an entry begins, in bytes; the length of the log for the number after the last.
    ///
    /// # Panics
    ///
    /// When there is no such entry.
    #[must_use]
    pub fn offset(&self, entry: usize) -> u64 {
        self.offsets[entry] as u64
    }

    /// The bytes of an entry, as a range of the log.
    ///
    /// # Panics
    ///
    /// When there is no such entry.
    #[must_use]
    pub fn range(&self, entry: usize) -> Range<usize> {
        self.offsets[entry]..self.offsets[entry + 1]
    }

    /// How many entries are whole in the first `len` bytes.
    #[must_use]
    pub fn whole_in(&self, len: u64) -> usize {
        self.offsets[1..].iter().take_while(|end| **end as u64 <= len).count()
    }

    /// The checksum of the last entry.
    #[must_use]
    pub fn tip(&self) -> Option<Checksum> {
        self.prepares.last().map(Prepare::checksum)
    }

    /// The log with this damage.
    ///
    /// # Panics
    ///
    /// When the wound names an entry that is not there, or a place that its entry does not have.
    #[must_use]
    pub fn wounded(&self, wound: &Wound) -> Wounded {
        wound.inflict(self)
    }
}
