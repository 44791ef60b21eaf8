//! Cutting the log.

use crate::open::file::Scope;
use crate::writer::backend::FileBackend;
use crate::writer::cut;
use aof_api::{Error, Result};
use std::sync::Arc;

impl FileBackend {
    /// Cuts the log to `len` bytes, durably.
    pub(super) async fn cut_to(&mut self, len: u64) -> Result<()> {
        self.check_unfailed()?;
        let end = self.end.len();
        if len > end {
            return Err(Error::OutOfBounds { offset: len, len: end });
        }
        // Every failure must be heard before anything is cut, and no checkpoint may count bytes that are gone.
        self.drive().await?;
        match self.flush_to_sync() {
            // What waits for room after the cut need not wait any longer, and a full log can be cut.
            Err(Error::Full { .. }) if self.end.discard_after(len) => {}
            flushed => flushed?,
        }
        if len < self.end.len() {
            self.cut_now(len).inspect_err(|failure| {
                self.poison(failure);
            })?;
        }
        self.sync(Scope::All).await
    }

    /// The part that happens at once: the copy of what is cut, and the cut.
    fn cut_now(&mut self, len: u64) -> Result<()> {
        let log = Arc::clone(self.log_file()?);
        // A file that someone else has shortened must not be lengthened again by what should be a cut.
        log.check_length(self.end.file_len())?;
        self.kept_cut = None;
        if self.options().keep_cut {
            self.kept_cut = cut::keep(&*log.system, &log.file, log.status.mode, len..self.end.len())?;
        }
        self.end.cut(&log, len)
    }
}
