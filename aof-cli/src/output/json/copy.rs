//! What `aof copy` prints.

use super::log::Damage;
use super::object::object;
use super::value::{Hex, Sometimes};

object! {
    /// What was copied. All of it is durable.
    Summary = "summary" {
        /// Whether all of the source was copied
        complete: bool,
        /// Entries of the destination that were compared with the source or copied from it
        entries: u64,
        /// Bytes that they take
        bytes: u64,
        /// Bytes of the destination that were there before, the same as in the source
        resumed_at: u64,
        /// Bytes at the end of the source that are being written
        pending: u64,
        /// The checksum of the last entry that was copied
        tip: Option<Hex>,
        /// Its op
        tip_op: Option<u64>,
        /// Bytes in the destination; null where there is none
        destination_len: Option<u64>,
        /// What the storage of the source reported, where it could not be read
        failed: Sometimes<String>,
        /// Where the copy ends, in bytes, at damage in the source
        stopped_at: Sometimes<u64>,
        /// The damage in the source at which the copy ends
        damage: Sometimes<Damage>,
        /// Commands that help, to be pasted into a shell, where the copy is not complete
        next: Sometimes<Vec<String>>,
    }
}
