//! The steps that make checkpoints: waited for, kept under way, polled in any order, dropped.

use super::*;
use crate::disk::SimCheckpoint;

/// How many futures of checkpoints are kept at most.
const UNDER_WAY_MAX: usize = 4;

/// A checkpoint whose future is kept.
pub(super) struct UnderWay {
    future: SimCheckpoint,
    /// Where the log ended at the call.
    end: u64,
    /// Whether the log was poisoned at the call.
    poisoned: bool,
}

/// What happened to the writer of the checkpoints that are under way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was closed, and drove them to their end.
    Closed,
    /// It was dropped.
    Dropped,
    /// It was displaced.
    Fenced,
    /// The power went.
    PowerLost,
}

impl World {
    fn call_checkpoint(&mut self) -> Seen<UnderWay> {
        let poisoned = self.poisoned;
        let log = self.log()?;
        let (end, future) = (log.len(), log.checkpoint());
        self.model.called(end);
        // With a helper, the call is a step of another one.
        self.notice();
        Ok(UnderWay { future, end, poisoned })
    }

    pub(super) async fn checkpoint(&mut self) -> Seen {
        let UnderWay { future, end, poisoned } = self.call_checkpoint()?;
        let outcome = future.await;
        self.settled(end, poisoned, outcome)
    }

    pub(super) fn begin_checkpoint(&mut self) -> Seen {
        if self.under_way.len() < UNDER_WAY_MAX {
            let begun = self.call_checkpoint()?;
            self.tally.overlapping += u64::from(!self.under_way.is_empty());
            self.under_way.push(begun);
        }
        Ok(())
    }

    pub(super) async fn poll_checkpoint(&mut self, which: usize, polls: usize) -> Seen {
        if self.under_way.is_empty() {
            return Ok(());
        }
        let which = which % self.under_way.len();
        if let Some(outcome) = drop_after(polls, &mut self.under_way[which].future).await {
            let UnderWay { end, poisoned, .. } = self.under_way.remove(which);
            return self.settled(end, poisoned, outcome);
        }
        self.notice();
        Ok(())
    }

    pub(super) fn forget_checkpoint(&mut self, which: usize) -> Seen {
        if !self.under_way.is_empty() {
            self.under_way.remove(which % self.under_way.len());
            self.tally.dropped += 1;
        }
        Ok(())
    }

    pub(super) async fn drop_checkpoint(&mut self, polls: usize) -> Seen {
        let UnderWay { future, end, poisoned } = self.call_checkpoint()?;
        match drop_after(polls, future).await {
            Some(outcome) => self.settled(end, poisoned, outcome),
            None => {
                self.tally.dropped += 1;
                self.notice();
                Ok(())
            }
        }
    }

    pub(super) fn step(&mut self, steps: usize) -> Seen {
        for _ in 0..steps {
            self.disk.step();
        }
        self.notice();
        Ok(())
    }

    /// Waits for all that are under way.
    pub(super) async fn wait_for_checkpoints(&mut self) -> Seen {
        for UnderWay { future, end, poisoned } in std::mem::take(&mut self.under_way) {
            let outcome = future.await;
            self.settled(end, poisoned, outcome)?;
        }
        Ok(())
    }

    /// Checks what a checkpoint resolved to while its writer is there.
    fn settled(&mut self, end: u64, was_poisoned: bool, outcome: Result<u64, Error>) -> Seen {
        self.notice();
        match outcome {
            Ok(durable) => {
                must!(!was_poisoned, "a checkpoint that was called on a poisoned log resolved to Ok");
                must!(durable == end, "a checkpoint of {end} bytes resolved to {durable}");
                let claimed = self.log()?.durable_len();
                must!(claimed >= end, "durable_len() is {claimed} after a checkpoint of {end} bytes");
                self.model.acknowledge(end);
            }
            Err(error) => {
                self.tally.failures += 1;
                let full = matches!(error, Error::Full { .. }) && self.was_full;
                must!(full || self.poisoned, "a checkpoint failed with {error:?}");
                let poison = matches!(error, Error::Poisoned { .. });
                must!(!was_poisoned || poison, "a checkpoint called on a poisoned log failed with {error:?}");
            }
        }
        Ok(())
    }

    /// How many bytes the log says are durable: they must be there whatever happens next.
    pub(super) fn claimed(&mut self) -> Seen<u64> {
        let log = self.log()?;
        let (claimed, len) = (log.durable_len(), log.len());
        must!(claimed <= len, "{claimed} of {len} bytes are durable");
        self.model.acknowledge(claimed);
        Ok(claimed)
    }

    /// Checks what the checkpoints under way resolve to when their writer has ended, having claimed that so many bytes
    /// are durable.
    pub(super) async fn check_ended(&mut self, ended: Ended, claimed: u64) -> Seen {
        self.notice();
        for UnderWay { future, end, .. } in std::mem::take(&mut self.under_way) {
            let outcome = future.await;
            match &outcome {
                Ok(durable) => {
                    must!(*durable == end, "a checkpoint of {end} bytes resolved to {durable}");
                    let lasted = matches!(ended, Ended::Closed | Ended::Dropped) || end <= claimed;
                    must!(lasted, "a checkpoint of {end} bytes resolved to Ok after its writer ended at {claimed}");
                    self.model.acknowledge(end);
                }
                Err(_) if self.poisoned || self.was_full => {}
                Err(error) => {
                    let expected = match ended {
                        Ended::Closed => false,
                        Ended::Dropped => matches!(error, Error::Closed),
                        Ended::Fenced => matches!(error, Error::Fenced { .. }),
                        Ended::PowerLost => matches!(error, Error::Io { .. }),
                    };
                    // Durable bytes stay durable however the writer ends; but no future outlives a loss of power.
                    must!(
                        expected && (end > claimed || ended == Ended::PowerLost),
                        "a checkpoint of {end} bytes, with {claimed} durable, failed with {error:?}"
                    );
                }
            }
        }
        Ok(())
    }
}
