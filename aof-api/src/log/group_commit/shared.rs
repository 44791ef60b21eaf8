//! The state under its lock, and the polling of what it owns.

use super::engine;
use super::panics::{caught, discard};
use super::state::State;
use super::ticket::Wakes;
use crate::log::aof::Aof;
use crate::storage::backend::{AofBackend, AofBackendExt};
use futures::future::BoxFuture;
use std::mem;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

/// Owners of logs so far, so that each has a number of its own.
static OWNERS: AtomicU64 = AtomicU64::new(0);

pub(crate) struct Shared<B: AofBackend> {
    state: Mutex<State<B>>,
    /// Wake every waiting caller, to poll the engine or the checkpoint under way.
    engine_bell: Waker,
    flight_bell: Waker,
}

impl<B: AofBackend + 'static> Shared<B> {
    /// Takes a log over, with at most `queue_len_max` bytes accepted and not durable.
    pub(super) fn with_log(mut log: Aof<B>, queue_len_max: u64) -> Arc<Owner<B>> {
        let owner = OWNERS.fetch_add(1, Ordering::Relaxed) + 1;
        let unflushed_max = log.take_over(owner);
        let (tip, durable_len, unflushed) = (log.tip(), log.durable_len(), log.backend().unflushed());
        let shared = Arc::new_cyclic(|weak| {
            // The engine must not own the state, which owns it: when the last handle goes, the log goes too.
            let engine = engine::run(weak.clone(), log, owner, unflushed_max);
            let mut state = State::new(Box::pin(engine), queue_len_max.min(unflushed_max), tip, durable_len);
            state.set_unflushed(unflushed);
            Shared {
                state: Mutex::new(state),
                engine_bell: Arc::new(Bell { shared: weak.clone(), of_engine: true }).into(),
                flight_bell: Arc::new(Bell { shared: weak.clone(), of_engine: false }).into(),
            }
        });
        Arc::new(Owner { shared })
    }

    /// Polls what can be polled now and is polled by nobody else.
    pub(super) fn drive(&self, mut state: MutexGuard<'_, State<B>>) -> Drive {
        if let Some(engine) = state.engine.take_ready() {
            drop(state);
            return self.poll_engine(engine);
        }
        if let Some(flight) = state.flight.as_mut().and_then(|flight| flight.duty.take_ready()) {
            drop(state);
            return self.poll_flight(flight);
        }
        Drive::Idle
    }

    /// Does what takes no time before a caller leaves with its result: so the next checkpoint begins when the last one has
    /// ended, although the callers that wait for it may be slow to wake up.
    pub(super) fn help<'a>(&'a self, mut state: MutexGuard<'a, State<B>>) -> MutexGuard<'a, State<B>> {
        if let Some(flight) = state.take_quick_flight() {
            drop(state);
            self.poll_flight(flight);
            state = self.lock();
        }
        state
    }

    fn poll_engine(&self, mut engine: BoxFuture<'static, ()>) -> Drive {
        let polled = caught(|| engine.as_mut().poll(&mut Context::from_waker(&self.engine_bell)));
        let mut wakes = Wakes::default();
        let error = match polled {
            Ok(Poll::Pending) => {
                let mut state = self.lock();
                state.engine.put_back(engine);
                // It may have rung its own bell, to let others on this executor run.
                let rang = state.engine.woken;
                if rang {
                    state.wake_all(&mut wakes);
                }
                drop(state);
                wakes.wake();
                return if rang { Drive::Rang } else { Drive::Moved };
            }
            Ok(Poll::Ready(())) => crate::Error::Closed,
            Err(panic) => panic,
        };
        // Release the log and its lock before publishing the result.
        discard(engine);
        let leftover = self.lock().over(&error, &mut wakes);
        discard(leftover);
        wakes.wake();
        Drive::Moved
    }

    fn poll_flight(&self, mut flight: Pin<Box<B::Checkpoint>>) -> Drive {
        let polled = caught(|| flight.as_mut().poll(&mut Context::from_waker(&self.flight_bell)));
        let mut wakes = Wakes::default();
        let outcome = match polled {
            Ok(Poll::Pending) => {
                let mut state = self.lock();
                let mut rang = false;
                if let Some(under_way) = &mut state.flight {
                    under_way.duty.put_back(flight);
                    under_way.waits_elsewhere = true;
                    rang = under_way.duty.woken;
                }
                if rang {
                    state.wake_all(&mut wakes);
                }
                drop(state);
                wakes.wake();
                return if rang { Drive::Rang } else { Drive::Moved };
            }
            Ok(Poll::Ready(outcome)) => outcome,
            Err(panic) => Err(panic),
        };
        discard(flight);
        let mut state = self.lock();
        state.landed(outcome, &mut wakes);
        // The next one begins first: to wake many takes as long as a sync.
        if let Some(engine) = state.take_engine_for_checkpoint() {
            drop(state);
            self.poll_engine(engine);
            let mut first = Wakes::default();
            self.lock().nominate(&mut first);
            first.wake();
        } else {
            drop(state);
        }
        wakes.wake();
        Drive::Moved
    }
}

impl<B: AofBackend> Shared<B> {
    pub(super) fn lock(&self) -> MutexGuard<'_, State<B>> {
        // Nothing is done under the lock that could panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the handles, durability futures and followers of one log share. When the last of them is gone, so is the log,
/// with its lock: a thread that rings a [`Bell`] at this moment keeps the state a little longer, but never the log.
pub(crate) struct Owner<B: AofBackend> {
    shared: Arc<Shared<B>>,
}

impl<B: AofBackend> Deref for Owner<B> {
    type Target = Shared<B>;

    fn deref(&self) -> &Shared<B> {
        &self.shared
    }
}

impl<B: AofBackend> Drop for Owner<B> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let (engine, flight) = (state.engine.take(), state.flight.take());
        let waiting = (mem::take(&mut state.lends), mem::take(&mut state.reads), mem::take(&mut state.feeds));
        drop(state);
        discard(engine);
        discard(flight);
        discard(waiting);
    }
}

/// What came of driving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drive {
    /// There was nothing to poll.
    Idle,
    /// Something was polled: look again.
    Moved,
    /// Something was polled that wants to be polled again after others have run; all who wait were woken.
    Rang,
}

/// Wakes the waiting callers, to poll again.
struct Bell<B: AofBackend> {
    shared: Weak<Shared<B>>,
    of_engine: bool,
}

impl<B: AofBackend> Wake for Bell<B> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let Some(shared) = self.shared.upgrade() else { return };
        let mut wakes = Wakes::default();
        {
            let mut state = shared.lock();
            let is_home = if self.of_engine {
                state.engine.woken = true;
                state.engine.is_home()
            } else {
                let Some(flight) = &mut state.flight else { return };
                flight.duty.woken = true;
                flight.duty.is_home()
            };
            // Otherwise, the polling caller sees the flag when it puts the future back.
            if is_home {
                state.wake_all(&mut wakes);
            }
        }
        wakes.wake();
    }
}
