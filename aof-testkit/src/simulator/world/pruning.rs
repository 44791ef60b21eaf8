//! The steps that prune.

use super::*;
use crate::simulator::world::checkpoints::Ended;
use aof_api::AofRead;

impl World {
    /// Prunes the log up to an entry. Where it is in doubt what that did, the log is opened again.
    pub(super) async fn prune(&mut self, back: usize, dropped_after: Option<usize>, crash: Option<u64>) -> Seen {
        let was_poisoned = self.poisoned;
        let index = self.model.entries.len().saturating_sub(back + 1);
        let op = self.model.entries.get(index).map_or(1, |entry| entry.op);
        if dropped_after.is_some() {
            self.faults().set_pending(1, 1.0);
        }
        let pruned = drop_after(dropped_after.unwrap_or(usize::MAX), self.log()?.prune(op)).await;
        self.faults().set_pending(0, 0.0);
        let struck = self.notice();
        self.claimed()?;
        let possible = self.model.is_linear() && self.storage.prunes;
        match pruned {
            Some(Ok(start)) => {
                must!(!was_poisoned, "a prune of a poisoned log returned Ok");
                must!(possible, "a log that cannot be pruned was");
                self.pruned(start, self.highest_start(op)).await?;
                let (said, live) = (self.log()?.start(), self.disk.start());
                must!(said == start && live == start, "a prune returned {start}, and the start is {said} and {live}");
                self.check_tip()
            }
            Some(Err(Error::Unsupported { .. })) => {
                must!(!possible, "a log that can be pruned was not");
                Ok(())
            }
            Some(Err(Error::Io { .. })) if struck.contains(&Fault::PruneFails) => {
                self.tally.failures += 1;
                let start = self.log()?.backend_mut().start().await.map_err(|error| format!("start(): {error:?}"))?;
                must!(start == self.model.start, "after a failed prune the start is {start}");
                Ok(())
            }
            Some(Err(error)) => {
                self.tally.failures += 1;
                must!(self.poisoned, "a prune failed with {error:?}");
                self.find_out_start(self.highest_start(op), crash).await
            }
            None => self.find_out_start(self.highest_start(op), crash).await,
        }
    }

    /// Prunes the storage up to all that is durable, of which the last write stays, and opens the log again.
    pub(super) async fn prune_storage(&mut self, crash: Option<u64>) -> Seen {
        self.wait_for_checkpoints().await?;
        let claimed = self.claimed()?;
        if self.poisoned || !self.storage.prunes || !self.model.is_linear() || self.model.durable == 0 {
            return Ok(());
        }
        let Some(log) = self.log.take() else { return Ok(()) };
        let mut backend = log.into_inner();
        let pruned = backend.prune(claimed).await;
        self.notice();
        // It drives what is under way, dropped ones too.
        let claimed = backend.durable_len();
        self.model.acknowledge(claimed);
        let highest = self.model.entries[self.model.durable - 1].offset;
        self.start_doubtful = Some(highest);
        match pruned {
            Ok(start) => {
                must!(start < claimed, "a prune left nothing of {claimed} durable bytes");
                self.pruned(start, highest).await?;
                self.start_doubtful = None;
            }
            Err(error) => {
                self.tally.failures += 1;
                let failed = self.faults().fired().last().is_some_and(|fired| fired.fault == Fault::PruneFails);
                must!(self.poisoned || failed, "a prune of the storage failed with {error:?}");
            }
        }
        if let Some(seed) = crash {
            self.shown = Some(self.disk.live());
            self.disk.crash(seed);
            self.tally.crashes += 1;
        }
        drop(backend);
        self.open(Policy::Truncate).await
    }

    /// The highest start that a prune up to `op` may make: what is durable is not gone, and the last of it stays.
    fn highest_start(&self, op: u64) -> u64 {
        let wanted = self.model.entries.iter().find(|entry| entry.op >= op);
        let last = self.model.durable.checked_sub(1).map_or(self.model.start, |last| self.model.entries[last].offset);
        wanted.map_or(last, |entry| entry.offset.min(last)).max(self.model.start)
    }

    /// Opens the log again after a prune of which it is in doubt what it did.
    async fn find_out_start(&mut self, highest: u64, crash: Option<u64>) -> Seen {
        self.tally.prunes_in_doubt += 1;
        self.start_doubtful = Some(highest);
        match crash {
            Some(seed) => self.lose_power(seed).await?,
            None => {
                let claimed = self.claimed()?;
                self.log = None;
                self.check_ended(Ended::Dropped, claimed).await?;
            }
        }
        self.open(Policy::Truncate).await
    }

    /// The log begins at `start` from now on. Checks that it may.
    pub(super) async fn pruned(&mut self, start: u64, highest: u64) -> Seen {
        let before = self.model.start;
        if start == before {
            return Ok(());
        }
        must!(
            start > before && start <= highest,
            "the start went from {before} to {start}, at most {highest} is allowed"
        );
        must!(self.model.divisions.contains(&start), "the log was divided at {start}, where no checkpoint ended");
        let is_entry = self.model.entries.iter().any(|entry| entry.offset == start);
        must!(is_entry, "the log begins at {start}, where no entry does");
        let gone = self.model.prune(start);
        // What was before this file is not needed any more.
        self.archives.clear();
        self.tally.prunes += 1;
        if let Some((mut reader, count)) = self.reader.take() {
            match count.checked_sub(gone) {
                Some(count) => self.reader = Some((reader, count)),
                // It may have read ahead, and then hears of it later.
                None => match reader.next().await {
                    Ok(Some(_)) | Err(Error::Pruned { .. } | Error::Closed) => {}
                    other => return Err(format!("a reader of pruned entries found {other:?}")),
                },
            }
        }
        Ok(())
    }
}
