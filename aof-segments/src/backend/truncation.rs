//! Cutting the log.

use super::SegmentedBackend;
use crate::shifted::shifted;
use crate::store::{Segment, SegmentStore};
use aof_api::storage::IoCall;
use aof_api::{AofBackend, Error, Result};
use std::io;

/// What a cut to `len` bytes has come to whose future was dropped.
fn interrupted(len: u64) -> Error {
    let interrupted = io::Error::new(io::ErrorKind::Interrupted, "a cut was begun and not finished");
    Error::io(IoCall::Truncate, len, interrupted)
}

impl<S: SegmentStore> SegmentedBackend<S> {
    /// Cuts the log to `len` bytes, durably.
    pub(super) async fn cut_to(&mut self, len: u64) -> Result<()> {
        self.check_unfailed()?;
        let end = self.extent.len();
        if len > end || len < self.extent.start() {
            return Err(Error::OutOfBounds { offset: len, len: end });
        }
        // Every failure must be heard before anything is cut, and no checkpoint may count bytes that are gone.
        let _pause = self.driver.pause();
        self.drain().await;
        self.check_unfailed()?;
        if self.driver.owed_base().is_some_and(|base| len > base) {
            self.name_for_cut(len).await?;
        }
        self.in_doubt = Some(interrupted(len));
        let cut = self.cut_now(len).await;
        self.in_doubt = None;
        cut.inspect_err(|failure| {
            self.poison(failure);
        })
    }

    /// Gives the segment that is written the name that it is owed: what stays of it must have one to be durable.
    async fn name_for_cut(&mut self, len: u64) -> Result<()> {
        match self.driver.finish_seal() {
            Err(Error::Full { .. }) => {}
            finished => return finished,
        }
        // Nothing of the segment is durable: cutting it first loses nothing more, and gives back the room that the name needs.
        self.extent.truncate(len);
        self.places.forget();
        let base = self.active_base;
        self.in_doubt = Some(interrupted(len));
        let cut = self.active()?.truncate(len - base).await.map_err(|failure| shifted(failure, base));
        self.in_doubt = None;
        cut.inspect_err(|failure| {
            self.poison(failure);
        })?;
        self.driver.finish_seal()
    }

    async fn cut_now(&mut self, len: u64) -> Result<()> {
        self.last_note = self.last_note.take().filter(|(covered, _)| *covered <= len);
        if self.driver.kept_note().is_some_and(|covered| covered > len) {
            self.driver.step(|store| store.forget_note().and_then(|()| store.sync_names()))?;
            self.driver.note_forgotten();
        }
        // The readers first, so that none takes the place of a cut byte for the log's.
        self.extent.truncate(len);
        self.places.forget();
        if self.driver.owed_base().is_some_and(|base| len <= base) {
            self.drop_successor()?;
        }
        let base = self.segments.find(len).map_or(self.active_base, |place| place.base);
        if base < self.active_base {
            self.go_back_to(base)?;
        }
        let active = self.active()?;
        active.truncate(len - base).await.map_err(|failure| shifted(failure, base))?;
        self.extent.set_durable(len);
        Ok(())
    }

    /// The segment that is written has no name yet, and nothing of it stays.
    fn drop_successor(&mut self) -> Result<()> {
        let Some((base, segment)) = self.driver.take_seal_back() else { return Ok(()) };
        let successor = self.active.replace(segment);
        let successor_base = std::mem::replace(&mut self.active_base, base);
        self.segments.cut_after(base);
        let Some(mut successor) = successor else { return Ok(()) };
        let view = successor.view()?;
        drop(successor);
        self.driver.step(|store| {
            // It may have been named, and the name not have become durable.
            store.remove_spare(&view).and_then(|()| store.remove(successor_base))?;
            store.sync_names()
        })
    }

    /// Takes the segments after the one at `base` out of the log, from the newest down, and writes that one again.
    fn go_back_to(&mut self, base: u64) -> Result<()> {
        drop(self.active.take());
        let bases = self.segments.bases();
        for newer in bases.iter().rev().take_while(|newer| **newer > base) {
            self.driver.step(|store| {
                store.discard(*newer)?;
                // One at a time: a gap must not be left by a crash.
                store.sync_names()
            })?;
        }
        self.segments.cut_after(base);
        let mut segment = self.driver.step(|store| store.open(base))?;
        self.segments.reopen_last(segment.view()?);
        self.active = Some(segment);
        self.active_base = base;
        Ok(())
    }
}
