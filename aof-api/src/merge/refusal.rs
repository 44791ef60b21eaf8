//! Why inputs cannot be merged as they were asked to be.

use super::report::{Branch, Fork, Stretch};
use crate::format::checksum::Checksum;
use std::fmt;

/// Why nothing is written: the inputs hold more than one history, or not the one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unmergeable {
    /// Several entries follow one parent.
    #[error("{}", Forked(.0))]
    Fork(Fork),
    /// Two stretches of a log with gaps hold the same ops, so that they are two histories.
    #[error(
        "two histories that do not connect hold the same ops: {} to {} and {} to {}; choose one of them by its tip, {} or {}",
        .0.first.op, .0.last.op, .1.first.op, .1.last.op, .0.last.checksum, .1.last.checksum
    )]
    Overlap(Stretch, Stretch),
    /// No entry follows the root that was asked for.
    #[error("no entry follows the root {0}: give the parent of the first entry, as `aof validate` prints it")]
    RootUnknown(Checksum),
    /// The tip that was asked for is in no input.
    #[error("the tip {0} is in none of the inputs: give the checksum of an entry, or add the input that holds it")]
    TipUnknown(Checksum),
    /// The tip that was asked for does not descend from the root.
    #[error(
        "the tip {tip} does not lead back to the root {root}: its chain ends at op {op}, whose parent {parent} is missing; add the input that holds it, or give that parent as the root"
    )]
    TipUnconnected {
        /// The tip.
        tip: Checksum,
        /// The root to which it should lead.
        root: Checksum,
        /// The op to which it does lead.
        op: u64,
        /// The parent of that one.
        parent: Checksum,
    },
    /// Not one entry is left in the inputs, though they are not empty.
    #[error("not one whole entry is in the inputs: perhaps these are no append-only logs")]
    NoEntries,
    /// Entries follow one another in a ring.
    #[error(
        "the entries make a ring, so that none is the first: the entry {0} has itself as an ancestor, and was forged"
    )]
    Ring(Checksum),
}

struct Forked<'a>(&'a Fork);

impl fmt::Display for Forked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fork { parent, branches, branch_count } = self.0;
        write!(f, "{branch_count} histories follow parent {parent}; choose one by its tip:")?;
        for branch in branches {
            write!(f, "\n  {branch}")?;
        }
        let shown = branches.len() as u64;
        if *branch_count > shown { write!(f, "\n  and {} more", branch_count - shown) } else { Ok(()) }
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Branch { first, last, entries, views, forks, input, offset } = self;
        let (plural, number) = (if *entries == 1 { "entry" } else { "entries" }, input + 1);
        write!(f, "{entries} {plural}, ops {} to {}", first.op, last.op)?;
        match views {
            Some((first, last)) if first == last => write!(f, ", view {first}")?,
            Some((first, last)) => write!(f, ", views {first} to {last}")?,
            None => {}
        }
        if *forks > 0 {
            write!(f, ", forks again in {forks} {}", if *forks == 1 { "place" } else { "places" })?;
        }
        write!(f, ", from offset {offset} of input {number}: tip {}", last.checksum)
    }
}
