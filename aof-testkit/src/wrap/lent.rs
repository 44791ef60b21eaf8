//! A backend that is lent to a caller, and comes back to the test when the caller drops it.

use aof_api::{AofBackend, AofRead, Error, Result};
use futures::future::{Either, Ready, ready};
use std::io::IoSlice;
use std::sync::{Arc, Mutex, PoisonError};

/// A backend that is given away, to be found in its slot again when it is dropped.
pub(crate) struct Lent<B> {
    /// None only while it is dropped.
    inner: Option<B>,
    slot: Slot<B>,
}

/// Where a [`Lent`] backend comes back to.
pub(crate) struct Slot<B>(Arc<Mutex<Option<B>>>);

impl<B> Lent<B> {
    pub(crate) fn new(inner: B) -> (Lent<B>, Slot<B>) {
        let slot = Arc::new(Mutex::new(None));
        (Lent { inner: Some(inner), slot: Slot(Arc::clone(&slot)) }, Slot(slot))
    }

    fn inner(&mut self) -> Result<&mut B> {
        self.inner.as_mut().ok_or(Error::Closed)
    }
}

impl<B> Slot<B> {
    /// The backend, when it has come back.
    pub(crate) fn take(&self) -> Option<B> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        *self.slot.0.lock().unwrap_or_else(PoisonError::into_inner) = self.inner.take();
    }
}

impl<B: AofBackend> AofRead for Lent<B> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.inner()?.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.inner()?.read(buf).await
    }

    async fn start(&mut self) -> Result<u64> {
        self.inner()?.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        self.inner()?.end().await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.inner()?.changed(end).await
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        self.inner()?.next_data(offset).await
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        self.inner()?.boundary(offset).await
    }
}

impl<B: AofBackend> AofBackend for Lent<B> {
    type Reader = B::Reader;
    type Checkpoint = Either<B::Checkpoint, Ready<Result<u64>>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.inner()?.write(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> Self::Checkpoint {
        match self.inner() {
            Ok(inner) => Either::Left(inner.checkpoint(note)),
            Err(error) => Either::Right(ready(Err(error))),
        }
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.inner()?.truncate(len).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.inner()?.prune(to).await
    }

    async fn reader(&mut self) -> Result<B::Reader> {
        self.inner()?.reader().await
    }

    async fn close(&mut self) -> Result<()> {
        self.inner()?.close().await
    }

    fn len(&self) -> u64 {
        self.inner.as_ref().map_or(0, B::len)
    }

    fn durable_len(&self) -> u64 {
        self.inner.as_ref().map_or(0, B::durable_len)
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.inner.as_ref().and_then(B::note)
    }
}
