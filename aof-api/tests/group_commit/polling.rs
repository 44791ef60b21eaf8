//! Polling by hand.

use aof_api::{AofBackend, GroupCommit, Operation};
use futures::FutureExt;
use futures::executor::block_on;
use futures::task::ArcWake;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

pub(crate) const OPERATION: Operation = Operation(128);

/// Polls once, with a waker that does nothing.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    future.poll_unpin(&mut Context::from_waker(Waker::noop()))
}

/// Polls until the caller has begun a batch, or waits for one: it lets others go first, once.
pub(crate) fn begin<F: Future + Unpin>(caller: &mut F) -> Poll<F::Output> {
    let accepted = poll_once(caller);
    if accepted.is_pending() { poll_once(caller) } else { accepted }
}

/// The bodies in the log, in order.
pub(crate) fn bodies<B: AofBackend + 'static>(log: &GroupCommit<B>) -> Vec<String> {
    block_on(async {
        let mut entries = log.entries().await.unwrap();
        let mut bodies = Vec::new();
        while let Some(entry) = entries.next().await.unwrap() {
            bodies.push(String::from_utf8(entry.body().to_vec()).unwrap());
        }
        bodies
    })
}

/// Counts how often it is woken.
pub(crate) struct Count(pub(crate) AtomicUsize);

impl ArcWake for Count {
    fn wake_by_ref(count: &Arc<Count>) {
        count.0.fetch_add(1, Ordering::SeqCst);
    }
}
