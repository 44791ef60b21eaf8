//! What a copy did.

use crate::chain::tip::Tip;

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Copied {
    /// Entries in the destination now.
    pub entries: u64,
    /// Bytes in the destination now, all of them durable.
    pub bytes: u64,
    /// How many of them were there already, in whole entries, and were found to be the same. Where the source was pruned,
    /// what only the destination has is among them.
    pub resumed_at: u64,
    /// The last entry; none where nothing was copied.
    pub tip: Option<Tip>,
    /// Bytes at the end of a live source that are no whole entry yet, and were not copied.
    pub pending: u64,
}
