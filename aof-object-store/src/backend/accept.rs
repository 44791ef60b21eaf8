//! Accepting writes, and cutting them into chunks.

use super::ObjectStoreBackend;
use crate::checkpoint::ObjectCheckpoint;
use crate::chunk::Note;
use crate::writer::Cut;
use aof_api::storage::{NOTE_LEN_MAX, Quantity, WRITE_LEN_MAX};
use aof_api::{Error, Result};
use std::io::IoSlice;

impl ObjectStoreBackend {
    pub(super) async fn accept(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.check_open()?;
        self.extent.check()?;
        let added = parts.iter().map(|part| part.len()).sum::<usize>();
        if added > WRITE_LEN_MAX {
            let (size, limit) = (added as u64, WRITE_LEN_MAX as u64);
            return Err(Error::TooLarge { what: Quantity::Write, size, limit });
        }
        // Memory is bounded: what waits for its PUT makes room first.
        let wanted = self.cut_to.saturating_sub(self.core.requests.options.queued_len_max);
        if self.extent.durable_len() < wanted
            && let Err(error) = self.progress.durable(wanted).await
        {
            self.extent.check()?;
            return Err(error);
        }
        // From here on nothing is awaited (B9).
        self.extent.check()?;
        let (from, chunk_len) = (self.extent.len(), self.core.requests.options.chunk_len as u64);
        let waiting = from - self.cut_to;
        if waiting > 0 && waiting + added as u64 > chunk_len {
            // Never within a write: what is on the store is whole writes (B11).
            self.cut(None);
            self.unflushed.seal();
        }
        self.unflushed.push(parts);
        self.extent.set_len(from + added as u64);
        if self.extent.len() - self.cut_to >= chunk_len {
            self.cut(None);
            self.unflushed.seal();
        }
        Ok(from)
    }

    pub(super) fn begin_checkpoint(&mut self, note: &[u8]) -> ObjectCheckpoint {
        if note.len() > NOTE_LEN_MAX {
            let (size, limit) = (note.len() as u64, NOTE_LEN_MAX as u64);
            return ObjectCheckpoint::ready(Err(Error::TooLarge { what: Quantity::Note, size, limit }));
        }
        if let Err(error) = self.check_open().and_then(|()| self.extent.check()) {
            return ObjectCheckpoint::ready(Err(error));
        }
        let len = self.extent.len();
        let note = (!note.is_empty()).then(|| Note { covered: len, bytes: note.to_vec() });
        let is_new = note.is_some() && note != self.newest_note;
        if len > self.cut_to || is_new {
            self.cut(note);
        }
        let (mut progress, cut) = (self.progress.clone(), self.cut_id);
        ObjectCheckpoint::new(async move { progress.cut(cut).await.map(|()| len) })
    }

    /// Ends the piece that is being written; the uploader takes it from here.
    fn cut(&mut self, note: Option<Note>) {
        self.cut_to = self.extent.len();
        self.cut_id += 1;
        if note.is_some() {
            self.newest_note.clone_from(&note);
        }
        self.queue.push(Cut { id: self.cut_id, to: self.cut_to, note });
    }
}
