//! Foreign code may panic: that ends the log, and nobody else.

use crate::storage::error::{Error, Result};
use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Runs foreign code. Its panic becomes [`Error::Panicked`]; what it worked on must not be used after that.
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| Error::Panicked { message: message(panic) })
}

fn message(panic: Box<dyn Any + Send>) -> Arc<str> {
    if let Some(message) = panic.downcast_ref::<&str>() {
        return Arc::from(*message);
    }
    if let Some(message) = panic.downcast_ref::<String>() {
        return Arc::from(message.as_str());
    }
    // Its drop is foreign code too, and nothing is left that could catch it.
    std::mem::forget(panic);
    Arc::from("a value that is not text")
}

/// Drops what is foreign. Nothing is left to be done about a panic then.
pub(super) fn discard<T>(value: T) {
    if let Err(error) = caught(|| drop(value)) {
        tracing::warn!(%error, "a drop panicked");
    }
}

/// A foreign value whose drop may panic, also while another panic unwinds.
pub(super) struct Foreign<T>(Option<T>);

impl<T> Foreign<T> {
    pub(super) fn new(value: T) -> Foreign<T> {
        Foreign(Some(value))
    }

    pub(super) fn into_inner(mut self) -> T {
        self.0.take().expect("the value leaves only here and by drop")
    }
}

impl<T> Deref for Foreign<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("the value leaves only by `into_inner` and drop")
    }
}

impl<T> DerefMut for Foreign<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("the value leaves only by `into_inner` and drop")
    }
}

impl<T> Drop for Foreign<T> {
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            discard(value);
        }
    }
}
