//! Memory keeps every promise of a backend, by type and behind a box.

use aof_api::{AofBackend, AofReadExt, DynAofBackend, Result};
use aof_memory::MemoryBackend;
use aof_testkit::{Capabilities, Fixture, conformance};

/// All that any case needs. All of it is touched up front, for each of hundreds of logs.
const CAPACITY: u64 = 9 << 20;

struct MemoryFixture;

impl Fixture for MemoryFixture {
    type Backend = MemoryBackend;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new().truncate().capacity()
    }

    async fn create(&self) -> Result<MemoryBackend> {
        Ok(MemoryBackend::with_capacity(CAPACITY))
    }

    async fn reopen(&self, backend: MemoryBackend) -> Result<MemoryBackend> {
        Ok(MemoryBackend::from_bytes_with_capacity(&backend.snapshot(), CAPACITY))
    }

    async fn create_with_capacity(&self, capacity: u64) -> Result<MemoryBackend> {
        Ok(MemoryBackend::with_capacity(capacity))
    }
}

struct BoxedMemoryFixture;

impl Fixture for BoxedMemoryFixture {
    type Backend = Box<dyn DynAofBackend>;

    fn capabilities(&self) -> Capabilities {
        MemoryFixture.capabilities()
    }

    async fn create(&self) -> Result<Self::Backend> {
        Ok(Box::new(MemoryFixture.create().await?))
    }

    /// A box does not give back what is in it, so the bytes are read out by the contract.
    async fn reopen(&self, mut backend: Self::Backend) -> Result<Self::Backend> {
        let mut bytes = vec![0; backend.len() as usize];
        backend.read_all_at(0, &mut bytes).await?;
        Ok(Box::new(MemoryBackend::from_bytes_with_capacity(&bytes, CAPACITY)))
    }

    async fn create_with_capacity(&self, capacity: u64) -> Result<Self::Backend> {
        Ok(Box::new(MemoryFixture.create_with_capacity(capacity).await?))
    }
}

conformance!(memory, || MemoryFixture);
conformance!(boxed_memory, || BoxedMemoryFixture);
