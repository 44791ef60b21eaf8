//! What `aof append` prints.

use super::object::object;
use super::value::{Hex, Sometimes};

object! {
    /// A damaged tail that was cut when the log was opened, or is kept in it.
    Recovery = "recovery" {
        /// Where the cut tail began, in bytes; null where nothing was cut
        offset: Option<u64>,
        /// Bytes that were cut
        len: u64,
        /// Whole entries in the cut tail
        entries: u64,
        /// What is wrong with it, for people
        message: Option<String>,
        /// The file that the cut bytes were saved to; null where they are gone or were all zeros
        saved: Option<String>,
        /// The bytes of `saved` in hexadecimal, where they are not UTF-8
        saved_hex: Sometimes<String>,
        /// Damaged places that are kept in the log
        kept: u64,
    }
}

object! {
    /// The log was moved away, and continues in a new file at its path.
    Rotated = "rotated" {
        /// The path
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// The op of the entry of which the new file begins with a copy
        op: u64,
    }
}

object! {
    /// An entry that is durable, under `--ack`.
    Acknowledged = "acknowledged" {
        /// Its op
        op: u64,
    }
}

object! {
    /// What is durable of an append that ended early.
    Durable = "durable" {
        /// Entries of this command that are durable
        entries: u64,
        /// The op of the last durable entry of the log; null where it is not known to have one
        op: Option<u64>,
        /// The line of the input from which to continue, from 1; null under `--count`
        next_line: Option<u64>,
        /// The signal that ended it
        signal: Sometimes<&'static str>,
    }
}

object! {
    /// What was appended. All of it is durable.
    Summary = "summary" {
        /// Entries that were appended
        entries: u64,
        /// Bytes that they take in the log
        bytes: u64,
        /// The size of the log in bytes
        len: u64,
        /// The checksum of the last entry; null of an empty log
        tip: Option<Hex>,
        /// The op of the last entry
        tip_op: Option<u64>,
        /// Entries a second
        entries_per_second: f64,
    }
}
