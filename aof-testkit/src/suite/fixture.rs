//! How a backend is made, stopped and made again: what a backend author writes to run the suite.

use crate::suite::capabilities::Capabilities;
use crate::suite::scale::Scale;
use crate::suite::trouble::Trouble;
use aof_api::storage::DynAofRead;
use aof_api::{AofBackend, Error, Result};
use std::future::Future;
use std::time::Duration;

/// One place for one log: makes its backend, stops it, and opens the same log again.
///
/// Every case gets a fixture of its own from the constructor that is given to [`conformance!`](crate::conformance), and
/// calls [`create`](Fixture::create) at most once on it. Dropping the fixture cleans up; that happens outside of
/// [`block_on`](Fixture::block_on), so that a fixture may own a runtime. What a storage cannot do is left out here and left
/// undeclared in [`capabilities`](Fixture::capabilities): the suite then asserts that it is refused and
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
    /// opened: ignore what `close` returns.
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

    /// A reader of the log that [`create`](Fixture::create) made, made the way another process would make it: it shares
    /// nothing with the writer but the storage below.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where no other process or handle can read the log; then leave [`Capabilities::readers_elsewhere`] out.
    fn reader_elsewhere(&self) -> impl Future<Output = Result<Box<dyn DynAofRead>>> {
        async { Err(Error::Unsupported { what: "a reader elsewhere" }) }
    }

    /// Loses power: `backend` is gone without a close, what was not durable may be gone too, and the same log is opened
    /// again. `seed` chooses what is lost, of what was written and not durable when the power went: take the image of
    /// that before `backend` is dropped, since dropping it may make things durable.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where that cannot be simulated; then leave [`Capabilities::crash`] out.
    fn crash(&self, backend: Self::Backend, seed: u64) -> impl Future<Output = Result<Self::Backend>> {
        drop(backend);
        let _ = seed;
        async { Err(Error::Unsupported { what: "a simulated crash" }) }
    }

    /// Makes the storage below the log have this trouble with its next request of the kind, once.
    ///
    /// What the storage under test then returns is its own affair: it may fail, or try again and return `Ok`, which is right
    /// when what that promises is there after opening the log again. Put the trouble below the code that you test: failures
    /// that a wrapper around the backend injects only test the wrapper.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where that cannot be arranged; then leave the call out of [`Capabilities::failing`] or
    /// [`Capabilities::losing_answers`].
    fn trouble(&self, trouble: Trouble) -> Result<()> {
        let _ = trouble;
        Err(Error::Unsupported { what: "injected trouble" })
    }

    /// How large the large cases are. A slow storage may say less, which the report prints.
    fn scale(&self) -> Scale {
        Scale::default()
    }

    /// How long a call may take before it fails its case instead of hanging it. A slow storage may say more.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// Runs a future to its end, by a plain executor. Override it when fixture or backend need a runtime, which the fixture
    /// then owns; it may be called on several threads at once. The cases of B16 use a plain executor all the same.
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        futures::executor::block_on(future)
    }
}
