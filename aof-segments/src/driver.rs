//! Checkpoints under way, in the order of their calls, and the steps in which the names change.
//!
//! The caller that polls a checkpoint drives the first of all that are under way, or a helper thread does it for everybody. Nothing
//! is done under the lock of the queue but looking at memory.

mod helper;
mod job;
mod naming;
mod queue;
mod running;
mod spares;
mod step;

pub(crate) use job::{Job, Outcome};
pub(crate) use queue::Seal;

use crate::segments::Segments;
use crate::store::SegmentStore;
use aof_api::storage::extent::Settler;
use aof_api::{Error, Result};
use futures::task::ArcWake;
use queue::Queue;
use running::Progress;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

/// What the writer, its checkpoints and the helper thread share.
#[derive(Debug)]
pub(crate) struct Driver<S: SegmentStore> {
    pub(crate) store: Arc<S>,
    pub(crate) segments: Arc<Segments<S::View>>,
    settler: Settler,
    queue: Mutex<Queue<S>>,
    /// There is work for the helper thread, or a step has ended.
    changed: Condvar,
}

impl<S: SegmentStore> Driver<S> {
    pub(crate) fn new(
        store: Arc<S>,
        segments: Arc<Segments<S::View>>,
        settler: Settler,
        lock: S::Lock,
        kept_note: Option<u64>,
        spares_max: usize,
    ) -> Arc<Driver<S>> {
        let queue = Mutex::new(Queue::new(lock, kept_note, spares_max));
        Arc::new(Driver { store, segments, settler, queue, changed: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Queue<S>> {
        // Nothing is done under the lock that could panic half way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a checkpoint last. With `seal`, writing has moved on from the segment that it makes durable.
    pub(crate) fn request(&self, job: Job<S>, seal: Option<Seal<S>>) -> Arc<Outcome> {
        let outcome = Arc::clone(&job.outcome);
        let mut queue = self.lock();
        if let Some(reason) = &queue.stop {
            let _ = outcome.set(Err(reason.clone()));
            drop(queue);
            drop((job, seal));
            return outcome;
        }
        let forgotten = queue.take_forgotten();
        queue.jobs.push_back(job);
        if seal.is_some() {
            queue.seal = seal;
        }
        drop(queue);
        drop(forgotten);
        self.changed.notify_all();
        outcome
    }

    /// Where a waiting checkpoint has its waker.
    pub(crate) fn new_place(&self) -> u64 {
        let mut queue = self.lock();
        queue.places += 1;
        queue.places
    }

    /// Waits for `outcome`, and drives what is first meanwhile where no helper does.
    pub(crate) fn poll_outcome(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        outcome: &OnceLock<Result<u64>>,
        place: u64,
    ) -> Poll<Result<u64>> {
        loop {
            if let Some(outcome) = outcome.get() {
                if outcome.is_err() {
                    drop(self.unheard());
                }
                return Poll::Ready(outcome.clone());
            }
            let has_helper = self.register(context, place);
            if outcome.get().is_some() {
                continue;
            }
            if has_helper || self.drive_once() != Progress::Settled {
                // What is settled meanwhile wakes everybody who is registered.
                return match outcome.get() {
                    Some(_) => continue,
                    None => Poll::Pending,
                };
            }
        }
    }

    /// Waits until no checkpoint and no step is under way, and drives them where no helper does.
    pub(crate) fn poll_drained(self: &Arc<Self>, context: &mut Context<'_>, place: u64) -> Poll<()> {
        loop {
            let has_helper = self.register(context, place);
            if self.lock().is_drained() {
                return Poll::Ready(());
            }
            if has_helper || self.drive_once() != Progress::Settled {
                return match self.lock().is_drained() {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                };
            }
        }
    }

    /// Registers who waits, and returns whether a helper thread drives.
    fn register(&self, context: &Context<'_>, place: u64) -> bool {
        let waker = context.waker().clone();
        let mut queue = self.lock();
        let earlier = queue.register(place, waker);
        let has_helper = queue.has_helper;
        drop(queue);
        // Foreign code, so outside of the lock.
        drop(earlier);
        has_helper
    }

    /// The failure of a checkpoint that no call has returned yet.
    pub(crate) fn unheard(&self) -> Option<Error> {
        self.lock().unheard.take()
    }

    /// Lets nothing begin any more, for `reason`, and nothing that is under way count.
    pub(crate) fn stop(&self, reason: Error) {
        let mut queue = self.lock();
        queue.stop.get_or_insert(reason);
        let ended = queue.settle_all();
        drop(queue);
        drop(ended);
        self.wake_all();
    }

    /// Gives the log up: waits for a step that has begun to change names, takes away what has not begun, and gives the lock
    /// back. `beneath` is done while the lock is still held; it is given whether the segment that is written has no name.
    pub(crate) fn end(&self, beneath: impl FnOnce(bool)) {
        let mut queue = self.lock();
        queue.closing = true;
        while queue.steps > 0 {
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.stop.get_or_insert(Error::Closed);
        let ended = queue.settle_all();
        let is_unnamed = queue.seal.as_ref().is_some_and(|seal| !seal.named);
        let (seal, spares, lock) = (queue.seal.take(), std::mem::take(&mut queue.spares), queue.lock.take());
        drop(queue);
        drop(ended);
        beneath(is_unnamed);
        if lock.is_some() {
            self.remove_spares(spares);
        }
        // The segment that was being sealed has a lock of its own.
        drop(seal);
        drop(lock);
        self.wake_all();
    }

    /// Wakes everybody who waits; each looks again.
    fn wake_all(&self) {
        let mut queue = self.lock();
        queue.woken = true;
        let wakers = std::mem::take(&mut queue.wakers);
        drop(queue);
        self.changed.notify_all();
        wake(wakers.into_iter().map(|(_, waker)| waker));
    }
}

impl<S: SegmentStore> ArcWake for Driver<S> {
    fn wake_by_ref(driver: &Arc<Self>) {
        driver.wake_all();
    }
}

/// Wakes all, also where one panics: wakers are foreign code.
fn wake(wakers: impl Iterator<Item = Waker>) {
    for waker in wakers {
        if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
            tracing::error!("a waker panicked when a checkpoint had ended");
        }
    }
}
