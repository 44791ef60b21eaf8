//! One who waits, and drives meanwhile what everybody waits for.

use super::shared::{Drive, Owner};
use super::state::State;
use super::ticket::{Id, Stage, Wakes};
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Result};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

/// How many polls of shared work one poll of a waiting future makes, before it lets others on its executor run.
const POLLS_MAX: usize = 32;

pub(crate) struct Waiter<B: AofBackend> {
    shared: Arc<Owner<B>>,
    ticket: Held,
}

/// The ticket of one who waits.
enum Held {
    /// It is issued at the first poll.
    None {
        stage: Stage,
        wants_written: bool,
    },
    Some(Id),
    Gone,
}

/// What a waiting caller does after it has its result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It waits for more, soon.
    Continue,
    /// It may wait for more, or not.
    Pause,
    /// It is gone.
    Leave,
}

impl<B: AofBackend + 'static> Waiter<B> {
    pub(super) fn new(shared: &Arc<Owner<B>>, stage: Stage, wants_written: bool) -> Waiter<B> {
        Waiter { shared: Arc::clone(shared), ticket: Held::None { stage, wants_written } }
    }

    /// Waits until `look` finds a result, and drives shared work meanwhile.
    pub(crate) async fn wait<T>(
        &mut self,
        then: Then,
        mut look: impl FnMut(&mut State<B>, Id, &mut Wakes) -> Option<Result<T>>,
    ) -> Result<T> {
        poll_fn(|context| self.poll(context, then, &mut look)).await
    }

    pub(super) fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        then: Then,
        look: &mut impl FnMut(&mut State<B>, Id, &mut Wakes) -> Option<Result<T>>,
    ) -> Poll<Result<T>> {
        // Wakers are cloned and dropped outside of the lock: that is foreign code. Entering rarely waits.
        let mut spare = (then != Then::Continue).then(|| context.waker().clone());
        let mut rang = false;
        for _ in 0..POLLS_MAX {
            let mut state = self.shared.lock();
            if state.lent_on.is_some_and(|thread| thread == std::thread::current().id()) {
                return Poll::Ready(Err(Error::Lent));
            }
            let Some(id) = self.ticket.issue(&mut state) else { return Poll::Ready(Err(Error::Closed)) };
            let mut wakes = Wakes::default();
            if let Some(answer) = look(&mut state, id, &mut wakes) {
                let mut ticket = None;
                if then != Then::Continue {
                    state = self.shared.help(state);
                }
                if then == Then::Leave {
                    ticket = state.tickets.remove(id);
                    self.ticket = Held::Gone;
                }
                if then != Then::Continue {
                    state.leave(&mut wakes);
                }
                drop(state);
                drop(ticket);
                wakes.wake();
                return Poll::Ready(answer);
            }
            if rang {
                drop(state);
                wakes.wake();
                return Poll::Pending;
            }
            let Some(ticket) = state.tickets.get(id) else { return Poll::Ready(Err(Error::Closed)) };
            let known = ticket.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker()));
            let mut old = None;
            if !known {
                if spare.is_none() {
                    drop(state);
                    wakes.wake();
                    spare = Some(context.waker().clone());
                    continue;
                }
                old = std::mem::replace(&mut ticket.waker, spare.take());
            }
            let driven = self.shared.drive(state);
            drop(old);
            wakes.wake();
            match driven {
                Drive::Idle => return Poll::Pending,
                Drive::Moved => {}
                // This one was woken too; it only looks for its result first.
                Drive::Rang => rang = true,
            }
        }
        // This one may not be polled again, so the others are woken for the remaining work, too.
        let mut wakes = Wakes::default();
        self.shared.lock().leave(&mut wakes);
        wakes.wake();
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Held {
    fn issue<B: AofBackend>(&mut self, state: &mut State<B>) -> Option<Id> {
        match std::mem::replace(self, Held::Gone) {
            Held::None { stage, wants_written } => *self = Held::Some(state.tickets.issue(stage, wants_written)),
            held => *self = held,
        }
        if let Held::Some(id) = self { Some(*id) } else { None }
    }
}

impl<B: AofBackend> Waiter<B> {
    pub(super) fn shared(&self) -> &Arc<Owner<B>> {
        &self.shared
    }
}

impl<B: AofBackend> Drop for Waiter<B> {
    fn drop(&mut self) {
        let Held::Some(id) = self.ticket else { return };
        let mut wakes = Wakes::default();
        let ticket = {
            let mut state = self.shared.lock();
            let ticket = state.tickets.remove(id);
            state.leave(&mut wakes);
            ticket
        };
        drop(ticket);
        wakes.wake();
    }
}

/// Lets the others on this executor run.
pub(super) async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
