//! The future of a checkpoint.

use crate::driver::{Driver, Outcome};
use crate::store::SegmentStore;
use aof_api::Result;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A checkpoint of a [`SegmentedBackend`](crate::SegmentedBackend) under way. It borrows nothing.
///
/// With [`SyncOn::Helper`](aof_file::SyncOn::Helper) it is made whether it is polled or not. With
/// [`SyncOn::Caller`](aof_file::SyncOn::Caller) the polling thread makes it and what was called before it, and blocks
/// meanwhile; one that is dropped before its first poll syncs nothing, unless it seals a segment: then the next one does.
///
/// Polled after it has resolved, it resolves to the same again.
#[must_use = "a checkpoint says whether the log is durable"]
pub struct Checkpoint<S: SegmentStore>(State<S>);

enum State<S: SegmentStore> {
    Settled(Result<u64>),
    Waits { driver: Arc<Driver<S>>, outcome: Arc<Outcome>, place: Option<u64> },
}

impl<S: SegmentStore> Checkpoint<S> {
    pub(crate) fn settled(outcome: Result<u64>) -> Checkpoint<S> {
        Checkpoint(State::Settled(outcome))
    }

    pub(crate) fn waits(driver: &Arc<Driver<S>>, outcome: Arc<Outcome>) -> Checkpoint<S> {
        Checkpoint(State::Waits { driver: Arc::clone(driver), outcome, place: None })
    }
}

impl<S: SegmentStore> Future for Checkpoint<S> {
    type Output = Result<u64>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        match &mut self.0 {
            State::Settled(outcome) => Poll::Ready(outcome.clone()),
            State::Waits { driver, outcome, place } => {
                let place = *place.get_or_insert_with(|| driver.new_place());
                driver.poll_outcome(context, outcome, place)
            }
        }
    }
}

impl<S: SegmentStore> fmt::Debug for Checkpoint<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            State::Settled(outcome) => f.debug_tuple("Settled").field(outcome).finish(),
            State::Waits { outcome, .. } => f.debug_tuple("Waits").field(&outcome.get()).finish(),
        }
    }
}
