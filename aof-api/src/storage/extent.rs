//! How far a log reaches, shared by its one writer, its readers and its checkpoints: a building block for backends.

mod shared;
mod view;

pub use shared::Settler;
pub use view::ExtentView;

use crate::storage::error::{Error, Result};
use shared::Shared;
use std::sync::Arc;

/// The writer's half: where the log begins and ends, how much is durable, and what ended the writer.
///
/// A backend that keeps one gets **B3**, **B13** and **B15** for its readers: they see what was written, fail with the
/// right error past a cut, below a prune and after a fence, and are woken by every change. A checkpoint, which borrows
/// nothing, reports through a [`Settler`].
///
/// Dropping it is a [`close`](Extent::close).
///
/// ```
/// use aof_api::storage::extent::Extent;
///
/// let mut extent = Extent::new(0);
/// let view = extent.view();
/// extent.set_len(100);
/// assert_eq!(view.readable(40, 80).unwrap(), 60);
/// extent.truncate(50);
/// extent.set_len(200);
/// assert_eq!(view.readable(40, 80).unwrap(), 10);
/// assert!(view.readable(50, 80).is_err());
/// assert_eq!(extent.view().readable(u64::MAX, 80).unwrap(), 0);
/// ```
#[derive(Debug)]
pub struct Extent {
    shared: Arc<Shared>,
    /// One for each living view.
    views: Arc<()>,
}

impl Extent {
    /// The extent of a log of `len` bytes that begins at 0, none of it known to be durable.
    #[must_use]
    pub fn new(len: u64) -> Extent {
        Extent::starting_at(0, len)
    }

    /// The extent of a log that holds the bytes from `start` to `len`. Of these, none are known to be durable.
    #[must_use]
    pub fn starting_at(start: u64, len: u64) -> Extent {
        Extent { shared: Arc::new(Shared::new(start, len.max(start))), views: Arc::new(()) }
    }

    /// The offset of the end.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shared.len()
    }

    /// The first offset that is held.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.shared.start()
    }

    /// How many bytes from the beginning are known to survive a crash.
    #[must_use]
    pub fn durable_len(&self) -> u64 {
        self.shared.durable_len()
    }

    /// Whether the log holds no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == self.start()
    }

    /// Fails with what ended the writer: a fence, poison or a close, in this order.
    ///
    /// # Errors
    ///
    /// [`Error::Fenced`], [`Error::Poisoned`] or [`Error::Closed`].
    pub fn check(&self) -> Result<()> {
        self.shared.check()
    }

    /// Shows the bytes up to `len` to the readers, and wakes those that wait. Call it when they can be read.
    pub fn set_len(&mut self, len: u64) {
        // Readers are rare beside writes, and the barrier that their waiting needs costs as much as a small copy.
        self.shared.set_len(len, Arc::strong_count(&self.views) > 1);
    }

    /// Says that the first `len` bytes are durable; a smaller number than before changes nothing.
    pub fn set_durable(&mut self, len: u64) {
        self.shared.set_durable(len);
    }

    /// Cuts the log to `len` bytes for everyone, and permanently for the views that exist. Call it before the bytes go.
    pub fn truncate(&mut self, len: u64) {
        self.shared.truncate(len);
    }

    /// Moves the start up to `start`; a smaller one than before changes nothing. Call it before the bytes go.
    pub fn prune(&mut self, start: u64) {
        self.shared.prune(start);
    }

    /// Ends the log at its durable length for every reader, because a failure left the rest in doubt. Returns the error
    /// of every later call; the first failure stays the cause.
    pub fn poison(&mut self, failure: &Error) -> Error {
        self.shared.poison(failure)
    }

    /// Ends the log at its durable length for every reader, because another writer took it over. Returns the error.
    pub fn fence(&mut self, what: &str) -> Error {
        self.shared.fence(what)
    }

    /// Ends the log at its durable length for every reader. Call it before the lock goes (**B10**).
    pub fn close(&mut self) {
        self.shared.end(Error::Closed);
    }

    /// A view for a new reader.
    #[must_use]
    pub fn view(&mut self) -> ExtentView {
        ExtentView::new(Arc::clone(&self.shared), Arc::clone(&self.views))
    }

    /// A handle for a checkpoint, which outlives every borrow.
    #[must_use]
    pub fn settler(&self) -> Settler {
        Settler::new(Arc::clone(&self.shared))
    }
}

impl Drop for Extent {
    fn drop(&mut self) {
        self.close();
    }
}
