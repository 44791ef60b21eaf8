//! How the suite makes, stops and opens a log on a real store.

use aof_api::storage::DynAofRead;
use aof_api::{AofBackend, Result};
use aof_object_store::{Location, ObjectReader, ObjectStoreBackend, Options};
use aof_testkit::{Capabilities, Fixture, Notes, Scale};
use std::time::Duration;

pub(crate) struct RealFixture(Location);

impl RealFixture {
    pub(crate) fn new() -> RealFixture {
        RealFixture(crate::fresh_place().expect("the caller has looked"))
    }

    async fn open(&self) -> Result<ObjectStoreBackend> {
        ObjectStoreBackend::open(self.0.store.clone(), &self.0.prefix, options()).await
    }
}

pub(crate) fn options() -> Options {
    Options::new().take_over().poll_interval_max(Duration::from_millis(50))
}

impl Fixture for RealFixture {
    type Backend = ObjectStoreBackend;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new().crash().takes_over().buffers_writes().prune().notes(Notes::Every).readers_elsewhere()
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
        Ok(Box::new(ObjectReader::open(self.0.store.clone(), &self.0.prefix, options()).await?))
    }

    async fn crash(&self, backend: ObjectStoreBackend, _seed: u64) -> Result<ObjectStoreBackend> {
        // The process is gone; the store is not. A PUT on its way may still arrive.
        drop(backend);
        self.open().await
    }

    fn scale(&self) -> Scale {
        // More keys than a page of a listing holds.
        Scale { checkpoints: 1050, bytes: 8 << 20, write_bytes: 64 << 20 }
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(120)
    }
}
