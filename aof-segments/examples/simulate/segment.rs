//! A segment on a simulated disk of its own.

use crate::store::SimStore;
use aof_api::storage::IoCall;
use aof_api::storage::delegate_read;
use aof_api::{AofBackend, AofRead, Error, Result};
use aof_segments::{Segment, SegmentView};
use aof_testkit::disk::{SimBackend, SimCheckpoint, SimDisk, SimReader};
use futures::FutureExt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

#[derive(Debug)]
pub(crate) struct SimSegment {
    store: SimStore,
    view: SimView,
    backend: SimBackend,
}

/// The bytes of a file, whatever its name.
#[derive(Clone, Debug)]
pub(crate) struct SimView {
    pub(crate) number: u64,
    pub(crate) disk: SimDisk,
}

/// A checkpoint that gets no further once the power is gone.
#[derive(Debug)]
pub(crate) struct SegmentCheckpoint(SimStore, SimCheckpoint);

impl Future for SegmentCheckpoint {
    type Output = Result<u64>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        let this = &mut *self;
        match this.0.call() {
            Ok(()) => this.1.poll_unpin(context),
            Err(failure) => Poll::Ready(Err(failure)),
        }
    }
}

impl SimSegment {
    pub(crate) fn open(store: SimStore, number: u64, disk: SimDisk) -> Result<SimSegment> {
        let backend = disk.open()?;
        Ok(SimSegment { store, view: SimView { number, disk }, backend })
    }

    /// Without a wait: this disk takes no steps.
    pub(crate) fn sync_now(&mut self) -> Result<()> {
        let synced = self.checkpoint(&[]).now_or_never();
        let waits = Error::io(IoCall::Sync, 0, io::ErrorKind::WouldBlock.into());
        synced.unwrap_or(Err(waits)).map(|_| ())
    }
}

impl AofRead for SimSegment {
    delegate_read!(backend);
}

impl AofBackend for SimSegment {
    type Reader = SimReader;
    type Checkpoint = SegmentCheckpoint;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.store.call()?;
        self.backend.write(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> SegmentCheckpoint {
        SegmentCheckpoint(self.store.clone(), self.backend.checkpoint(note))
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.store.call()?;
        self.backend.truncate(len).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.backend.prune(to).await
    }

    async fn reader(&mut self) -> Result<SimReader> {
        self.backend.reader().await
    }

    async fn close(&mut self) -> Result<()> {
        self.store.call()?;
        self.backend.close().await
    }

    fn len(&self) -> u64 {
        self.backend.len()
    }

    fn durable_len(&self) -> u64 {
        self.backend.durable_len()
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.backend.note()
    }
}

impl Segment for SimSegment {
    type View = SimView;

    fn view(&mut self) -> Result<SimView> {
        Ok(self.view.clone())
    }

    /// Nothing is allocated ahead on this disk.
    fn seal(&mut self) -> Result<SegmentCheckpoint> {
        self.store.call()?;
        Ok(self.checkpoint(&[]))
    }
}

impl SegmentView for SimView {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let bytes = self.disk.bytes(offset..offset.saturating_add(buf.len() as u64));
        if bytes.is_empty() {
            return Err(Error::io(IoCall::Read, offset, io::ErrorKind::UnexpectedEof.into()));
        }
        buf[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}
