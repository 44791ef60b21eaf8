//! What `aof digest` prints.

use super::object::object;

object! {
    /// The data checksum chain.
    Digest = "digest" {
        /// The digest in decimal, as TigerBeetle prints it
        digest: String,
        /// Whether nothing is missing, damaged or forked: else the digest is that of what was read
        whole: bool,
        /// Entries that were read
        entries: u64,
        /// Entries that add nothing to the digest; null of a stream
        not_counted: Option<u64>,
        /// Bytes at the ends of logs that are being written
        pending: u64,
    }
}
