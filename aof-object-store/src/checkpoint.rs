//! A checkpoint under way.

use aof_api::Result;
use futures::future::BoxFuture;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A checkpoint of an [`ObjectStoreBackend`](crate::ObjectStoreBackend): resolves when the PUT of every chunk up to its
/// call has succeeded. The work is done by the thread of the backend, polled or not.
pub struct ObjectCheckpoint(BoxFuture<'static, Result<u64>>);

impl ObjectCheckpoint {
    pub(crate) fn new(waiting: impl Future<Output = Result<u64>> + Send + 'static) -> ObjectCheckpoint {
        ObjectCheckpoint(Box::pin(waiting))
    }

    pub(crate) fn ready(outcome: Result<u64>) -> ObjectCheckpoint {
        ObjectCheckpoint::new(ready(outcome))
    }
}

impl Future for ObjectCheckpoint {
    type Output = Result<u64>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for ObjectCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObjectCheckpoint")
    }
}
