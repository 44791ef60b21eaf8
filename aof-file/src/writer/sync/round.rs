//! One sync, for all who asked for it before it began.

use super::queue::{Next, Queue};
use super::ticket::Ticket;
use crate::open::file::{LogFile, Scope};
use aof_api::storage::IoCall;
use aof_api::storage::extent::Settler;
use aof_api::{Error, Result};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

/// What the writer, its tickets and the helper thread share.
#[derive(Debug)]
pub(super) struct Shared {
    log: Arc<LogFile>,
    settler: Settler,
    queue: Mutex<Queue>,
    /// Something is next, or nothing will be any more.
    requested: Condvar,
}

/// The outcome of one sync, once there is one.
#[derive(Debug, Default)]
pub(super) struct Round(OnceLock<Result<()>>);

impl Round {
    /// Only the first outcome counts.
    pub(super) fn settle(&self, outcome: Result<()>) {
        let _ = self.0.set(outcome);
    }

    pub(super) fn outcome(&self) -> Option<&Result<()>> {
        self.0.get()
    }
}

/// What a sync has found.
struct Found {
    /// Whether the bytes are durable.
    synced: Result<()>,
    /// Whether the path still names the file.
    named: Result<()>,
}

impl Shared {
    pub(super) fn new(log: Arc<LogFile>, settler: Settler) -> Shared {
        Shared { log, settler, queue: Mutex::new(Queue::default()), requested: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing is done under the lock that could panic half way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A ticket for a sync of `end` bytes: a new one, or the last one asked for where nothing was changed since.
    pub(super) fn request(self: &Arc<Self>, is_changed: bool, scope: Scope, end: u64) -> Option<Ticket> {
        let mut guard = self.lock();
        let queue = &mut *guard;
        if let Some(reason) = &queue.stop {
            let round = Arc::new(Round(OnceLock::from(Err(reason.clone()))));
            return Some(self.ticket(round, end));
        }
        let round = match (&mut queue.next, &queue.running) {
            (Some(next), _) => {
                // It has not begun, so it covers this too. The end is the later one, which a cut may have lowered.
                (next.scope, next.end) = (next.scope.max(scope), end);
                Arc::clone(&next.round)
            }
            (None, Some(running)) if !is_changed => Arc::clone(running),
            (None, None) if !is_changed => return None,
            (None, _) => {
                let round = Arc::new(Round::default());
                queue.next = Some(Next { round: Arc::clone(&round), scope, end });
                round
            }
        };
        let notify = queue.has_helper && queue.running.is_none();
        drop(guard);
        if notify {
            self.requested.notify_one();
        }
        Some(self.ticket(round, end))
    }

    /// A ticket for the last sync that must be driven, if there is one.
    pub(super) fn under_way(self: &Arc<Self>) -> Option<Ticket> {
        let queue = self.lock();
        let next = queue.next.as_ref().filter(|next| queue.has_helper || Arc::strong_count(&next.round) > 1);
        let round = next.map(|next| &next.round).or(queue.running.as_ref())?;
        Some(self.ticket(Arc::clone(round), 0))
    }

    pub(super) fn unheard(&self) -> Option<Error> {
        self.lock().unheard.take()
    }

    pub(super) fn end(&self, reason: Error) {
        let mut queue = self.lock();
        let reason = queue.stop.get_or_insert(reason).clone();
        if let Some(running) = &queue.running {
            running.settle(Err(reason));
        }
        self.settle_next(queue);
    }

    pub(super) fn stop(&self, reason: Error) {
        let mut queue = self.lock();
        queue.stop.get_or_insert(reason);
        self.settle_next(queue);
    }

    fn settle_next(&self, mut queue: MutexGuard<'_, Queue>) {
        queue.settle_next();
        let wakers = queue.take_wakers();
        drop(queue);
        self.requested.notify_one();
        wake(wakers);
    }

    /// What the helper thread does until the writer is gone.
    pub(super) fn serve(&self) {
        loop {
            let mut queue = self.lock();
            let next = loop {
                if let Some(next) = queue.begin() {
                    break next;
                }
                if queue.stop.is_some() {
                    return;
                }
                queue = self.requested.wait(queue).unwrap_or_else(PoisonError::into_inner);
            };
            drop(queue);
            // A panic of the system's has been settled as a failure; there may be a next one to settle.
            let _ = catch_unwind(AssertUnwindSafe(|| self.run(next)));
        }
    }

    /// Syncs, on this thread and without the lock.
    pub(super) fn run(&self, next: Next) {
        let path = self.log.path();
        let mut begun = Begun { shared: self, next: Some(next) };
        let Some(Next { scope, end, .. }) = begun.next else { return };
        let durable = self.settler.durable_len();
        let synced = self.log.sync(scope).map_err(|source| Error::io_at(IoCall::Sync, path, durable, source));
        let synced = synced.and_then(|()| self.log.check_holds(end));
        let named = if synced.is_ok() { self.log.check_path() } else { Ok(()) };
        begun.finish(Found { synced, named });
    }

    fn settle(&self, next: &Next, Found { synced, named }: Found) {
        if let Err(failure) = &synced
            && self.lock().stop.is_none()
        {
            // Outside of the lock, as it wakes readers; nothing begins meanwhile.
            self.settler.poison(failure);
        }
        let mut queue = self.lock();
        queue.running = None;
        let outcome = match (&queue.stop, synced) {
            (Some(reason), _) => Err(reason.clone()),
            (None, Err(failure)) => {
                queue.stop = Some(failure.poison());
                queue.unheard = Some(failure.clone());
                Err(failure)
            }
            (None, Ok(())) => {
                self.settler.set_durable(next.end);
                named
            }
        };
        next.round.settle(outcome);
        queue.settle_next();
        let is_more = queue.next.is_some();
        let wakers = queue.take_wakers();
        drop(queue);
        if is_more {
            // The helper thread may have begun to wait while another thread synced.
            self.requested.notify_one();
        }
        wake(wakers);
    }

    fn ticket(self: &Arc<Self>, round: Arc<Round>, end: u64) -> Ticket {
        Ticket::new(Arc::clone(self), round, end)
    }
}

/// A sync under way, which is settled on every way out.
struct Begun<'a> {
    shared: &'a Shared,
    /// None once it is settled.
    next: Option<Next>,
}

impl Begun<'_> {
    fn finish(&mut self, found: Found) {
        if let Some(next) = self.next.take() {
            self.shared.settle(&next, found);
        }
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if self.next.is_none() {
            return;
        }
        let panicked = io::Error::other("the thread that syncs panicked");
        let failure = Error::io_at(IoCall::Sync, self.shared.log.path(), 0, panicked);
        self.finish(Found { synced: Err(failure), named: Ok(()) });
    }
}

/// Wakes all, also where one panics: wakers are foreign code.
fn wake(wakers: Vec<Waker>) {
    for waker in wakers {
        if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
            tracing::error!("a waker panicked when a sync had ended");
        }
    }
}
