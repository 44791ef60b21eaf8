//! What `aof prune`, `aof split` and `aof join` print.

use super::object::object;
use super::value::Hex;

object! {
    /// What was pruned, or would be.
    Pruned = "summary" {
        /// Whether nothing was changed, because of `--dry-run`
        dry_run: bool,
        /// Segments that were removed, or would be
        segments: u64,
        /// Bytes that they have
        bytes: u64,
        /// Where the log begins now, or would, in bytes from the first byte ever written
        start: u64,
        /// The op of its first entry; null of an empty log
        first_op: Option<u64>,
        /// The checksum of the parent of that entry, which the log no longer has
        parent: Option<Hex>,
    }
}

object! {
    /// The segments that were made. All of them are durable.
    Split = "summary" {
        /// Segments in the directory
        segments: u64,
        /// Entries that were copied; 0 under `--adopt`
        entries: u64,
        /// Bytes in the directory
        bytes: u64,
        /// The checksum of the last entry; null of an empty log, and under `--adopt`
        tip: Option<Hex>,
    }
}

object! {
    /// The file that was made. All of it is durable.
    Joined = "summary" {
        /// Entries in it
        entries: u64,
        /// Bytes in it
        bytes: u64,
        /// The checksum of the last entry; null of an empty log
        tip: Option<Hex>,
        /// Its op
        tip_op: Option<u64>,
    }
}
