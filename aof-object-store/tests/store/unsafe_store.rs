//! A store that ignores create-only is refused before anything is overwritten.

use crate::wire::{Troubles, Wire};
use crate::{seen_from, take, write};
use aof_api::{AofBackend, Error};
use async_trait::async_trait;
use futures::executor::block_on;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::sync::Arc;

/// As Garage and s3rver do: `If-None-Match` is not looked at.
#[derive(Debug)]
struct Careless(Arc<InMemory>);

impl fmt::Display for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a careless store")
    }
}

#[async_trait]
impl ObjectStore for Careless {
    async fn put_opts(&self, key: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.0.put_opts(key, payload, PutOptions { mode: PutMode::Overwrite, ..options }).await
    }

    async fn put_multipart_opts(&self, key: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(key, options).await
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.get_opts(key, options).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.0.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

#[test]
fn a_store_that_replaces_what_is_there_is_refused_and_says_why() {
    let wire = Wire::new(Arc::new(Careless(Arc::new(InMemory::new()))), Troubles::none());
    let refused = block_on(take(&wire)).unwrap_err();
    assert!(matches!(refused, Error::Unsupported { .. }), "{refused:?}");
    assert!(refused.to_string().contains("If-None-Match"), "{refused}");
}

#[test]
fn a_log_that_was_copied_to_such_a_store_is_not_changed_and_can_be_read() {
    block_on(async {
        let memory = Arc::new(InMemory::new());
        let wire = Wire::new(memory.clone(), Troubles::none());
        let mut backend = take(&wire).await.unwrap();
        write(&mut backend, b"acknowledged").await.unwrap();
        backend.checkpoint(&[]).await.unwrap();
        drop(backend);
        let careless = Wire::new(Arc::new(Careless(memory)), Troubles::none());
        assert!(matches!(take(&careless).await, Err(Error::Unsupported { .. })));
        assert_eq!(seen_from(&careless, 0).await.unwrap(), b"acknowledged");
        // Nothing was replaced: a store that is fit continues.
        assert_eq!(take(&wire).await.unwrap().len(), 12);
    });
}
