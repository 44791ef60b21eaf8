//! The durability of what was written, as a value to await.

use super::state::Barrier;
use super::ticket::{Stage, durable};
use super::waiter::{Then, Waiter};
use crate::storage::backend::AofBackend;
use crate::storage::error::Result;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Resolves once entries are durable: those of one [`submit`](super::GroupCommit::submit), or all that were accepted
/// before a call of [`durable`](super::GroupCommit::durable).
///
/// It drives the checkpoint while it waits, like every call of the handle. It borrows nothing and keeps the log open.
/// Dropping it loses nothing: the entries stay in the log, and become durable with the next checkpoint.
///
/// # Errors
///
/// Of a `submit`, [`Error::Undecided`](crate::Error::Undecided) with the entry and the failure. Of `durable`, the
/// failure itself, and [`Error::Moved`](crate::Error::Moved) where the entries are durable and the name of the log no
/// longer means it.
#[must_use = "entries are known to be durable once this resolves"]
pub struct Durability<B: AofBackend> {
    waiter: Waiter<B>,
    /// None for the entries of the ticket itself.
    barrier: Option<Barrier>,
}

impl<B: AofBackend + 'static> Durability<B> {
    pub(super) fn of_ticket(waiter: Waiter<B>) -> Durability<B> {
        Durability { waiter, barrier: None }
    }

    pub(super) fn of_barrier(waiter: Waiter<B>, barrier: Barrier) -> Durability<B> {
        Durability { waiter, barrier: Some(barrier) }
    }
}

impl<B: AofBackend + 'static> Future for Durability<B> {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let barrier = self.barrier;
        self.waiter.poll(context, Then::Leave, &mut |state, id, _| match barrier {
            Some(barrier) => state.passed(barrier),
            None => {
                let number = state.durable();
                let stage: &mut Stage = &mut state.tickets.get(id)?.stage;
                durable(stage, number).map(|answer| answer.map(drop))
            }
        })
    }
}
