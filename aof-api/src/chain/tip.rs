//! Where a chain ends.

use crate::format::checksum::Checksum;

/// The entry that a log ends in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tip {
    /// Its op.
    pub op: u64,
    /// Its checksum, the parent of the next one.
    pub checksum: Checksum,
}
