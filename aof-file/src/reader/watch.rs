//! Waiting for a log to grow that another process, or another handle, writes.

use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

/// How often the thread looks at the end of the log while somebody waits.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A log whose end can be looked up: what a [`Watch`] looks at.
pub trait LogEnd: std::fmt::Debug + Send + Sync + 'static {
    /// Where the log ends now.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where it cannot be looked up.
    fn end(&self) -> Result<u64>;

    /// What names it, for errors.
    fn path(&self) -> &Path;
}

/// Looks at the end of a log from time to time, on a thread of its own: made when somebody first waits, asleep while
/// nobody does, and ended when this is dropped.
/// For storages that many processes read: a building block, as [`FileView`](crate::FileView) is.
#[derive(Debug)]
pub struct Watch<L: LogEnd>(Option<Arc<Watched<L>>>);

#[derive(Debug)]
struct Watched<L> {
    log: Arc<L>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Who waits, and for another length than which.
    waiting: Option<(u64, Waker)>,
    is_dropped: bool,
}

impl<L: LogEnd> Default for Watch<L> {
    fn default() -> Watch<L> {
        Watch(None)
    }
}

impl<L: LogEnd> Watch<L> {
    /// Waits until the log ends beyond `end`, and returns where.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] where it ends before that; the failure of looking.
    pub async fn changed(&mut self, log: &Arc<L>, end: u64) -> Result<u64> {
        match look(&**log, end) {
            Some(outcome) => outcome,
            None => {
                let waiting = Waiting(self.watched(log)?);
                poll_fn(|context| waiting.poll(context, end)).await
            }
        }
    }

    fn watched(&mut self, log: &Arc<L>) -> Result<Arc<Watched<L>>> {
        if let Some(watched) = &self.0 {
            return Ok(Arc::clone(watched));
        }
        let watched =
            Arc::new(Watched { log: Arc::clone(log), state: Mutex::new(State::default()), changed: Condvar::new() });
        let watching = Arc::clone(&watched);
        let thread = thread::Builder::new().name("aof-watch".to_owned()).spawn(move || watching.watch());
        thread.map_err(|source| Error::io_at(IoCall::Stat, log.path(), 0, source))?;
        Ok(Arc::clone(self.0.insert(watched)))
    }
}

impl<L: LogEnd> Drop for Watch<L> {
    fn drop(&mut self) {
        if let Some(watched) = &self.0 {
            watched.lock().is_dropped = true;
            watched.changed.notify_one();
        }
    }
}

/// Somebody who waits, until this is dropped.
struct Waiting<L: LogEnd>(Arc<Watched<L>>);

impl<L: LogEnd> Waiting<L> {
    fn poll(&self, context: &mut Context<'_>, end: u64) -> Poll<Result<u64>> {
        if let Some(outcome) = look(&*self.0.log, end) {
            return Poll::Ready(outcome);
        }
        // The thread compares with `end`, so that a change since the check is not missed.
        let waiting = (end, context.waker().clone());
        let before = self.0.lock().waiting.replace(waiting);
        drop(before);
        self.0.changed.notify_one();
        Poll::Pending
    }
}

impl<L: LogEnd> Drop for Waiting<L> {
    fn drop(&mut self) {
        let before = self.0.lock().waiting.take();
        drop(before);
    }
}

impl<L: LogEnd> Watched<L> {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change of the state is whole in itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut state = self.lock();
        while !state.is_dropped {
            let Some((end, _)) = &state.waiting else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let end = *end;
            drop(state);
            let is_changed = look(&*self.log, end).is_some();
            state = self.lock();
            if is_changed {
                // Another may wait by now: it is woken too, and looks itself.
                let waiting = state.waiting.take();
                drop(state);
                // Wakers are foreign code, and this thread is needed after one that panics.
                let woken = catch_unwind(AssertUnwindSafe(|| waiting.map(|(_, waker)| waker.wake())));
                if woken.is_err() {
                    tracing::error!("a waker panicked when a file had changed");
                }
                state = self.lock();
            } else if !state.is_dropped {
                let slept = self.changed.wait_timeout(state, LOOK_EVERY);
                (state, _) = slept.unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

/// What a wait for more than `end` bytes ends with, if it does now.
fn look(log: &impl LogEnd, end: u64) -> Option<Result<u64>> {
    match log.end() {
        Ok(len) if len == end => None,
        Ok(len) if len > end => Some(Ok(len)),
        Ok(len) => Some(Err(Error::Truncated { offset: end, len })),
        Err(failure) => Some(Err(failure)),
    }
}
