//! A store around another one, in which a few things happen in another way.

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::sync::Arc;

/// What happens in another way; by default nothing.
#[async_trait]
pub(crate) trait Way: fmt::Debug + Send + Sync + 'static {
    /// Puts an object.
    async fn put(
        &self,
        inner: &dyn ObjectStore,
        key: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        inner.put_opts(key, payload, options).await
    }

    /// Before an object is read; an error is what the read fails with.
    async fn before_get(&self) -> Result<()> {
        Ok(())
    }

    /// What a caller sees of a listing.
    fn listing(&self, listing: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
        listing
    }
}

/// A store around another one.
#[derive(Clone, Debug)]
pub(crate) struct Around<W> {
    inner: Arc<dyn ObjectStore>,
    pub(crate) way: W,
}

impl<W: Way> Around<W> {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, way: W) -> Around<W> {
        Around { inner, way }
    }
}

impl<W: Way> fmt::Display for Around<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a store around {}", self.inner)
    }
}

#[async_trait]
impl<W: Way> ObjectStore for Around<W> {
    async fn put_opts(&self, key: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.way.put(&*self.inner, key, payload, options).await
    }

    async fn put_multipart_opts(&self, key: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(key, options).await
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        self.way.before_get().await?;
        self.inner.get_opts(key, options).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.way.listing(self.inner.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.way.listing(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
