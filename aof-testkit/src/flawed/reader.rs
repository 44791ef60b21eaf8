//! The readers of a backend with a flaw.

use super::Flaw;
use super::shared::Shared;
use crate::disk::{SimDisk, SimReader};
use aof_api::{AofRead, Error, Result};
use futures::FutureExt;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A reader of a [`BadBackend`](super::BadBackend).
#[derive(Debug)]
pub struct BadReader {
    inner: SimReader,
    flaw: Flaw,
    disk: SimDisk,
    shared: Arc<Shared>,
    cursor: u64,
    /// The length of the log when it was made, as far as it counts.
    len: u64,
    _living: Arc<()>,
}

impl BadReader {
    pub(super) fn new(inner: SimReader, flaw: Flaw, disk: SimDisk, shared: Arc<Shared>, len: u64) -> BadReader {
        let living = Arc::clone(&shared.readers);
        BadReader { inner, flaw, disk, shared, cursor: 0, len, _living: living }
    }

    fn check_open(&self) -> Result<()> {
        match self.flaw {
            Flaw::ReaderEndsWithItsWriter if self.shared.closed.load(Ordering::SeqCst) => Err(Error::Closed),
            _ => Ok(()),
        }
    }

    /// Where the log ends for this reader, where the flaw has a say in it.
    async fn limit(&mut self) -> Result<u64> {
        let end = self.inner.end().await?;
        Ok(match self.flaw {
            Flaw::ReaderNeverGrows => end.min(self.len),
            Flaw::NewReaderStopsAtTheCheckpoint | Flaw::EarlierReaderLags => {
                end.min(self.len.max(self.shared.durable_len.load(Ordering::SeqCst)))
            }
            Flaw::ReaderIgnoresTheEndOfItsWriter | Flaw::ReaderIgnoresTheFence => self.disk.live().len() as u64,
            _ => end,
        })
    }
}

impl AofRead for BadReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.check_open()?;
        self.cursor = match self.flaw {
            Flaw::SeekWraps => u64::from(offset as u32),
            _ => offset,
        };
        self.shared.cursor.store(self.cursor, Ordering::SeqCst);
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.check_open()?;
        if self.flaw == Flaw::ReadersShareACursor {
            self.cursor = self.shared.cursor.load(Ordering::SeqCst);
        }
        let at = self.cursor;
        let from_the_disk = match self.flaw {
            Flaw::ReaderIgnoresTheCut | Flaw::ReaderIgnoresTheFence => true,
            Flaw::ReaderIgnoresTheEndOfItsWriter => self.inner.changed(u64::MAX).now_or_never().is_some(),
            _ => false,
        };
        let count = if from_the_disk {
            let live = self.disk.live();
            let from = usize::try_from(at).unwrap_or(usize::MAX).min(live.len());
            let count = buf.len().min(live.len() - from);
            buf[..count].copy_from_slice(&live[from..from + count]);
            count
        } else {
            let there = self.limit().await?.saturating_sub(at);
            let wanted = match self.flaw {
                Flaw::ReaderNeverGrows | Flaw::NewReaderStopsAtTheCheckpoint | Flaw::EarlierReaderLags => {
                    buf.len().min(usize::try_from(there).unwrap_or(usize::MAX))
                }
                _ => buf.len(),
            };
            self.inner.seek(at).await?;
            self.inner.read(&mut buf[..wanted]).await?
        };
        if self.flaw == Flaw::ReaderSeesBytesOutOfOrder {
            let durable = self.shared.durable_len.load(Ordering::SeqCst);
            for (place, byte) in (at..).zip(&mut buf[..count]) {
                if (durable..durable + 512).contains(&place) {
                    *byte = 0;
                }
            }
        }
        self.cursor += count as u64;
        self.shared.cursor.store(self.cursor, Ordering::SeqCst);
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        self.check_open()?;
        self.inner.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        self.check_open()?;
        self.limit().await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.check_open()?;
        match self.flaw {
            Flaw::ChangedIsDeaf if self.inner.end().await? <= end => pending().await,
            Flaw::ChangedPolls => loop {
                match self.inner.changed(end).now_or_never() {
                    Some(outcome) => return outcome,
                    None => crate::wrap::dropping::pending(1).await,
                }
            },
            Flaw::ChangedIgnoresErrors | Flaw::ChangedIgnoresAFence => match self.inner.changed(end).await {
                Err(_) => pending().await,
                more => more,
            },
            Flaw::ChangedIgnoresAPrune => match self.inner.changed(end).await {
                Err(Error::Pruned { .. }) => pending().await,
                other => other,
            },
            Flaw::ChangedReportsAnErrorFirst => match self.shared.closed.load(Ordering::SeqCst) {
                true => Err(Error::Closed),
                false => self.inner.changed(end).await,
            },
            Flaw::DroppedChangedIsTheLast => {
                if self.shared.deaf.swap(true, Ordering::SeqCst) {
                    pending().await
                }
                let outcome = self.inner.changed(end).await;
                self.shared.deaf.store(false, Ordering::SeqCst);
                outcome
            }
            _ => self.inner.changed(end).await,
        }
    }
}
