//! The end of the writer: what it still does under the lock, and that nothing comes after.

use super::SegmentedBackend;
use crate::shifted::shifted;
use crate::store::{Segment, SegmentStore};
use aof_api::{AofBackend, Error, Result};

impl<S: SegmentStore> SegmentedBackend<S> {
    pub(super) async fn finish_and_give_up(&mut self) -> Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let finished = self.finish().await;
        self.give_up();
        finished
    }

    /// What a close does before the lock goes.
    async fn finish(&mut self) -> Result<()> {
        self.driver.begin_close();
        if let Some(failure) = self.in_doubt.take() {
            self.poison(&failure);
        }
        // Also where it is poisoned: a step may be under way.
        self.drain().await;
        if let Some(failure) = self.driver.unheard() {
            return Err(failure);
        }
        if self.extent.check().is_err() {
            return Ok(());
        }
        let owed = self.driver.finish_seal();
        self.driver.finish_removing();
        let base = self.active_base;
        if let Some(active) = &mut self.active {
            active.close().await.map_err(|failure| shifted(failure, base))?;
        }
        if owed.is_ok() {
            self.keep_last_note();
        }
        match owed {
            // Nothing was written after the sealed segment, which is durable: nothing is lost.
            Err(Error::Full { .. }) if self.extent.len() == base => Ok(()),
            owed => owed,
        }
    }

    /// Keeps the note of the last checkpoint where the log ends with it: the next opening then knows that all of it was durable,
    /// and notices a last segment that is gone. Elsewhere the note of the last seal stays.
    fn keep_last_note(&mut self) {
        let Some((covered, note)) = self.last_note.take() else { return };
        let is_end = covered == self.extent.len() && covered <= self.extent.durable_len();
        if !is_end || self.driver.kept_note().is_some_and(|kept| kept >= covered) {
            return;
        }
        let kept = self.driver.step(|store| store.put_note(covered, &note).and_then(|()| store.sync_names()));
        // The bytes are durable without it.
        if let Err(error) = kept {
            tracing::warn!(log = %self.store.describe(), %error, "the note of the last checkpoint could not be kept");
        }
    }

    /// Gives the lock up. From here on nothing of this writer changes the storage, and its readers and checkpoints end at
    /// what is durable.
    fn give_up(&mut self) {
        self.is_closed = true;
        let (extent, active) = (&mut self.extent, &mut self.active);
        let store = &self.store;
        self.driver.end(|is_unnamed| {
            extent.close();
            let Some(mut active) = active.take() else { return };
            // Without a name it is a spare.
            let unnamed = if is_unnamed { active.view().ok() } else { None };
            drop(active);
            if let Some(view) = unnamed
                && let Err(error) = store.remove_spare(&view)
            {
                tracing::warn!(log = %store.describe(), %error, "a spare segment could not be removed");
            }
        });
    }
}

impl<S: SegmentStore> Drop for SegmentedBackend<S> {
    /// As a close, as far as it goes without waiting for a sync: failures go unreported. It waits for a step that has begun to
    /// change names.
    fn drop(&mut self) {
        if !self.is_closed {
            self.give_up();
        }
    }
}
