//! What the suite must know of a store.

use openraft::RaftTypeConfig;
use openraft::storage::RaftLogStorage;
use std::future::Future;
use std::io;

/// When a store is stopped and opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Never: openraft's suite as it is.
    Never,
    /// After every call that changes it, by [`Fixture::close`].
    Close,
    /// After every call that changes it, by [`Fixture::crash`], once what the call promised, or a
    /// [`flush`](Fixture::flush), made it durable.
    Crash,
}

/// How the logs of a store are made, opened and stopped.
pub trait Fixture<C: RaftTypeConfig>: Send + Sync + 'static {
    /// Where a log is: a directory, a simulated disk. Dropping it removes the log.
    type Place: Send + Sync + 'static;

    /// The store.
    type Store: RaftLogStorage<C>;

    /// A new place, without a log in it.
    ///
    /// # Errors
    ///
    /// Where none can be made.
    fn place(&self) -> io::Result<Self::Place>;

    /// Opens the log of a place; the first time, makes it.
    ///
    /// # Errors
    ///
    /// Those of the store.
    fn open(&self, place: &Self::Place) -> impl Future<Output = io::Result<Self::Store>> + Send;

    /// Makes every call before durable.
    ///
    /// # Errors
    ///
    /// Those of the store.
    fn flush(&self, store: &mut Self::Store) -> impl Future<Output = io::Result<()>> + Send;

    /// Stops a store in an orderly way: nothing is lost.
    ///
    /// # Errors
    ///
    /// Those of the store.
    fn close(&self, place: &Self::Place, store: Self::Store) -> impl Future<Output = io::Result<()>> + Send;

    /// Stops a store without notice, and loses everything that was not durable, as far as the place can.
    ///
    /// # Errors
    ///
    /// Where the place cannot.
    fn crash(&self, place: &Self::Place, store: Self::Store) -> impl Future<Output = io::Result<()>> + Send;
}
