//! Waiting for a sync, and driving it where no helper thread does.

use super::queue::Place;
use super::round::{Round, Shared};
use aof_api::Result;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// One who asked for a sync. Resolves to how many bytes were asked for, once they are durable.
#[derive(Debug)]
pub(crate) struct Ticket {
    shared: Arc<Shared>,
    round: Arc<Round>,
    end: u64,
    place: Option<Place>,
}

impl Ticket {
    pub(super) fn new(shared: Arc<Shared>, round: Arc<Round>, end: u64) -> Ticket {
        Ticket { shared, round, end, place: None }
    }

    fn outcome(&self) -> Option<Result<u64>> {
        let outcome = self.round.outcome()?;
        if outcome.is_err() {
            let unheard = self.shared.unheard();
            drop(unheard);
        }
        Some(outcome.clone().map(|()| self.end))
    }
}

impl Future for Ticket {
    type Output = Result<u64>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        let this = &mut *self;
        loop {
            if let Some(outcome) = this.outcome() {
                return Poll::Ready(outcome);
            }
            let waker = context.waker().clone();
            let mut queue = this.shared.lock();
            if this.round.outcome().is_some() {
                continue;
            }
            let begun = if queue.has_helper { None } else { queue.begin() };
            match begun {
                Some(next) => {
                    drop(queue);
                    this.shared.run(next);
                }
                None => {
                    let earlier = queue.register(&mut this.place, waker);
                    drop(queue);
                    drop(earlier);
                    return Poll::Pending;
                }
            }
        }
    }
}
