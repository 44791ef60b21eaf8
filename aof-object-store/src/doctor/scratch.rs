//! The place below the prefix where everything is tried.

use crate::options::Options;
use crate::requests::{Requests, failed, is_transient};
use aof_api::Result;
use aof_api::storage::IoCall;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use std::sync::Arc;
use uuid::Uuid;

/// A prefix that nothing else uses.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) requests: Requests,
    pub(super) root: Path,
}

impl Scratch {
    pub(super) fn new(store: Arc<dyn ObjectStore>, prefix: Path, options: Options) -> Scratch {
        let root = prefix.join(format!("doctor-{}", Uuid::new_v4()));
        Scratch { requests: Requests::new(store, root.clone(), options), root }
    }

    pub(super) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.requests.store
    }

    /// The prefix of what this check puts.
    pub(super) fn below(&self, check: &str) -> Path {
        self.root.clone().join(check)
    }

    /// A key for this check.
    pub(super) fn key(&self, check: &str, number: usize) -> Path {
        self.below(check).join(format!("{number:020}"))
    }

    /// Puts an object only where there is none, once.
    pub(super) async fn create(&self, key: &Path, object: Bytes) -> object_store::Result<()> {
        self.store().put_opts(key, object.into(), PutOptions::from(PutMode::Create)).await.map(drop)
    }

    pub(super) async fn get(&self, key: &Path) -> object_store::Result<Bytes> {
        self.store().get(key).await?.bytes().await
    }

    /// Whether anything can be put at all.
    pub(super) async fn reach(&self) -> Result<()> {
        let key = self.key("reach", 0);
        let mut left = 3;
        loop {
            left -= 1;
            let put = self.store().put(&key, Bytes::from_static(b"reached").into());
            match tokio::time::timeout(self.requests.options.deadline, put).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if left > 0 && is_transient(&error) => {}
                Ok(Err(error)) => return Err(failed(IoCall::Write, &key, 0, error)),
                Err(_) => {
                    let source = std::io::Error::from(std::io::ErrorKind::TimedOut);
                    return Err(aof_api::Error::io_at(IoCall::Write, std::path::Path::new(key.as_ref()), 0, source));
                }
            }
        }
    }
}

/// Whether an error says that the object exists, by one name or another.
pub(super) fn is_refusal(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. })
}

/// Bytes that differ by `seed`.
pub(super) fn bytes(seed: usize, len: usize) -> Bytes {
    (0..len).map(|at| (at.wrapping_mul(31) + at / 251 + seed.wrapping_mul(101)) as u8).collect::<Vec<_>>().into()
}
