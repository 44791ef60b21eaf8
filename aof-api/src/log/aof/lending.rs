//! What a handle that owns the log, and lends it, has to know of it.

use super::Aof;

/// Distinguishes a log from another one that was put in its place, and whether its storage changed.
#[derive(Debug, Default)]
pub(super) struct Lending {
    /// The owner of the log; 0 without one.
    owner: u64,
    /// How often the log left its storage since it was last lent.
    changes: u64,
    /// The length of the first storage that it left.
    first_end: u64,
}

impl Lending {
    /// The log leaves a storage of `end` bytes, all durable, for the next one.
    pub(super) fn left(&mut self, end: u64) {
        if self.changes == 0 {
            self.first_end = end;
        }
        self.changes += 1;
    }
}

/// What became of the storage while the log was lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    Same,
    /// The log continues in another one; all `previous_end` bytes of the one before are durable.
    Next {
        previous_end: u64,
    },
    /// There were storages in between that nobody has a reader of.
    Skipped {
        previous_end: u64,
    },
    /// This is another log.
    Foreign,
}

impl<B> Aof<B> {
    /// Takes the log over for `owner`, who keeps the bound on what is not durable; returns the bound.
    pub(crate) fn take_over(&mut self, owner: u64) -> u64 {
        self.lending.owner = owner;
        std::mem::replace(&mut self.options.unflushed_max, u64::MAX)
    }

    /// Prepares the log for being lent, with its own bound.
    pub(crate) fn lend(&mut self, unflushed_max: u64) {
        self.options.unflushed_max = unflushed_max;
        self.lending.changes = 0;
    }

    /// Takes the log back.
    pub(crate) fn take_back(&mut self, owner: u64) -> Storage {
        if self.lending.owner != owner {
            return Storage::Foreign;
        }
        self.options.unflushed_max = u64::MAX;
        let previous_end = self.lending.first_end;
        match self.lending.changes {
            0 => Storage::Same,
            1 => Storage::Next { previous_end },
            _ => Storage::Skipped { previous_end },
        }
    }
}
