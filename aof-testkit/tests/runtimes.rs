//! A fixture may own a runtime, and a backend may need one: every call here is a round trip through a task of `tokio`.

use aof_api::{AofBackend, AofRead, Result};
use aof_memory::{MemoryBackend, MemoryReader};
use aof_testkit::{Capabilities, Fixture, conformance};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::io::IoSlice;
use tokio::runtime::{Builder, Handle, Runtime};

/// Memory that is reached through a runtime.
struct Remote<R> {
    inner: R,
    runtime: Handle,
}

impl<R> Remote<R> {
    /// Waits for an answer of the runtime. All waiting comes before what a call does, which is done within one poll.
    async fn round_trip(&self) {
        self.runtime.spawn(tokio::task::yield_now()).await.expect("the runtime outlives the case");
    }
}

impl<R: AofRead + Sync> AofRead for Remote<R> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.round_trip().await;
        self.inner.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.round_trip().await;
        self.inner.read(buf).await
    }

    async fn start(&mut self) -> Result<u64> {
        self.inner.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        self.inner.end().await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.inner.changed(end).await
    }
}

impl AofBackend for Remote<MemoryBackend> {
    type Reader = Remote<MemoryReader>;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.round_trip().await;
        self.inner.write(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let work = self.inner.checkpoint(note);
        // The request is on its way at the call; the future only waits for the answer.
        let answer = self.runtime.spawn(async move {
            tokio::task::yield_now().await;
            work.await
        });
        async move { answer.await.expect("the runtime outlives the case") }.boxed()
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.round_trip().await;
        self.inner.truncate(len).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.inner.prune(to).await
    }

    async fn reader(&mut self) -> Result<Remote<MemoryReader>> {
        self.round_trip().await;
        Ok(Remote { inner: self.inner.reader().await?, runtime: self.runtime.clone() })
    }

    async fn close(&mut self) -> Result<()> {
        self.round_trip().await;
        self.inner.close().await
    }

    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn durable_len(&self) -> u64 {
        self.inner.durable_len()
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.inner.note()
    }
}

/// Dropping this inside of a future that it runs would panic: the suite drops it outside.
struct RuntimeFixture(Runtime);

impl RuntimeFixture {
    fn new() -> RuntimeFixture {
        RuntimeFixture(Builder::new_multi_thread().worker_threads(1).build().expect("a runtime needs a thread"))
    }

    fn remote(&self, inner: MemoryBackend) -> Remote<MemoryBackend> {
        Remote { inner, runtime: self.0.handle().clone() }
    }
}

impl Fixture for RuntimeFixture {
    type Backend = Remote<MemoryBackend>;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new().truncate().capacity()
    }

    async fn create(&self) -> Result<Remote<MemoryBackend>> {
        self.create_with_capacity(9 << 20).await
    }

    async fn reopen(&self, backend: Remote<MemoryBackend>) -> Result<Remote<MemoryBackend>> {
        let (bytes, capacity) = (backend.inner.snapshot(), backend.inner.capacity());
        Ok(self.remote(MemoryBackend::from_bytes_with_capacity(&bytes, capacity)))
    }

    async fn create_with_capacity(&self, capacity: u64) -> Result<Remote<MemoryBackend>> {
        Ok(self.remote(MemoryBackend::with_capacity(capacity)))
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.block_on(future)
    }
}

conformance!(remote, RuntimeFixture::new);
