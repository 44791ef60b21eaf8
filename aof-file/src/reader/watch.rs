//! Waiting for a file to grow that another process, or another handle, writes.

use crate::open::file::LogFile;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

/// How often the thread looks at the length of the file while somebody waits.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Looks at the length of a file from time to time, on a thread of its own: made when somebody first waits, asleep while
/// nobody does, and ended when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Watch(Option<Arc<Watched>>);

#[derive(Debug)]
struct Watched {
    log: Arc<LogFile>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Who waits, and for another length than which.
    waiting: Option<(u64, Waker)>,
    is_dropped: bool,
}

impl Watch {
    /// Waits until the file ends beyond `end`, and returns where; [`Error::Truncated`] where it ends before that.
    pub(super) async fn changed(&mut self, log: &Arc<LogFile>, end: u64) -> Result<u64> {
        match look(log, end) {
            Some(outcome) => outcome,
            None => {
                let waiting = Waiting(self.watched(log)?);
                poll_fn(|context| waiting.poll(context, end)).await
            }
        }
    }

    fn watched(&mut self, log: &Arc<LogFile>) -> Result<Arc<Watched>> {
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

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(watched) = &self.0 {
            watched.lock().is_dropped = true;
            watched.changed.notify_one();
        }
    }
}

/// Somebody who waits, until this is dropped.
struct Waiting(Arc<Watched>);

impl Waiting {
    fn poll(&self, context: &mut Context<'_>, end: u64) -> Poll<Result<u64>> {
        if let Some(outcome) = look(&self.0.log, end) {
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

impl Drop for Waiting {
    fn drop(&mut self) {
        let before = self.0.lock().waiting.take();
        drop(before);
    }
}

impl Watched {
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
            let is_changed = look(&self.log, end).is_some();
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

/// The length of the file.
pub(super) fn len(log: &LogFile) -> Result<u64> {
    let status = log.system.file_status(&log.file);
    status.map(|status| status.len).map_err(|source: io::Error| Error::io_at(IoCall::Stat, log.path(), 0, source))
}

/// What a wait for more than `end` bytes ends with, if it does now.
fn look(log: &LogFile, end: u64) -> Option<Result<u64>> {
    match len(log) {
        Ok(len) if len == end => None,
        Ok(len) if len > end => Some(Ok(len)),
        Ok(len) => Some(Err(Error::Truncated { offset: end, len })),
        Err(failure) => Some(Err(failure)),
    }
}
