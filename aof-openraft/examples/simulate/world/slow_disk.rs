//! A simulated disk whose syncs take simulated time, so that a crash finds them under way.

use super::sleep_ms;
use aof_api::storage::delegate_read;
use aof_api::{AofBackend, AofRead, Result};
use aof_testkit::Random;
use aof_testkit::disk::SimBackend;
use futures::future::BoxFuture;
use std::io::IoSlice;

pub struct SlowDisk {
    pub inner: SimBackend,
    pub random: Random,
}

impl AofRead for SlowDisk {
    delegate_read!(inner);
}

impl AofBackend for SlowDisk {
    type Reader = <SimBackend as AofBackend>::Reader;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.inner.write(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> Self::Checkpoint {
        let checkpoint = self.inner.checkpoint(note);
        // Most take a moment; some take longer than an election.
        let ms = if self.random.chance(0.02) { self.random.below(600) } else { self.random.below(8) };
        Box::pin(async move {
            sleep_ms(ms).await;
            checkpoint.await
        })
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.inner.truncate(len).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.inner.prune(to).await
    }

    async fn reader(&mut self) -> Result<Self::Reader> {
        self.inner.reader().await
    }

    async fn close(&mut self) -> Result<()> {
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
