//! Where an entry was put.

use crate::format::checksum::Checksum;

/// An entry that was appended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Appended {
    /// The op of the entry.
    pub op: u64,
    /// Its checksum.
    pub checksum: Checksum,
    /// Its offset in the log, in bytes.
    pub offset: u64,
}

impl Appended {
    /// An entry with this op and checksum, at this offset.
    #[must_use]
    pub const fn new(op: u64, checksum: Checksum, offset: u64) -> Appended {
        Appended { op, checksum, offset }
    }
}
