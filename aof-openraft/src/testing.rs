//! openraft's suite of cases for log stores, with a restart after every call.
//!
//! openraft's [`Suite`] tries a store within the life of one handle: it never opens a log that was written before. Here
//! every case of it runs on a store that is closed and opened again, or that loses power and is opened again, **after
//! every call that changes it**. What the case then asserts must come from the storage.
//!
//! It is not tied to this crate: any [`RaftLogStorage`](openraft::storage::RaftLogStorage) runs it by a [`Fixture`], which says how one of its logs is made,
//! opened, and stopped.
//!
//! ```
//! use aof_memory::MemoryBackend;
//! use aof_openraft::testing::{Fixture, Restart};
//! use aof_openraft::{AofLogStore, StoreOptions};
//! use std::io;
//! use std::sync::Mutex;
//!
//! openraft::declare_raft_types!(pub Types: D = String, R = ());
//!
//! struct InMemory;
//!
//! impl Fixture<Types> for InMemory {
//!     type Place = Mutex<Vec<u8>>;
//!     type Store = AofLogStore<Types, MemoryBackend>;
//!
//!     fn place(&self) -> io::Result<Mutex<Vec<u8>>> {
//!         Ok(Mutex::default())
//!     }
//!
//!     async fn open(&self, place: &Mutex<Vec<u8>>) -> io::Result<Self::Store> {
//!         let backend = MemoryBackend::from_bytes(&place.lock().unwrap());
//!         Ok(AofLogStore::open(backend, StoreOptions::new()).await?.0)
//!     }
//!
//!     async fn flush(&self, store: &mut Self::Store) -> io::Result<()> {
//!         AofLogStore::flush(store).await
//!     }
//!
//!     async fn close(&self, place: &Mutex<Vec<u8>>, store: Self::Store) -> io::Result<()> {
//!         *place.lock().unwrap() = store.into_inner().await?.snapshot();
//!         Ok(())
//!     }
//!
//!     async fn crash(&self, place: &Mutex<Vec<u8>>, store: Self::Store) -> io::Result<()> {
//!         self.close(place, store).await // nothing in memory is lost
//!     }
//! }
//! # fn main() {
//! # // The suite itself needs a state machine, and runs in the tests.
//! # let _ = (InMemory, Restart::Crash);
//! # }
//! ```

mod fixture;
mod restarting;

pub use fixture::{Fixture, Restart};
pub use restarting::{Restarting, RestartingReader};

use openraft::storage::RaftStateMachine;
use openraft::testing::log::{StoreBuilder, Suite};
use openraft::type_config::TypeConfigExt;
use openraft::{RaftTypeConfig, StorageError};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

/// Runs every case of openraft's [`Suite`] on logs of this fixture, with these restarts.
///
/// `state_machine` makes an empty state machine; it lives as long as its case, and is not restarted.
///
/// Without optimisation the cases need much stack: run it on a thread with 64 MiB.
///
/// # Errors
///
/// The first failure of a store or a fixture.
///
/// # Panics
///
/// Where a case finds that the store is wrong: the cases assert.
pub async fn run_suite<C, F, M>(
    fixture: F,
    restart: Restart,
    state_machine: impl Fn() -> M + Send + Sync,
) -> Result<(), StorageError<C>>
where
    C: RaftTypeConfig,
    C::D: Debug,
    C::R: Debug,
    C::Term: From<u64>,
    C::NodeId: From<u64>,
    C::Node: Default,
    F: Fixture<C>,
    M: RaftStateMachine<C>,
{
    let builder = Builder { fixture: Arc::new(fixture), restart, state_machine, types: PhantomData };
    Suite::test_all(builder).await
}

/// Makes a store for each case.
struct Builder<C, F, S> {
    fixture: Arc<F>,
    restart: Restart,
    state_machine: S,
    types: PhantomData<fn() -> C>,
}

impl<C, F, M, S> StoreBuilder<C, Restarting<C, F>, M> for Builder<C, F, S>
where
    C: RaftTypeConfig,
    F: Fixture<C>,
    M: RaftStateMachine<C>,
    S: Fn() -> M + Send + Sync,
{
    async fn build(&self) -> Result<((), Restarting<C, F>, M), StorageError<C>> {
        let store = Restarting::new(Arc::clone(&self.fixture), self.restart).await;
        let store = store.map_err(|error| StorageError::read(C::err_from_error(&error)))?;
        Ok(((), store, (self.state_machine)()))
    }
}
