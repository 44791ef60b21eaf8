//! A store behind a wire: slow, failing, losing answers, as told.

mod troubles;

pub(crate) use troubles::{Strike, Troubles};

use crate::around::{Around, Way};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, PutOptions, PutPayload, PutResult, Result};
use std::sync::Arc;

/// A store behind a wire.
pub(crate) type Wire = Around<Arc<Troubles>>;

/// A wire to a store.
pub(crate) fn wire_to(inner: Arc<dyn ObjectStore>, troubles: Troubles) -> Wire {
    Around::new(inner, Arc::new(troubles))
}

/// What a client sees of a 5xx, a reset connection or a timeout.
fn lost(what: &'static str) -> Error {
    Error::Generic { store: "wire", source: what.into() }
}

#[async_trait]
impl Way for Arc<Troubles> {
    async fn put(
        &self,
        inner: &dyn ObjectStore,
        key: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.count_put(key);
        match self.strike_put(key) {
            Some(Strike::Fails) => return Err(lost("503 Slow Down")),
            Some(Strike::Conflict) => {
                let source = "409 ConditionalRequestConflict".into();
                return Err(Error::AlreadyExists { path: key.to_string(), source });
            }
            Some(Strike::AnswerLost) => {
                self.wait().await;
                let _ = inner.put_opts(key, payload, options).await;
                return Err(lost("connection reset"));
            }
            Some(Strike::LostThenExists) => {
                inner.put_opts(key, payload, options).await?;
                let source = "412, of an attempt inside the client".into();
                return Err(Error::AlreadyExists { path: key.to_string(), source });
            }
            None => {}
        }
        self.wait().await;
        let result = inner.put_opts(key, payload, options).await;
        self.wait().await;
        result
    }

    async fn before_get(&self) -> Result<()> {
        self.count_get();
        self.wait().await;
        if self.strike_get() { Err(lost("502 Bad Gateway")) } else { Ok(()) }
    }

    /// A listing that fails, or misses the newest objects.
    fn listing(&self, listing: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.count_list();
        if self.strike_list() {
            return futures::stream::once(async { Err(lost("500 Internal Server Error")) }).boxed();
        }
        let missed = self.missed_by_lists();
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
