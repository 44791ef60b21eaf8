//! Checkpoints, and the one that moves writing on to the next segment.

use super::SegmentedBackend;
use crate::checkpoint::Checkpoint;
use crate::driver::{Job, Seal};
use crate::shifted::shifted;
use crate::store::{Segment, SegmentStore};
use aof_api::storage::{NOTE_LEN_MAX, Quantity};
use aof_api::{AofBackend, Error, Result};
use aof_file::SyncOn;
use std::sync::Arc;

impl<S: SegmentStore> SegmentedBackend<S> {
    /// What a checkpoint changes happens here: then the writer may continue.
    pub(super) fn begin_checkpoint(&mut self, note: &[u8]) -> Result<Checkpoint<S>> {
        self.check_unfailed()?;
        if note.len() > NOTE_LEN_MAX {
            let (size, limit) = (note.len() as u64, NOTE_LEN_MAX as u64);
            return Err(Error::TooLarge { what: Quantity::Note, size, limit });
        }
        if self.tuning.sync_on == SyncOn::Helper {
            self.driver.start_helper();
        }
        let (base, end) = (self.active_base, self.extent.len());
        let is_large = end - base >= self.tuning.segment_bytes;
        // An entry ends here only where a note says so.
        let (job, seal) = match is_large && end > base && !note.is_empty() {
            true => self.begin_seal(note)?,
            false => (self.begin_plain()?, None),
        };
        let outcome = self.driver.request(job, seal);
        if !note.is_empty() {
            // Its memory serves every checkpoint.
            let (covered, bytes) = self.last_note.get_or_insert_default();
            *covered = end;
            bytes.clear();
            bytes.extend_from_slice(note);
        }
        // While the segment fills up, so that the next one is ready.
        let (len, bytes) = (self.extent.len() - self.active_base, self.tuning.segment_bytes);
        self.driver.want_spares(len >= bytes / 2);
        self.driver.make_spares();
        Ok(Checkpoint::waits(&self.driver, outcome))
    }

    fn begin_plain(&mut self) -> Result<Job<S>> {
        let (base, end) = (self.active_base, self.extent.len());
        Ok(Job::new(self.active()?.checkpoint(&[]), base, end, false))
    }

    /// Moves writing on to a spare, where there is one and no seal is under way.
    fn begin_seal(&mut self, note: &[u8]) -> Result<(Job<S>, Option<Seal<S>>)> {
        let Some(mut spare) = self.driver.take_spare() else { return Ok((self.begin_plain()?, None)) };
        // A name in another directory would be another log's.
        let view = match spare.view() {
            Ok(view) if self.driver.is_in_place() => view,
            _ => {
                self.driver.return_spare(spare);
                return Ok((self.begin_plain()?, None));
            }
        };
        let (base, end) = (self.active_base, self.extent.len());
        let of_segment = match self.active().and_then(Segment::seal) {
            Ok(of_segment) => of_segment,
            Err(failure) => {
                self.driver.return_spare(spare);
                let failure = shifted(failure, base);
                if !matches!(failure, Error::Full { .. } | Error::Moved { .. }) {
                    self.poison(&failure);
                }
                return Err(failure);
            }
        };
        let Some(sealed) = self.active.replace(spare) else { return Err(Error::Closed) };
        self.active_base = end;
        self.segments.push(end, view.clone());
        let seal =
            Seal { base: end, spare: view, note: note.to_vec(), sealed: (base, sealed), synced: false, named: false };
        Ok((Job::new(of_segment, base, end, true), Some(seal)))
    }

    /// Drives everything that is under way to its end.
    pub(super) async fn drain(&mut self) {
        let driver = Arc::clone(&self.driver);
        let place = driver.new_place();
        std::future::poll_fn(|context| driver.poll_drained(context, place)).await;
    }
}
