//! A process that dies at a request: nothing that it wanted after that happens.

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Requests that change something, until there is no client any more.
#[derive(Clone, Debug)]
pub(crate) struct Dying {
    inner: Arc<InMemory>,
    count: Arc<AtomicUsize>,
    dies_at: usize,
    /// Whether the request at which it dies is carried out.
    is_done: bool,
}

/// What is left of a request.
enum Fate {
    Lives,
    Dies { is_done: bool },
}

impl Dying {
    /// A client that dies at the request with this number, from 0.
    pub(crate) fn new(inner: Arc<InMemory>, dies_at: usize, is_done: bool) -> Dying {
        Dying { inner, count: Arc::new(AtomicUsize::new(0)), dies_at, is_done }
    }

    /// How many requests it had.
    pub(crate) fn requests(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    fn fate(&self) -> Fate {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        match number < self.dies_at {
            true => Fate::Lives,
            false => Fate::Dies { is_done: self.is_done && number == self.dies_at },
        }
    }

    fn is_dead(&self) -> bool {
        self.requests() > self.dies_at
    }
}

fn dead() -> Error {
    Error::Generic { store: "dying", source: "the process is gone".into() }
}

impl fmt::Display for Dying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a store of a process that dies")
    }
}

#[derive(Debug)]
struct DyingUpload {
    inner: Box<dyn MultipartUpload>,
    client: Dying,
}

#[async_trait]
impl MultipartUpload for DyingUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        match self.client.fate() {
            Fate::Lives => self.inner.put_part(data),
            Fate::Dies { .. } => Box::pin(async { Err(dead()) }),
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        match self.client.fate() {
            Fate::Lives => self.inner.complete().await,
            Fate::Dies { is_done: false } => Err(dead()),
            Fate::Dies { is_done: true } => self.inner.complete().await.and_then(|_| Err(dead())),
        }
    }

    async fn abort(&mut self) -> Result<()> {
        Err(dead())
    }
}

#[async_trait]
impl ObjectStore for Dying {
    async fn put_opts(&self, key: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        match self.fate() {
            Fate::Lives => self.inner.put_opts(key, payload, options).await,
            Fate::Dies { is_done: false } => Err(dead()),
            Fate::Dies { is_done: true } => self.inner.put_opts(key, payload, options).await.and_then(|_| Err(dead())),
        }
    }

    async fn put_multipart_opts(&self, key: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        match self.fate() {
            Fate::Lives => {
                let inner = self.inner.put_multipart_opts(key, options).await?;
                Ok(Box::new(DyingUpload { inner, client: self.clone() }))
            }
            Fate::Dies { .. } => Err(dead()),
        }
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        if self.is_dead() { Err(dead()) } else { self.inner.get_opts(key, options).await }
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let client = self.clone();
        let deleted = keys.then(move |key| {
            let client = client.clone();
            async move {
                match client.fate() {
                    Fate::Dies { is_done: false } => return Err(dead()),
                    Fate::Lives | Fate::Dies { is_done: true } => {}
                }
                let key = key?;
                object_store::ObjectStoreExt::delete(&*client.inner, &key).await?;
                Ok(key)
            }
        });
        deleted.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if self.is_dead() {
            return futures::stream::once(async { Err(dead()) }).boxed();
        }
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
