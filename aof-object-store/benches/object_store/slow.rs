//! A store in memory that is as far away as a real one: each request takes a fixed time, and a body is copied, as it is
//! into a socket.

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Objects on a page of a listing, each page a request.
const PAGE_LEN: usize = 1000;

#[derive(Clone, Debug)]
pub(crate) struct Slow {
    inner: Arc<InMemory>,
    delay_micros: Arc<AtomicU64>,
}

impl Slow {
    pub(crate) fn new(delay: Duration) -> Slow {
        Slow { inner: Arc::new(InMemory::new()), delay_micros: Arc::new(AtomicU64::new(delay.as_micros() as u64)) }
    }

    pub(crate) fn set_delay(&self, delay: Duration) {
        self.delay_micros.store(delay.as_micros() as u64, Ordering::Relaxed);
    }

    async fn wait(&self) {
        let micros = self.delay_micros.load(Ordering::Relaxed);
        if micros > 0 {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
    }

    fn paged(&self, listing: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
        let slow = self.clone();
        let pages = async move {
            let all: Vec<_> = listing.collect().await;
            for _ in 0..all.len().div_ceil(PAGE_LEN).max(1) {
                slow.wait().await;
            }
            futures::stream::iter(all)
        };
        futures::stream::once(pages).flatten().boxed()
    }
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a slow store")
    }
}

#[async_trait]
impl ObjectStore for Slow {
    async fn put_opts(&self, key: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let mut sent = Vec::with_capacity(payload.content_length());
        payload.iter().for_each(|part| sent.extend_from_slice(part));
        self.wait().await;
        self.inner.put_opts(key, sent.into(), options).await
    }

    async fn put_multipart_opts(&self, key: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.wait().await;
        self.inner.put_multipart_opts(key, options).await
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        self.wait().await;
        self.inner.get_opts(key, options).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.paged(self.inner.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.paged(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
