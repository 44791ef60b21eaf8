//! What a simulated disk can do, and how it goes wrong where it is to.

use crate::suite::capabilities::Notes;

/// A promise that a disk breaks on purpose, to see that a check notices it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Defect {
    /// A checkpoint resolves to `Ok` when half of what it covers is durable (**B6**).
    CheckpointCoversHalf,
    /// A checkpoint resolves to `Ok` though an earlier one failed (**B6**, **B7**).
    CheckpointIgnoresAnEarlierFailure,
    /// The failure of a checkpoint that was dropped is forgotten (**B9**).
    DroppedCheckpointIsForgotten,
    /// A checkpoint that was dropped continues when the lock is gone, and gives back what follows its end (**B10**).
    CheckpointOutlivesTheLock,
    /// A prune gives back everything up to the offset that was asked for, the last durable write included (**B13**).
    PruneForgetsTheLastWrite,
    /// A prune begins the log where it was asked to, whether or not the log may be divided there (**B13**).
    PruneCutsAnywhere,
    /// A prune gives the bytes back before it records the new start (**B13**).
    PruneRemovesBeforeItRecords,
    /// A note is durable from the call of its checkpoint on (**B14**).
    NoteAheadOfTheDisk,
    /// A truncate leaves the notes of what it cuts (**B14**).
    TruncateKeepsTheNote,
}

impl Defect {
    /// Every defect.
    pub const ALL: [Defect; 9] = [
        Defect::CheckpointCoversHalf,
        Defect::CheckpointIgnoresAnEarlierFailure,
        Defect::DroppedCheckpointIsForgotten,
        Defect::CheckpointOutlivesTheLock,
        Defect::PruneForgetsTheLastWrite,
        Defect::PruneCutsAnywhere,
        Defect::PruneRemovesBeforeItRecords,
        Defect::NoteAheadOfTheDisk,
        Defect::TruncateKeepsTheNote,
    ];
}

/// What a simulated disk can do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) capacity: u64,
    pub(super) zeros_ahead: usize,
    pub(super) fences: bool,
    pub(super) truncates: bool,
    pub(super) prunes: bool,
    pub(super) notes: Notes,
    pub(super) helped: bool,
    pub(super) sync_steps: usize,
    pub(super) defect: Option<Defect>,
}

impl Options {
    pub(super) fn new() -> Options {
        Options {
            capacity: u64::MAX,
            zeros_ahead: 0,
            fences: false,
            truncates: true,
            prunes: false,
            notes: Notes::None,
            helped: false,
            sync_steps: 0,
            defect: None,
        }
    }

    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }
}
