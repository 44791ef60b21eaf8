//! What `aof diff` and `aof merge --dry-run` print.

use super::object::{object, part};
use super::value::{Hex, Sometimes};

object! {
    /// Ops in succession.
    Range {
        /// The first op
        first: u64,
        /// The last op
        last: u64,
    }
}
part! { Range: "object `range`" }

object! {
    /// What one of several copies of a log has.
    Copy = "copy" {
        /// The file
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// Whole entries, each once
        entries: u64,
        /// Entries that are recorded again
        duplicates: u64,
        /// The lowest op
        op_first: Option<u64>,
        /// The highest op
        op_last: Option<u64>,
        /// The lowest view
        view_first: Option<u32>,
        /// The highest view
        view_last: Option<u32>,
        /// Damaged places
        damage: u64,
        /// Its clusters: one, unless logs are mixed
        clusters: Vec<Hex>,
        /// Ops that are missing between its lowest and its highest op
        gaps: Vec<Range>,
        /// Ops that another copy has and this one lacks
        lacks: Vec<Range>,
        /// Ops of entries that no other copy has
        only: Vec<Range>,
    }
}

object! {
    /// One of the different entries at the first op where the copies part.
    Parting = "parting" {
        /// The op
        op: u64,
        /// The file
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// The checksum of its entry
        checksum: Hex,
        /// The view of its entry
        view: u32,
    }
}

object! {
    /// How the copies differ. `aof merge --dry-run` prints its own summary after this one.
    Summary = "difference" {
        /// Whether all have the same entries, and no damage
        same: bool,
        /// The first op at which they have different entries; null where there is none
        parts_at: Option<u64>,
        /// The first op that not all of them have, or at which they part
        differs_at: Option<u64>,
    }
}
