//! What the note of a storage says was durable, for a validation.

use crate::chain::note::LogNote;
use crate::chain::tip::Tip;
use crate::format::entry::AofEntry;
use crate::format::layout::ENTRY_SIZE_MAX;
use crate::storage::backend::{AofRead, AofReadExt};
use crate::storage::error::Result;

/// What a log says of itself in the note of a checkpoint, which the storage kept: that its first bytes were durable, and in
/// which entry they end.
///
/// ```
/// use aof_api::validate::Noted;
///
/// assert_eq!(Noted::read(17, b"not a note of a log"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted(LogNote);

impl Noted {
    /// What the note `bytes` says, which the storage keeps for the first `covered` bytes; nothing where it is not a whole one
    /// or speaks of another length.
    #[must_use]
    pub fn read(covered: u64, bytes: &[u8]) -> Option<Noted> {
        LogNote::decode(bytes).filter(|note| note.end == covered).map(Noted)
    }

    /// How many bytes were durable, from the beginning of the log on.
    #[must_use]
    pub fn covered(&self) -> u64 {
        self.0.end
    }

    /// The entry that ended there.
    #[must_use]
    pub fn tip(&self) -> Tip {
        self.0.tip
    }

    /// Whether the log of this reader holds that entry at its place. What was pruned is not asked for.
    ///
    /// # Errors
    ///
    /// Those of [`AofRead::start`] and [`AofRead::seek`]; what cannot be read is not held.
    pub async fn is_held<R: AofRead>(&self, mut reader: R) -> Result<bool> {
        let Noted(LogNote { end, tip_offset, tip, .. }) = *self;
        if tip_offset < reader.start().await? {
            return Ok(true);
        }
        let Some(len) = usize::try_from(end - tip_offset).ok().filter(|len| *len <= ENTRY_SIZE_MAX) else {
            return Ok(false);
        };
        let mut bytes = vec![0; len];
        // A place that cannot be read is a finding of its own.
        let count = reader.read_all_at(tip_offset, &mut bytes).await.unwrap_or(0);
        let entry = AofEntry::decode(&bytes[..count]).ok();
        Ok(entry.is_some_and(|entry| entry.checksum() == tip.checksum && entry.size_disk() == len as u64))
    }
}
