//! How a backend is made, stopped and made again: what a backend author writes to run the suite.

use crate::suite::capabilities::Capabilities;
use crate::wrap::call::Call;
use aof_api::{AofBackend, Error, Result};
use std::future::Future;

/// One place for one log: makes its backend, stops it, and opens the same log again.
///
/// Every case gets a fixture of its own from the constructor that is given to [`conformance!`](crate::conformance), and
/// calls [`create`](Fixture::create) at most once on it. Dropping the fixture cleans up. What a storage cannot do is left
/// out here and left undeclared in [`capabilities`](Fixture::capabilities): the suite then asserts that it is refused and
/// counts the case as skipped. A capability that is there and not declared is a failure, and so is the opposite.
///
/// ```
/// use aof_api::Result;
/// use aof_memory::MemoryBackend;
/// use aof_testkit::{Capabilities, Fixture, conformance};
///
/// struct MemoryFixture;
///
/// impl Fixture for MemoryFixture {
///     type Backend = MemoryBackend;
///
///     fn capabilities(&self) -> Capabilities {
///         Capabilities::new().truncate().capacity()
///     }
///
///     async fn create(&self) -> Result<MemoryBackend> {
///         Ok(MemoryBackend::new())
///     }
///
///     async fn reopen(&self, backend: MemoryBackend) -> Result<MemoryBackend> {
///         Ok(MemoryBackend::from_bytes(&backend.snapshot()))
///     }
///
///     async fn create_with_capacity(&self, capacity: u64) -> Result<MemoryBackend> {
///         Ok(MemoryBackend::with_capacity(capacity))
///     }
/// }
///
/// conformance!(memory, || MemoryFixture);
/// ```
pub trait Fixture: Sync {
    /// The backend under test.
    type Backend: AofBackend + 'static;

    /// What this storage, and this fixture, can do.
    fn capabilities(&self) -> Capabilities;

    /// An empty log.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being made, which fails the case.
    fn create(&self) -> impl Future<Output = Result<Self::Backend>>;

    /// Closes `backend`, and opens the same log again. The backend may be poisoned, which must not keep the log from being
    /// opened: ignore what `close` answers.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being opened, which fails the case.
    fn reopen(&self, backend: Self::Backend) -> impl Future<Output = Result<Self::Backend>>;

    /// An empty log that takes at least `capacity` bytes, and is full before it has taken twice as much and a MiB.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where the storage has no bound; then leave [`Capabilities::capacity`] out.
    fn create_with_capacity(&self, capacity: u64) -> impl Future<Output = Result<Self::Backend>> {
        let _ = capacity;
        async { Err(Error::Unsupported { what: "a log of a given capacity" }) }
    }

    /// Another writer for the log that [`create`](Fixture::create) made and that is being written, made the way another
    /// process would make it.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`], where [`Capabilities::locks`] is declared; [`Error::Unsupported`] where a log cannot be named
    /// twice, as in memory.
    fn second_writer(&self) -> impl Future<Output = Result<Self::Backend>> {
        async { Err(Error::Unsupported { what: "a second writer" }) }
    }

    /// Loses power: `backend` is gone without a close, what was not durable may be gone too, and the same log is opened
    /// again. `seed` chooses what is lost.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where that cannot be simulated; then leave [`Capabilities::crash`] out.
    fn crash(&self, backend: Self::Backend, seed: u64) -> impl Future<Output = Result<Self::Backend>> {
        drop(backend);
        let _ = seed;
        async { Err(Error::Unsupported { what: "a simulated crash" }) }
    }

    /// Makes the next `call` on the log meet a failure of the storage below it, an [`Error::Io`], once.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where that cannot be arranged; then leave the call out of [`Capabilities::failing`].
    fn fail_next(&self, call: Call) -> Result<()> {
        let _ = call;
        Err(Error::Unsupported { what: "an injected failure" })
    }

    /// Runs a future to its end, by a plain executor. Override it when the backend needs a runtime of its own; it may be
    /// called on several threads at once.
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        futures::executor::block_on(future)
    }
}
