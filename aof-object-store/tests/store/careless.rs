//! Stores on which two writers overwrite each other.

use crate::around::Way;
use async_trait::async_trait;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult, Result};

/// As Garage and s3rver do: `If-None-Match` is not looked at.
#[derive(Debug)]
pub(crate) struct Careless;

#[async_trait]
impl Way for Careless {
    async fn put(
        &self,
        inner: &dyn ObjectStore,
        key: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        inner.put_opts(key, payload, PutOptions { mode: PutMode::Overwrite, ..options }).await
    }
}

/// As s3s-fs does: it looks whether the object is there, and puts it then.
#[derive(Debug)]
pub(crate) struct Racy;

#[async_trait]
impl Way for Racy {
    async fn put(
        &self,
        inner: &dyn ObjectStore,
        key: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        if options.mode == PutMode::Create && inner.head(key).await.is_ok() {
            return Err(Error::AlreadyExists { path: key.to_string(), source: "it is there".into() });
        }
        tokio::task::yield_now().await;
        Careless.put(inner, key, payload, options).await
    }
}
