//! The store: a handle on one log.

mod cache;
mod flush;
mod places;
pub(crate) mod reader;
mod replay;
mod shared;
mod state;
mod storage;

use crate::codec::{Codec, Postcard};
use crate::error::{OpenError, to_io};
use crate::options::StoreOptions;
use aof_api::{AofBackend, Recovery, Tip};
use openraft::RaftTypeConfig;
use shared::Shared;
use std::fmt;
use std::io;
use std::sync::Arc;

/// A Raft log on an append-only log: openraft's [`RaftLogStorage`](openraft::storage::RaftLogStorage).
///
/// `C` is the type config, `B` the storage of the log, `K` the [`Codec`] of what its records carry. Clones are handles on
/// the same store: keep one to [`close`](AofLogStore::close) the log after openraft was shut down.
///
/// The [crate documentation](crate) says what is durable after each call.
pub struct AofLogStore<C: RaftTypeConfig, B, K = Postcard> {
    shared: Arc<Shared<C, B, K>>,
}

impl<C: RaftTypeConfig, B, K> Clone for AofLogStore<C, B, K> {
    fn clone(&self) -> AofLogStore<C, B, K> {
        AofLogStore { shared: Arc::clone(&self.shared) }
    }
}

impl<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> AofLogStore<C, B, K> {
    /// Opens the Raft log that the storage holds, which may be empty, in one pass.
    ///
    /// Every record that is held is read and verified, no entry is decoded. Everything that the store holds on return is
    /// durable. The [`Recovery`] says what was found, and what was cut: an unacknowledged torn tail.
    ///
    /// # Errors
    ///
    /// [`OpenError::Log`] as [`Aof::open`](aof_api::Aof::open); [`OpenError::Record`] where the log is whole and is not a
    /// Raft log, or is one of another type config or codec. Nothing was changed.
    pub async fn open(backend: B, options: StoreOptions) -> Result<(AofLogStore<C, B, K>, Recovery), OpenError> {
        let (log, state, recovery) = replay::open::<C, B, K>(backend, &options).await?;
        Ok((AofLogStore { shared: Arc::new(Shared::new(log, state, options)) }, recovery))
    }

    /// Makes every call before durable.
    ///
    /// # Errors
    ///
    /// The failure of the sync, which is the end of the store; [`Error::Closed`](aof_api::Error::Closed) after a close.
    /// The [`aof_api::Error`] is inside the [`io::Error`].
    pub async fn flush(&self) -> io::Result<()> {
        self.shared.durable().await
    }

    /// Makes everything durable and closes the log. Its lock is gone on return, with an error too.
    ///
    /// Shut openraft down first: later calls of the store fail. A reader continues with what is in memory.
    ///
    /// # Errors
    ///
    /// As [`flush`](AofLogStore::flush).
    pub async fn close(&self) -> io::Result<()> {
        let flushed = self.flush().await;
        let log = self.shared.lock().await.take().map_err(to_io)?;
        let closed = log.close().await.map_err(to_io);
        flushed.and(closed)
    }

    /// The storage, given back as it is: nothing is made durable, nothing is closed. For tests that stop a store.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](aof_api::Error::Closed) where it was closed or given back before, inside the [`io::Error`].
    pub async fn into_inner(self) -> io::Result<B> {
        Ok(self.shared.lock().await.take().map_err(to_io)?.into_inner())
    }

    /// The last record of the log: its op and its checksum, which covers the whole history.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](aof_api::Error::Closed) after a close, inside the [`io::Error`].
    pub async fn tip(&self) -> io::Result<Option<Tip>> {
        Ok(self.shared.lock().await.log().map_err(to_io)?.tip())
    }
}

impl<C: RaftTypeConfig, B, K> fmt::Debug for AofLogStore<C, B, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AofLogStore").finish_non_exhaustive()
    }
}
