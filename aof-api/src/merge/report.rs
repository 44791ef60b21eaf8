//! What a merge makes of its inputs, and what it cannot.

use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::validate::finding::{Finding, Note};
use std::ops::RangeInclusive;

/// What a merge writes, and everything that it cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The inputs, in the order in which they were read.
    pub inputs: Vec<Input>,
    /// What in the inputs is damaged or unreadable, in the order in which it was read.
    pub damage: Vec<InputDamage>,
    /// What is legal and worth knowing: the incomplete end of a log that is being written.
    pub notes: Vec<Note>,
    /// Different entries in all inputs.
    pub unique: u64,
    /// Bytes in them.
    pub unique_bytes: u64,
    /// Entries in the output.
    pub entries: u64,
    /// The parent of the first entry of the output; none when nothing is written.
    pub root: Option<Checksum>,
    /// The first entry of the output; none when nothing is written.
    pub first: Option<Tip>,
    /// The last entry of the output; none when nothing is written.
    pub tip: Option<Tip>,
    /// Whole entries of the inputs that are past [`Options::until`](super::Options::until), each time they are recorded.
    /// They count nowhere else.
    pub past: u64,
    /// Where entries are missing: the one place at which the chain ends, or, where gaps are kept, each in the output.
    pub gaps: Vec<Gap>,
    /// What does not connect to the output and is not in it, in the order of ops.
    pub stretches: Vec<Stretch>,
    /// Whether a root or a tip was chosen, so that entries may be left out on purpose.
    pub chosen: bool,
    /// Whether the output has the entries in the order in which the inputs have them.
    pub in_order: bool,
}

impl Report {
    /// Whether nothing is missing that the inputs give a sign of: no gap, no damage that no other input makes good,
    /// nothing left out but on purpose.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty() && !self.damage.iter().any(|damage| damage.lost) && (self.chosen || self.left_out() == 0)
    }

    /// Entries of the inputs that are not in the output.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.unique - self.entries
    }

    /// Whether the output is the only input, byte for byte: there is nothing to repair in it.
    #[must_use]
    pub fn changes_nothing(&self) -> bool {
        let [input] = self.inputs.as_slice() else { return false };
        let all = input.duplicates == 0 && self.damage.is_empty() && self.notes.is_empty() && self.left_out() == 0;
        all && self.past == 0 && self.in_order
    }
}

/// What one input holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Input {
    /// Whole entries.
    pub entries: u64,
    /// Those of them that are in an input before, or further up in this one.
    pub duplicates: u64,
    /// Bytes that were looked at.
    pub bytes: u64,
    /// The lowest and the highest op; none where there are no entries.
    pub ops: Option<RangeInclusive<u64>>,
}

/// Damage in an input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputDamage {
    /// Where it is and what it is; the part is the number of the input, from 0.
    pub finding: Finding,
    /// Whether nothing shows that another input, or a place further down, has what was there. Where one has it, the output
    /// may still lack it, after a gap: then it is in one of the [`stretches`](Report::stretches).
    pub lost: bool,
}

/// A place where entries are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The entry before it.
    pub before: Tip,
    /// The checksum of the last entry that is missing: the parent of the one after it.
    pub parent: Checksum,
    /// The entry after it.
    pub after: Tip,
}

impl Gap {
    /// The ops that are missing; none where the ops continue though the chain does not.
    #[must_use]
    pub fn missing(&self) -> Option<RangeInclusive<u64>> {
        let missing = self.before.op.saturating_add(1)..=self.after.op.saturating_sub(1);
        (!missing.is_empty()).then_some(missing)
    }
}

/// Entries that follow one another, and one that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stretch {
    /// The checksum of the entry that is not there.
    pub parent: Checksum,
    /// The first entry.
    pub first: Tip,
    /// The last entry, of the longest branch where there are several.
    pub last: Tip,
    /// How many there are, on the longest branch.
    pub entries: u64,
    /// Parents that several follow.
    pub forks: u64,
}

/// Several entries on one parent, the histories that begin there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fork {
    /// The parent.
    pub parent: Checksum,
    /// The branches, the first 16 of them.
    pub branches: Vec<Branch>,
    /// How many branches there are.
    pub branch_count: u64,
}

/// One of several histories. Where it forks again, this is its longest branch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Branch {
    /// The first entry.
    pub first: Tip,
    /// The last entry: give it as the tip to choose this branch.
    pub last: Tip,
    /// How many entries it has.
    pub entries: u64,
    /// The views of the first and the last entry; none where they could not be read again.
    pub views: Option<(u32, u32)>,
    /// Parents in it that several follow.
    pub forks: u64,
    /// The input in which the first entry is, from 0, and where.
    pub input: usize,
    /// The offset of the first entry in that input.
    pub offset: u64,
}
