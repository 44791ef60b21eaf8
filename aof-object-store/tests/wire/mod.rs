//! A store behind a wire: slow, failing, losing answers, as told.

mod troubles;

pub(crate) use troubles::{Strike, Troubles};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::sync::Arc;

/// A store behind a wire.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    inner: Arc<dyn ObjectStore>,
    pub(crate) troubles: Arc<Troubles>,
}

impl Wire {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, troubles: Troubles) -> Wire {
        Wire { inner, troubles: Arc::new(troubles) }
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a wire to {}", self.inner)
    }
}

/// What a client sees of a 5xx, a reset connection or a timeout.
fn lost(what: &'static str) -> Error {
    Error::Generic { store: "wire", source: what.into() }
}

#[async_trait]
impl ObjectStore for Wire {
    async fn put_opts(&self, key: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.troubles.count_put(key);
        match self.troubles.strike_put(key) {
            Some(Strike::Fails) => return Err(lost("503 Slow Down")),
            Some(Strike::Conflict) => {
                let source = "409 ConditionalRequestConflict".into();
                return Err(Error::AlreadyExists { path: key.to_string(), source });
            }
            Some(Strike::AnswerLost) => {
                self.troubles.wait().await;
                let _ = self.inner.put_opts(key, payload, options).await;
                return Err(lost("connection reset"));
            }
            Some(Strike::LostThenExists) => {
                self.inner.put_opts(key, payload, options).await?;
                let source = "412, of an attempt inside the client".into();
                return Err(Error::AlreadyExists { path: key.to_string(), source });
            }
            None => {}
        }
        self.troubles.wait().await;
        let result = self.inner.put_opts(key, payload, options).await;
        self.troubles.wait().await;
        result
    }

    async fn put_multipart_opts(&self, key: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(key, options).await
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        self.troubles.count_get();
        self.troubles.wait().await;
        if self.troubles.strike_get() {
            return Err(lost("502 Bad Gateway"));
        }
        self.inner.get_opts(key, options).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.late(self.inner.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.late(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

impl Wire {
    /// A listing that misses the newest objects.
    fn late(&self, listing: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.troubles.count_list();
        if self.troubles.strike_list() {
            return futures::stream::once(async { Err(lost("500 Internal Server Error")) }).boxed();
        }
        let missed = self.troubles.missed_by_lists();
        if missed == 0 {
            return listing;
        }
        let whole = async move {
            let all: Vec<_> = listing.collect().await;
            let kept = all.len().saturating_sub(missed);
            futures::stream::iter(all.into_iter().take(kept))
        };
        futures::stream::once(whole).flatten().boxed()
    }
}
