//! What `aof ship` and `aof fetch` print.

use super::object::object;
use super::value::Hex;

object! {
    /// How far a copy is: after each look of `aof ship` that copied something, and at the end of `aof fetch`.
    Shipped = "shipped" {
        /// Entries that were copied since the line before
        entries: u64,
        /// Bytes that were copied since the line before, all of them durable
        bytes: u64,
        /// The size of the copy in bytes
        len: u64,
        /// Bytes by which the source is ahead: what was appended meanwhile, and an incomplete entry at its end
        bytes_behind: u64,
        /// The checksum of the last entry of the copy; null where it is empty
        tip: Option<Hex>,
        /// The op of the last entry of the copy
        tip_op: Option<u64>,
    }
}
