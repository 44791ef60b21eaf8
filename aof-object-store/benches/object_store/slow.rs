//! A store in memory that is as far away as a real one: each request takes a fixed time, and a body is copied, as it is
//! into a socket.

use crate::around::{Around, Way};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, PutOptions, PutPayload, PutResult, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Objects on a page of a listing, each page a request.
const PAGE_LEN: usize = 1000;

/// A slow store in memory.
pub(crate) type Slow = Around<Delay>;

/// A store on which each request takes so long.
pub(crate) fn slow(delay: Duration) -> Slow {
    let way = Delay(Arc::default());
    way.set(delay);
    Around::new(Arc::new(InMemory::new()), way)
}

/// How long a request takes, in microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Delay(Arc<AtomicU64>);

impl Delay {
    pub(crate) fn set(&self, delay: Duration) {
        self.0.store(delay.as_micros() as u64, Ordering::Relaxed);
    }

    async fn wait(&self) {
        let micros = self.0.load(Ordering::Relaxed);
        if micros > 0 {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
    }
}

#[async_trait]
impl Way for Delay {
    async fn put(
        &self,
        inner: &dyn ObjectStore,
        key: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let mut sent = Vec::with_capacity(payload.content_length());
        payload.iter().for_each(|part| sent.extend_from_slice(part));
        self.wait().await;
        inner.put_opts(key, sent.into(), options).await
    }

    async fn before_get(&self) -> Result<()> {
        self.wait().await;
        Ok(())
    }

    fn listing(&self, listing: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
        let delay = self.clone();
        let pages = async move {
            let all: Vec<_> = listing.collect().await;
            for _ in 0..all.len().div_ceil(PAGE_LEN).max(1) {
                delay.wait().await;
            }
            futures::stream::iter(all)
        };
        futures::stream::once(pages).flatten().boxed()
    }
}
