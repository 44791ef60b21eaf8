//! What `aof compact` prints.

use super::object::object;

object! {
    /// What was joined.
    Compacted = "summary" {
        /// Segments that were made
        segments: u64,
        /// Chunks that are in them, and were removed
        chunks: u64,
        /// Bytes that they have
        bytes: u64,
    }
}
