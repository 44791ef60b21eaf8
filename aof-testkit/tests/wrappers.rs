//! What wraps a storage and does nothing else keeps every promise of the storage.
//!
//! The wrapped storage stands in a box: a suite for each of these types of their own takes the compiler minutes and
//! gigabytes. `--example table` has them without the box.

use aof_api::storage::DynAofRead;
use aof_api::{DynAofBackend, Result};
use aof_testkit::Notes;
use aof_testkit::disk::{SimBackend, SimDisk, SimFixture};
use aof_testkit::{Capabilities, Faults, Faulty, Fixture, Metered, Trouble, conformance};

type Boxed = Box<dyn DynAofBackend>;

struct WrappedFixture {
    inner: SimFixture,
    wrap: fn(SimBackend) -> Boxed,
}

impl WrappedFixture {
    fn new(wrap: fn(SimBackend) -> Boxed) -> WrappedFixture {
        let disk = SimDisk::new().pruning().keeping_notes(Notes::Every);
        WrappedFixture { inner: SimFixture::on(disk), wrap }
    }

    /// The log that the disk holds now.
    fn open(&self) -> Result<Boxed> {
        Ok((self.wrap)(self.inner.disk().open()?))
    }
}

impl Fixture for WrappedFixture {
    type Backend = Boxed;

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn create(&self) -> Result<Boxed> {
        self.open()
    }

    async fn reopen(&self, mut backend: Boxed) -> Result<Boxed> {
        // What close returns is the failure of something else; the lock is gone all the same.
        let _ = backend.dyn_close().await;
        self.open()
    }

    async fn create_with_capacity(&self, capacity: u64) -> Result<Boxed> {
        Ok((self.wrap)(self.inner.create_with_capacity(capacity).await?))
    }

    async fn second_writer(&self) -> Result<Boxed> {
        self.open()
    }

    async fn reader_elsewhere(&self) -> Result<Box<dyn DynAofRead>> {
        self.inner.reader_elsewhere().await
    }

    async fn crash(&self, backend: Boxed, seed: u64) -> Result<Boxed> {
        self.inner.disk().crash(seed);
        drop(backend);
        self.open()
    }

    fn trouble(&self, trouble: Trouble) -> Result<()> {
        self.inner.trouble(trouble)
    }
}

conformance!(metered, || WrappedFixture::new(|inner| Box::new(Metered::new(inner))));
conformance!(faulty_without_faults, || WrappedFixture::new(|inner| Box::new(Faulty::new(inner, Faults::none()))));
