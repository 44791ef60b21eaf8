//! The syncs of one file: one at a time, in order, and no failure unheard.

mod helper;
mod queue;
mod round;
mod ticket;

pub(crate) use ticket::Ticket;

use crate::open::file::{LogFile, Scope};
use crate::open::options::SyncOn;
use aof_api::storage::extent::Settler;
use aof_api::{Error, Result};
use round::Shared;
use std::sync::Arc;

/// The writer's half: asks for syncs, and hears of their failures.
#[derive(Debug)]
pub(crate) struct Syncer {
    shared: Arc<Shared>,
    sync_on: SyncOn,
    has_helper: bool,
}

impl Syncer {
    pub(crate) fn new(sync_on: SyncOn, log: Arc<LogFile>, settler: Settler) -> Syncer {
        Syncer { shared: Arc::new(Shared::new(log, settler)), sync_on, has_helper: false }
    }

    /// Asks for a sync of everything up to now, which is `end` bytes of the log. None where all of it is durable already,
    /// so not where the file `is_changed` since the last time.
    ///
    /// With a helper the sync is under way on return, or next; otherwise it begins when the ticket is polled.
    pub(crate) fn request(&mut self, is_changed: bool, scope: Scope, end: u64) -> Option<Ticket> {
        if is_changed && self.sync_on == SyncOn::Helper && !self.has_helper {
            self.has_helper = helper::start(&self.shared);
        }
        self.shared.request(is_changed, scope, end)
    }

    /// Drives every sync that was asked for to its end, those of dropped checkpoints too; one that was dropped before
    /// anything began is left.
    ///
    /// # Errors
    ///
    /// The failure of one that poisons; the others are not begun then.
    pub(crate) async fn drive(&self) -> Result<()> {
        while let Some(ticket) = self.shared.under_way() {
            match ticket.await {
                Ok(_) | Err(Error::Moved { .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// The failure of a sync that no call has returned yet.
    pub(crate) fn unheard(&self) -> Option<Error> {
        self.shared.unheard()
    }

    /// Takes away what has not begun, and lets what has begun count for nothing: from now on it resolves to `reason`, or
    /// to what ended it before.
    pub(crate) fn end(&self, reason: Error) {
        self.shared.end(reason);
    }

    /// Lets no sync begin any more, for `reason`, and none that is under way count.
    pub(crate) fn stop(&self, reason: Error) {
        self.shared.stop(reason);
    }
}
