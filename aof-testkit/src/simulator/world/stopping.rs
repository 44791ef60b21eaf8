//! The steps that stop a log and open it again: closing, dropping, cutting, losing power.

use super::checkpoints::Ended;
use super::*;

impl World {
    pub(super) async fn reopen(&mut self, close: bool, policy: Policy) -> Seen {
        let claimed = self.claimed()?;
        if let Some(log) = self.log.take() {
            if close {
                self.close(log, claimed).await?;
            } else {
                drop(log);
                self.check_ended(Ended::Dropped, claimed).await?;
            }
        }
        self.open(policy).await
    }

    async fn close(&mut self, log: Aof<SimBackend>, claimed: u64) -> Seen {
        let was_poisoned = self.poisoned;
        let closed = log.close().await;
        self.notice();
        match closed {
            Ok(()) => {
                // With everything durable before a sync failed, nothing is lost by that.
                let durable = claimed >= self.model.end();
                must!(!was_poisoned && (durable || !self.poisoned), "closing a log that fails returned Ok");
                self.model.acknowledge(self.model.end());
            }
            Err(error) => {
                must!(self.poisoned || self.was_full, "closing the log failed with {error:?}");
                self.tally.failures += 1;
            }
        }
        self.check_ended(Ended::Closed, claimed).await
    }

    pub(super) async fn crash(&mut self, seed: u64, policy: Policy) -> Seen {
        self.lose_power(seed).await?;
        self.open(policy).await
    }

    /// Loses power; what was claimed to be durable must be there when the log is opened again.
    pub(super) async fn lose_power(&mut self, seed: u64) -> Seen {
        let claimed = match self.log {
            Some(_) => self.claimed()?,
            None => 0,
        };
        self.shown = Some(self.disk.live());
        self.disk.crash(seed);
        self.log = None;
        self.tally.crashes += 1;
        self.tally.crashes_under_way += u64::from(!self.under_way.is_empty());
        self.check_ended(Ended::PowerLost, claimed).await
    }

    /// Cuts the storage after an entry. Nothing of what is left is in doubt.
    pub(super) async fn truncate(&mut self, entries: usize) -> Seen {
        self.wait_for_checkpoints().await?;
        if self.poisoned || self.model.scarred || self.storage.append_only {
            return Ok(());
        }
        // Cutting the seam of a rotation would begin a second history, and a pruned log keeps an entry.
        let least = usize::from(!self.archives.is_empty() || self.model.start > 0);
        let left = self.model.entries.len().saturating_sub(entries).max(least);
        let Some(log) = self.log.take() else { return Ok(()) };
        let mut backend = log.into_inner();
        let end = self.model.entries[..left].last().map_or(0, Entry::end);
        let cut = backend.truncate(end).await;
        self.notice();
        if let Err(error) = cut {
            // One that was dropped was driven, and failed.
            must!(self.poisoned, "a truncate to {end} failed with {error:?}");
        } else {
            self.model.entries.truncate(left);
            self.model.durable = left;
            self.model.opened(end);
        }
        drop(backend);
        self.open(Policy::Truncate).await
    }
}
