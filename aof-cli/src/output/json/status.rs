//! What `aof status` prints.

use super::object::object;
use super::value::{Decimal, Hex, Sometimes};

object! {
    /// The end of a log.
    Status = "status" {
        /// The file
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// Bytes in it
        bytes: u64,
        /// The op of the last entry; null where there is none
        op: Option<u64>,
        /// The checksum of the last entry
        tip: Option<Hex>,
        /// The view of the last entry
        view: Option<u32>,
        /// The cluster of the last entry
        cluster: Option<Hex>,
        /// When the last entry was prepared, in nanoseconds since 1970
        timestamp: Option<Decimal>,
        /// The same as RFC 3339, in UTC
        time: Option<String>,
        /// How long ago that is, in seconds
        age_seconds: Option<f64>,
        /// Whether somebody is writing the log
        live: bool,
        /// Bytes at the end that are being written
        pending: u64,
        /// The offset from which the log was read and judged, in bytes
        read_from: u64,
        /// What is wrong in what was read
        findings: u64,
    }
}
