//! What `aof validate` prints.

use super::object::object;
use super::value::{Hex, Sometimes};

object! {
    /// The verdict.
    Summary = "summary" {
        /// Whether there is no finding, and the tip and the number of entries are the expected ones
        whole: bool,
        /// The rule
        rule: &'static str,
        /// Whole entries, repeated ones included
        entries: u64,
        /// Bytes that were read, damaged ones included
        bytes: u64,
        /// The lowest op
        op_first: Option<u64>,
        /// The highest op
        op_last: Option<u64>,
        /// The checksum of the parent of the first entry
        root: Option<Hex>,
        /// The checksum of the last entry
        tip: Option<Hex>,
        /// Its op
        tip_op: Option<u64>,
        /// Whether it is the expected one; null without `--tip`
        tip_matches: Option<bool>,
        /// The data checksum chain in decimal, as TigerBeetle prints it
        digest: String,
        /// How many findings there are
        findings: u64,
        /// How many notes there are
        notes: u64,
        /// The number of entries that `--min-entries` asks for
        entries_min: Sometimes<u64>,
        /// Commands that help, to be pasted into a shell
        next: Vec<String>,
    }
}
