//! The future of a checkpoint on a simulated disk.

use super::sim_disk::SimDisk;
use super::under_way::{Outcome, Step};
use aof_api::{Error, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A checkpoint of a [`SimBackend`](super::SimBackend) under way.
///
/// Each poll is a step of the sync at the front, which may be that of an earlier checkpoint.
#[derive(Debug)]
pub struct SimCheckpoint {
    disk: SimDisk,
    outcome: Outcome,
}

impl SimCheckpoint {
    pub(super) fn new(disk: SimDisk, outcome: Outcome) -> SimCheckpoint {
        SimCheckpoint { disk, outcome }
    }

    /// Drives it to its end on the spot.
    #[cfg(feature = "flawed")]
    pub(crate) fn finish(self) -> Result<u64> {
        while self.outcome.get().is_none() && self.disk.advance() != Step::Idle {}
        self.outcome.get().cloned().unwrap_or(Err(Error::Closed))
    }
}

impl Future for SimCheckpoint {
    type Output = Result<u64>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        loop {
            if let Some(outcome) = self.outcome.get() {
                return Poll::Ready(outcome.clone());
            }
            match self.disk.advance() {
                Step::Settled => {}
                Step::Taken => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                // Another thread may have settled it since it was looked at.
                Step::Idle => return Poll::Ready(self.outcome.get().cloned().unwrap_or(Err(Error::Closed))),
            }
        }
    }
}

impl Drop for SimCheckpoint {
    fn drop(&mut self) {
        if self.outcome.get().is_none() {
            self.disk.state().dropped(&self.outcome, self.disk.options());
        }
    }
}
