//! What `aof merge` and `aof repair` print.

use super::object::{object, part};
use super::value::{Hex, Sometimes};

object! {
    /// What one input holds.
    Input = "input" {
        /// The file
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// Whole entries
        entries: u64,
        /// Those of them that are in an input before, or earlier in this one
        duplicates: u64,
        /// Bytes that were read
        bytes: u64,
        /// The lowest op
        op_first: Option<u64>,
        /// The highest op
        op_last: Option<u64>,
    }
}

object! {
    /// Entries that do not connect to the output, and are not in it.
    LeftOut = "left-out" {
        /// How many
        entries: u64,
        /// The first op
        op_first: u64,
        /// The last op
        op_last: u64,
        /// The checksum of the missing entry that they follow
        parent: Hex,
        /// The checksum of the last of them
        tip: Hex,
        /// Forks among them
        forks: u64,
    }
}

object! {
    /// Several histories, one of which must be chosen.
    Fork = "fork" {
        /// The checksum of the entry that they follow
        parent: Hex,
        /// How many there are
        branch_count: u64,
        /// The first 16 of them
        branches: Vec<Branch>,
    }
}

object! {
    /// One of several histories.
    Branch {
        /// The checksum of its last entry: `--tip` with it keeps this branch
        tip: Hex,
        /// How many entries it has
        entries: u64,
        /// The first op
        op_first: u64,
        /// The last op
        op_last: u64,
        /// The view of the first entry
        view_first: Option<u32>,
        /// The view of the last entry
        view_last: Option<u32>,
        /// Forks in it
        forks: u64,
        /// The file that its first entry is in
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// Where in it, in bytes
        offset: u64,
    }
}
part! { Branch: "object `branch`" }

object! {
    /// What was written, or would be.
    Summary = "summary" {
        /// The file that was written; null where none was
        output: Option<String>,
        /// The bytes of `output` in hexadecimal, where they are not UTF-8
        output_hex: Sometimes<String>,
        /// Where the original is kept, after `--in-place`
        original: Option<String>,
        /// The bytes of `original` in hexadecimal, where they are not UTF-8
        original_hex: Sometimes<String>,
        /// Entries that were written, or would be
        entries: u64,
        /// The first op
        op_first: Option<u64>,
        /// The last op
        op_last: Option<u64>,
        /// The checksum of the parent of the first entry
        root: Option<Hex>,
        /// The checksum of the last entry
        tip: Option<Hex>,
        /// Entries of the inputs that are left out
        left_out: u64,
        /// Entries past `--until-op` or `--until`, each time they are recorded; they are counted nowhere else
        past: u64,
        /// Whether nothing is missing that the inputs give a sign of
        whole: bool,
        /// Whether the output is the only input, byte for byte
        changes_nothing: bool,
    }
}
