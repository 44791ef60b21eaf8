//! The end of the writer: what it still does under the lock, and that nothing comes after.

use crate::open::file::Scope;
use crate::writer::backend::FileBackend;
use aof_api::{Error, Result};
use std::sync::Arc;

impl FileBackend {
    /// What a close does before the lock goes: the next writer must find neither a gap for the buffer nor zeros ahead.
    pub(super) async fn finish(&mut self) -> Result<()> {
        let Some(open) = &self.open else { return Ok(()) };
        if self.end.reach().check().is_err() {
            return open.syncer.unheard().map_or(Ok(()), Err);
        }
        let log = Arc::clone(&open.log);
        self.drive().await?;
        self.end.flush(&log).map_err(|failure| self.heard(failure))?;
        if self.end.is_ahead() {
            log.check_length(self.end.file_len())?;
            self.end.trim(&log)?;
            // So that a power loss does not bring the zeros back.
            self.sync(Scope::All).await?;
        }
        Ok(())
    }

    /// Gives the lock up. From here on nothing of this writer changes the storage, and its readers and checkpoints end at
    /// what is durable.
    pub(super) fn give_up(&mut self) {
        if let Some(open) = self.open.take() {
            open.syncer.end(Error::Closed);
            self.end.extent().close();
        }
    }
}

impl Drop for FileBackend {
    /// As a close, as far as it goes without waiting for a sync: failures go unreported.
    fn drop(&mut self) {
        let Some(open) = &self.open else { return };
        let is_poisoned = self.end.reach().check().is_err();
        let log = Arc::clone(&open.log);
        open.syncer.end(Error::Closed);
        self.end.extent().close();
        if !is_poisoned
            && self.end.flush(&log).is_ok()
            && self.end.is_ahead()
            && log.check_length(self.end.file_len()).is_ok()
        {
            let _ = self.end.trim(&log);
        }
        self.give_up();
    }
}
