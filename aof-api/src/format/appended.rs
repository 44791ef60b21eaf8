//! Where an entry was put.

use crate::format::checksum::Checksum;

/// An entry that was appended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Appended {
    /// The op of the entry.
    pub op: u64,
    /// Its checksum.
    pub checksum: Checksum,
    /// Its offset in the log, in bytes.
    pub offset: u64,
}
