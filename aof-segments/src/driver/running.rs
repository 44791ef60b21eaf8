//! Driving the first checkpoint under way.

use super::Driver;
use super::job::Job;
use crate::shifted::shifted;
use crate::store::SegmentStore;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use futures::task::waker_ref;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What came of driving once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing is under way.
    Idle,
    /// The first one is settled.
    Settled,
    /// The first one waits, or somebody else drives it.
    Waits,
}

/// The job that is being driven, which is settled on every way out.
struct Running<'a, S: SegmentStore> {
    driver: &'a Driver<S>,
    job: Option<Job<S>>,
}

impl<S: SegmentStore> Drop for Running<'_, S> {
    fn drop(&mut self) {
        if let Some(job) = self.job.take() {
            let panicked = io::Error::other("a thread that made a checkpoint panicked");
            self.driver.settle(job, Err(Error::io(IoCall::Sync, 0, panicked)));
        }
    }
}

impl<S: SegmentStore> Driver<S> {
    /// Drives the first checkpoint, on this thread.
    pub(super) fn drive_once(self: &Arc<Self>) -> Progress {
        let mut queue = self.lock();
        if queue.running.is_some() {
            return Progress::Waits;
        }
        let forgotten = queue.take_forgotten();
        let Some(mut job) = queue.jobs.pop_front() else { return Progress::Idle };
        job.begun = true;
        queue.running = Some((Arc::clone(&job.outcome), None));
        queue.woken = false;
        let is_owed = !job.seals && queue.seal.as_ref().is_some_and(|seal| seal.synced);
        drop(queue);
        drop(forgotten);
        let mut running = Running { driver: self, job: Some(job) };
        if is_owed && let Err(failure) = self.finish_seal() {
            running.settle(Err(failure));
            return Progress::Settled;
        }
        let waker = waker_ref(self);
        if let Poll::Ready(result) = running.poll(&mut Context::from_waker(&waker)) {
            running.settle(result);
            return Progress::Settled;
        }
        let Some(job) = running.job.take() else { return Progress::Idle };
        self.put_back(job)
    }

    /// The job waits.
    fn put_back(&self, job: Job<S>) -> Progress {
        let mut queue = self.lock();
        queue.running = None;
        queue.jobs.push_front(job);
        let ended = queue.settle_all();
        let is_settled = !ended.is_empty();
        // Who registered after that waking has seen somebody else drive, and nobody else wakes them.
        let wakes = std::mem::take(&mut queue.woken) || is_settled;
        drop(queue);
        drop(ended);
        if wakes {
            self.wake_all();
        }
        if is_settled { Progress::Settled } else { Progress::Waits }
    }

    /// What a checkpoint of a segment has come to, for the log.
    fn settle(&self, job: Job<S>, result: Result<u64>) {
        let result = result.map(|_| job.end).map_err(|failure| shifted(failure, job.base));
        let mut queue = self.lock();
        let outcome = match (&queue.stop, result) {
            (Some(reason), _) => Err(reason.clone()),
            (None, outcome @ (Ok(_) | Err(Error::Moved { .. }))) => {
                self.settler.set_durable(job.end);
                if job.seals {
                    if let Some(seal) = &mut queue.seal {
                        seal.synced = true;
                    }
                    queue.running = Some((Arc::clone(&job.outcome), Some(outcome.clone())));
                    drop(queue);
                    // The bytes are durable, whatever comes of this.
                    drop(self.finish_seal());
                    queue = self.lock();
                }
                outcome
            }
            (None, Err(failure @ Error::Full { .. })) => Err(failure),
            (None, Err(failure)) => {
                drop(queue);
                self.fail(&failure);
                queue = self.lock();
                Err(failure)
            }
        };
        queue.running = None;
        let _ = job.outcome.set(outcome);
        drop(queue);
        self.wake_all();
    }

    /// Poisons the log.
    pub(super) fn fail(&self, failure: &Error) {
        // Outside of the lock, as it wakes readers. No other checkpoint begins meanwhile.
        self.settler.poison(failure);
        let mut queue = self.lock();
        if queue.stop.is_none() {
            queue.stop = Some(failure.poison());
            queue.unheard = Some(failure.clone());
        }
        let running = queue.running.take();
        let ended = queue.settle_all();
        queue.running = running;
        drop(queue);
        drop(ended);
    }
}

impl<S: SegmentStore> Running<'_, S> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<u64>> {
        match &mut self.job {
            Some(job) => job.of_segment.as_mut().poll(context),
            None => Poll::Ready(Err(Error::Closed)),
        }
    }

    fn settle(&mut self, result: Result<u64>) {
        if let Some(job) = self.job.take() {
            self.driver.settle(job, result);
        }
    }
}
