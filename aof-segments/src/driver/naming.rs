//! Finishing a seal: the successor gets its name, the note is kept, and both become durable.

use super::Driver;
use crate::store::SegmentStore;
use aof_api::{Error, Result};

impl<S: SegmentStore> Driver<S> {
    /// Finishes the seal whose bytes are durable, if there is one.
    ///
    /// # Errors
    ///
    /// [`Full`](Error::Full): the seal is owed, and nothing is poisoned. Anything else has poisoned the log.
    pub(crate) fn finish_seal(&self) -> Result<()> {
        let step = self.begin_step()?;
        let Some((base, spare, note, is_named)) = self.lock().seal.as_ref().filter(|seal| seal.synced).map(|seal| {
            let note = seal.note.clone();
            (seal.base, seal.spare.clone(), note, seal.named)
        }) else {
            return Ok(());
        };
        let finished = step.check_place().and_then(|()| {
            if !is_named {
                self.store.name(&spare, base)?;
                if let Some(seal) = &mut self.lock().seal {
                    seal.named = true;
                }
            }
            self.keep_note(base, &note);
            self.store.sync_names()
        });
        match finished {
            Ok(()) => {
                let seal = self.lock().seal.take();
                self.segments.seal_before(base);
                // It gives up a lock of its own, under that of the log.
                drop(seal);
                drop(step);
                Ok(())
            }
            Err(failure @ Error::Full { .. }) => Err(failure),
            Err(failure) => {
                self.fail(&failure);
                Err(failure)
            }
        }
    }

    fn keep_note(&self, covered: u64, note: &[u8]) {
        match self.store.put_note(covered, note) {
            Ok(()) => self.lock().kept_note = Some(covered),
            // It only says from where on the log must be read.
            Err(error) => tracing::warn!(log = %self.store.describe(), %error, "a note could not be kept"),
        }
    }

    /// The base of the successor, where a seal is owed.
    pub(crate) fn owed_base(&self) -> Option<u64> {
        self.lock().seal.as_ref().map(|seal| seal.base)
    }

    /// Takes an owed seal back: the segment is written again. Returns its base and the segment.
    pub(crate) fn take_seal_back(&self) -> Option<(u64, S::Segment)> {
        self.lock().seal.take().map(|seal| seal.sealed)
    }

    /// What the newest note covers that is kept.
    pub(crate) fn kept_note(&self) -> Option<u64> {
        self.lock().kept_note
    }

    /// The note was forgotten.
    pub(crate) fn note_forgotten(&self) {
        self.lock().kept_note = None;
    }

    /// Makes a step of the writer's own, under the lock of the log.
    ///
    /// # Errors
    ///
    /// [`Moved`](Error::Moved) where the place is not the one that was locked; that of the step.
    pub(crate) fn step<T>(&self, change: impl FnOnce(&S) -> Result<T>) -> Result<T> {
        let step = self.begin_step()?;
        step.check_place()?;
        let changed = change(&self.store);
        drop(step);
        changed
    }

    /// Whether the place is the one that was locked.
    pub(crate) fn is_in_place(&self) -> bool {
        self.step(|_| Ok(())).is_ok()
    }
}
