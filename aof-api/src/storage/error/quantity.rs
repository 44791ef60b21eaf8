//! What can be too large.

use std::fmt;

/// What an [`Error::TooLarge`](crate::Error::TooLarge) is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Quantity {
    /// The body of an entry.
    Body,
    /// The entries of one call together.
    Write,
    /// The note of a checkpoint.
    Note,
    /// A damaged tail that opening the log would hold in memory.
    Tail,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Quantity::Body => "a body",
            Quantity::Write => "a write",
            Quantity::Note => "a note",
            Quantity::Tail => "a damaged tail",
        })
    }
}
