//! How the suite makes, stops and opens a log on a store in memory.

use crate::wire::{Strike, Troubles, Wire, wire_to};
use aof_api::storage::DynAofRead;
use aof_api::{AofBackend, Error, Result};
use aof_object_store::{ObjectReader, ObjectStoreBackend, Options};
use aof_testkit::{Call, Capabilities, Fixture, Notes, Scale, Trouble};
use object_store::memory::InMemory;
use std::sync::Arc;
use std::time::Duration;

/// One log on one store.
pub(crate) struct StoreFixture {
    wire: Wire,
    options: Options,
}

impl StoreFixture {
    pub(crate) fn new(troubles: Troubles) -> StoreFixture {
        let wire = wire_to(Arc::new(InMemory::new()), troubles);
        let options = Options::new().take_over().retry_pause(Duration::from_millis(1));
        StoreFixture { wire, options: options.poll_interval_max(Duration::from_millis(20)) }
    }

    pub(crate) fn impatient(self) -> StoreFixture {
        StoreFixture { options: self.options.deadline(Duration::ZERO), ..self }
    }

    pub(crate) fn small_chunks(self) -> StoreFixture {
        StoreFixture { options: self.options.chunk_len(1500).linger(Duration::from_millis(1)), ..self }
    }

    async fn open(&self) -> Result<ObjectStoreBackend> {
        ObjectStoreBackend::open(Arc::new(self.wire.clone()), "logs/suite", self.options.clone()).await
    }
}

impl Fixture for StoreFixture {
    type Backend = ObjectStoreBackend;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new()
            .crash()
            .takes_over()
            .buffers_writes()
            .prune()
            .notes(Notes::Every)
            .readers_elsewhere()
            .failing(&[Call::Read, Call::Checkpoint, Call::Prune])
            .losing_answers(&[Call::Checkpoint, Call::Prune])
    }

    async fn create(&self) -> Result<ObjectStoreBackend> {
        self.open().await
    }

    async fn reopen(&self, mut backend: ObjectStoreBackend) -> Result<ObjectStoreBackend> {
        // What `close` returns is the failure of something else.
        let _ = backend.close().await;
        self.open().await
    }

    async fn second_writer(&self) -> Result<ObjectStoreBackend> {
        self.open().await
    }

    async fn reader_elsewhere(&self) -> Result<Box<dyn DynAofRead>> {
        let store = Arc::new(self.wire.clone());
        Ok(Box::new(ObjectReader::open(store, "logs/suite", self.options.clone()).await?))
    }

    async fn crash(&self, backend: ObjectStoreBackend, _seed: u64) -> Result<ObjectStoreBackend> {
        // The process is gone; the store is not. A PUT on its way may still arrive.
        drop(backend);
        self.open().await
    }

    fn trouble(&self, trouble: Trouble) -> Result<()> {
        let troubles = &self.wire.way;
        match trouble {
            Trouble::Fails(Call::Read) => troubles.fail_next_get(),
            Trouble::Fails(Call::Checkpoint) => troubles.strike_next("/c/", Strike::Fails),
            Trouble::AnswerLost(Call::Checkpoint) => troubles.strike_next("/c/", Strike::AnswerLost),
            Trouble::Fails(Call::Prune) => troubles.strike_next("/m/", Strike::Fails),
            Trouble::AnswerLost(Call::Prune) => troubles.strike_next("/m/", Strike::AnswerLost),
            _ => return Err(Error::Unsupported { what: "such trouble with a store" }),
        }
        Ok(())
    }

    fn scale(&self) -> Scale {
        Scale::default()
    }
}
