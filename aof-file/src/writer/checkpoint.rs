//! Making the log durable: what a checkpoint does at its call, and the future that waits for its sync.

use crate::open::file::Scope;
use crate::writer::backend::FileBackend;
use crate::writer::sync::Ticket;
use aof_api::storage::{NOTE_LEN_MAX, Quantity};
use aof_api::{Error, Result};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A checkpoint of a [`FileBackend`] under way.
///
/// It borrows nothing. With [`SyncOn::Helper`](crate::SyncOn::Helper) its sync runs whether it is polled or not, and
/// dropping it changes nothing. With [`SyncOn::Caller`](crate::SyncOn::Caller) the sync runs on the thread that polls, which
/// blocks meanwhile; one that is dropped before its first poll syncs nothing.
///
/// Polled after it has resolved, it resolves to the same again.
#[derive(Debug)]
#[must_use = "a checkpoint says whether the log is durable"]
pub struct Checkpoint(Outcome);

#[derive(Debug)]
enum Outcome {
    Settled(Result<u64>),
    Waits(Ticket),
}

impl Checkpoint {
    pub(super) fn settled(outcome: Result<u64>) -> Checkpoint {
        Checkpoint(Outcome::Settled(outcome))
    }
}

impl Future for Checkpoint {
    type Output = Result<u64>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        match &mut self.0 {
            Outcome::Settled(outcome) => Poll::Ready(outcome.clone()),
            Outcome::Waits(ticket) => Pin::new(ticket).poll(context),
        }
    }
}

impl FileBackend {
    /// What a checkpoint changes happens here, and the sync after it: then the writer may continue.
    pub(super) fn begin_checkpoint(&mut self, note: &[u8]) -> Result<Checkpoint> {
        self.check_unfailed()?;
        if note.len() > NOTE_LEN_MAX {
            let (size, limit) = (note.len() as u64, NOTE_LEN_MAX as u64);
            return Err(Error::TooLarge { what: Quantity::Note, size, limit });
        }
        // Now, because during the sync the file may grow, and only the writer knows how long it should be.
        self.check_length()?;
        self.flush_to_sync()?;
        let log = Arc::clone(self.log_file()?);
        self.end.allocate_ahead(&log).inspect_err(|failure| {
            self.poison(failure);
        })?;
        Ok(match self.ask_sync(Scope::Data)? {
            Some(ticket) => Checkpoint(Outcome::Waits(ticket)),
            None => Checkpoint::settled(log.check_path().map(|()| self.end.len())),
        })
    }

    /// Fails where the log takes no more writes; the first call after a sync that nobody waited for has failed returns that
    /// failure itself.
    pub(super) fn check_unfailed(&self) -> Result<()> {
        let checked = self.end.reach().check();
        let unheard = self.open.as_ref().filter(|_| checked.is_err()).and_then(|open| open.syncer.unheard());
        unheard.map_or(checked, Err)?;
        self.log_file().map(|_| ())
    }

    /// Finds out whether something else cut the file or wrote to it, which poisons.
    pub(super) fn check_length(&mut self) -> Result<()> {
        let checked = self.log_file()?.check_length(self.end.file_len());
        checked.inspect_err(|failure| {
            self.poison(failure);
        })
    }

    /// Brings what waits in the write buffer into the file. A failure poisons, save for want of room, as no sync has been
    /// issued: the bytes continue to wait.
    pub(super) fn flush_to_sync(&mut self) -> Result<()> {
        let log = Arc::clone(self.log_file()?);
        let flushed = self.end.flush(&log).map_err(|failure| self.heard(failure));
        flushed.inspect_err(|failure| {
            if !matches!(failure, Error::Full { .. }) {
                self.poison(failure);
            }
        })
    }

    /// Asks for a sync of all that the file has; none where it is durable already. The write buffer is empty.
    fn ask_sync(&mut self, scope: Scope) -> Result<Option<Ticket>> {
        let open = self.open.as_mut().ok_or(Error::Closed)?;
        let is_changed = self.end.sync_asked();
        Ok(open.syncer.request(is_changed, scope, self.end.len()))
    }

    /// Makes all that the file has durable, and sees that it has exactly that. The write buffer is empty.
    pub(super) async fn sync(&mut self, scope: Scope) -> Result<()> {
        if let Some(ticket) = self.ask_sync(scope)? {
            match ticket.await {
                Ok(_) | Err(Error::Moved { .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
        self.check_length()
    }

    /// Drives the checkpoints under way to their end, those that were dropped too. Fails with what has poisoned.
    pub(super) async fn drive(&mut self) -> Result<()> {
        match &self.open {
            Some(open) => open.syncer.drive().await,
            None => Err(Error::Closed),
        }
    }

    /// Makes a checkpoint, and gives back what was [allocated ahead](crate::FileOptions::preallocate_bytes): the file is as
    /// long as the log, byte for byte, until a later checkpoint allocates again.
    ///
    /// For a log that will not be written for a while, or whose file another program is to read or move. Durable on return:
    /// everything written before, and the length of the file.
    ///
    /// # Errors
    ///
    /// Those of [`checkpoint`](aof_api::AofBackend::checkpoint), except [`Moved`](Error::Moved): the path does not matter.
    pub async fn trim(&mut self) -> Result<()> {
        self.check_unfailed()?;
        self.flush_to_sync()?;
        // The written bytes first: where the file turns out to be another's too, nothing is cut.
        self.sync(Scope::Data).await?;
        let log = Arc::clone(self.log_file()?);
        self.end.trim(&log).inspect_err(|failure| {
            self.poison(failure);
        })?;
        self.sync(Scope::All).await
    }

    /// Begins the last checkpoint of a file that will not be written any more: gives back what was
    /// [allocated ahead](crate::FileOptions::preallocate_bytes) within the call, and syncs the bytes together with the
    /// length of the file. For storages that continue in another file. Nothing forbids writing here, where that other file
    /// does not come to be.
    ///
    /// # Errors
    ///
    /// What failed within the call, as a [`checkpoint`](aof_api::AofBackend::checkpoint) would report it; of the future, the
    /// same as there.
    pub fn seal(&mut self) -> Result<Checkpoint> {
        self.check_unfailed()?;
        self.check_length()?;
        self.flush_to_sync()?;
        let log = Arc::clone(self.log_file()?);
        self.end.trim(&log).inspect_err(|failure| {
            self.poison(failure);
        })?;
        Ok(match self.ask_sync(Scope::All)? {
            Some(ticket) => Checkpoint(Outcome::Waits(ticket)),
            None => Checkpoint::settled(log.check_path().map(|()| self.end.len())),
        })
    }
}
