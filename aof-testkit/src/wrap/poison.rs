//! What a fault did to a wrapped backend, and how its readers hear of it.

use aof_api::{Error, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Whether a backend is poisoned, and which of its readers wait to hear of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Poison(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    poison: Option<Error>,
    waiting: Vec<Waker>,
}

impl Poison {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails with the poison.
    pub(super) fn check(&self) -> Result<()> {
        self.state().poison.clone().map_or(Ok(()), Err)
    }

    /// Poisons by this failure, unless one came before, and returns the failure.
    pub(super) fn set(&self, failure: Error) -> Error {
        let mut state = self.state();
        state.poison.get_or_insert_with(|| failure.poison());
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        failure
    }

    /// Forgets it: the backend is closed.
    pub(super) fn clear(&self) {
        self.state().poison = None;
    }

    /// Ready with the poison; until then, the task is woken when it comes.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Error> {
        let mut state = self.state();
        match &state.poison {
            Some(poison) => Poll::Ready(poison.clone()),
            None => {
                if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                    state.waiting.push(context.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}
