//! The backend with a flaw.

use super::Flaw;
use super::reader::BadReader;
use super::shared::{Shared, lock, pending_unwoken};
use crate::disk::SimBackend;
use crate::wrap::call::Call;
use crate::wrap::fault::injected;
use aof_api::{AofBackend, AofRead, Error, Result};
use futures::future::BoxFuture;
use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::ThreadId;

/// A backend that keeps every promise but one.
#[derive(Debug)]
pub struct BadBackend {
    pub(super) inner: SimBackend,
    pub(super) flaw: Flaw,
    pub(super) shared: Arc<Shared>,
    pub(super) cursor: u64,
    /// What this backend claims, where that is not what the one inside knows.
    pub(super) durable_len: Option<u64>,
    /// Gone when it is dropped.
    pub(super) alive: Arc<()>,
    /// The most bytes that the log ever had.
    pub(super) longest: u64,
    closed: bool,
    /// A 0 that was returned once at this place.
    hiccup: Option<u64>,
    wrote: bool,
    /// A call was pending, and nothing woke it.
    was_pending: bool,
    /// The note that opening found.
    note: Option<(u64, Vec<u8>)>,
    /// The thread of its first call.
    thread: Option<ThreadId>,
}

impl BadBackend {
    pub(super) fn new(inner: SimBackend, flaw: Flaw, shared: Arc<Shared>) -> BadBackend {
        let len = inner.len();
        shared.closed.store(false, Ordering::SeqCst);
        shared.durable_len.store(0, Ordering::SeqCst);
        shared.forgotten.store(false, Ordering::SeqCst);
        *lock(&shared.poison) = None;
        *lock(&shared.begun) = None;
        let durable_len = (flaw == Flaw::OpeningCountsAsDurable).then_some(len);
        let note = match flaw {
            Flaw::NoteIsNeverFound => None,
            Flaw::EmptyNoteErases if shared.erased.load(Ordering::SeqCst) => None,
            Flaw::NoteCoversTheEnd => lock(&shared.note).clone(),
            _ => inner.note(),
        };
        BadBackend {
            inner,
            flaw,
            shared,
            cursor: 0,
            durable_len,
            alive: Arc::default(),
            closed: false,
            hiccup: None,
            longest: len,
            wrote: false,
            was_pending: false,
            note,
            thread: None,
        }
    }

    pub(super) fn check_open(&mut self) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        if self.flaw == Flaw::CallsAreBoundToAThread {
            let thread = std::thread::current().id();
            if *self.thread.get_or_insert(thread) != thread {
                return Err(injected(Call::Seek, self.cursor));
            }
        }
        lock(&self.shared.poison).clone().map_or(Ok(()), Err)
    }

    /// The piece at `offset`, and the one that 8 bits of its number name.
    fn wrong_piece(&self, offset: u64) -> Option<u64> {
        let ends = lock(&self.shared.pieces);
        let piece = ends.partition_point(|end| *end <= offset);
        let starts = |piece: usize| piece.checked_sub(1).map_or(0, |before| ends[before]);
        (piece > 256 && piece < ends.len() && starts(piece) < offset).then(|| starts(piece % 256))
    }
}

impl AofRead for BadBackend {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        if self.closed {
            return if self.flaw == Flaw::WorksAfterClose { Ok(()) } else { Err(Error::Closed) };
        }
        if self.flaw == Flaw::PendingIsNotWoken && !std::mem::replace(&mut self.was_pending, true) {
            pending_unwoken().await;
        }
        self.cursor = match self.flaw {
            Flaw::SeekWraps => u64::from(offset as u32),
            Flaw::SeekIsSigned if i64::try_from(offset).is_err() => {
                return Err(Error::OutOfBounds { offset, len: self.inner.len() });
            }
            _ => offset,
        };
        self.inner.seek(self.cursor).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        if self.flaw == Flaw::CallsAreBoundToAThread {
            self.check_open()?;
        }
        if self.closed {
            return if self.flaw == Flaw::WorksAfterClose { Ok(0) } else { Err(Error::Closed) };
        }
        let (cursor, len) = (self.cursor, self.inner.len());
        let mut wanted = buf.len();
        match self.flaw {
            Flaw::WritesAreReadAfterACheckpoint => {
                let there = self.inner.durable_len().saturating_sub(cursor);
                wanted = wanted.min(usize::try_from(there).unwrap_or(usize::MAX));
            }
            Flaw::ReadReturns0InTheMiddle if cursor > 0 && cursor < len && cursor.is_multiple_of(4096) => {
                let before = self.hiccup.replace(cursor);
                if before != Some(cursor) {
                    return Ok(0);
                }
            }
            Flaw::PieceIndexIsAByte => {
                if let Some(wrong) = self.wrong_piece(cursor) {
                    self.inner.seek(wrong).await?;
                }
            }
            Flaw::ReadPastTheEndFails if cursor > len => return Err(Error::OutOfBounds { offset: cursor, len }),
            Flaw::FailedReadMovesTheCursor if self.shared.fails(Call::Read) => {
                self.seek(cursor.saturating_add(buf.len() as u64)).await?;
                return Err(injected(Call::Read, cursor));
            }
            _ => {}
        }
        let count = self.inner.read(&mut buf[..wanted]).await?;
        self.cursor += count as u64;
        if self.flaw == Flaw::PieceIndexIsAByte {
            self.inner.seek(self.cursor).await?;
        }
        Ok(count)
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        match self.flaw {
            Flaw::HolesReachToTheEnd => Ok(self.inner.len().max(offset)),
            _ => self.inner.next_data(offset).await,
        }
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        match self.flaw {
            Flaw::BoundariesAreAnywhere => Ok(offset),
            _ => self.inner.boundary(offset).await,
        }
    }

    async fn start(&mut self) -> Result<u64> {
        if self.closed { Err(Error::Closed) } else { self.inner.start().await }
    }

    async fn end(&mut self) -> Result<u64> {
        if self.closed { Err(Error::Closed) } else { self.inner.end().await }
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        if self.closed {
            return Err(Error::Closed);
        }
        match self.inner.changed(end).await {
            Err(Error::Unsupported { .. }) if self.flaw == Flaw::ChangedHangsOnTheBackend => {
                std::future::pending().await
            }
            other => other,
        }
    }
}

impl AofBackend for BadBackend {
    type Reader = BadReader;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.check_open()?;
        self.wrote = true;
        let answer = self.write_flawed(parts).await;
        self.longest = self.longest.max(self.inner.len());
        answer
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        if self.flaw == Flaw::NoteFollowsCheckpoints && !note.is_empty() {
            self.note = Some((self.inner.len(), note.to_vec()));
        }
        self.checkpoint_flawed(note)
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.check_open()?;
        self.truncate_flawed(len).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.check_open()?;
        self.prune_flawed(to).await
    }

    async fn reader(&mut self) -> Result<BadReader> {
        if self.closed {
            return Err(Error::Closed);
        }
        let len = match self.flaw {
            Flaw::NewReaderStopsAtTheCheckpoint => self.inner.durable_len(),
            _ => self.inner.len(),
        };
        let inner = self.inner.reader().await?;
        Ok(BadReader::new(inner, self.flaw, self.inner.disk().clone(), Arc::clone(&self.shared), len))
    }

    async fn close(&mut self) -> Result<()> {
        if self.closed && self.flaw == Flaw::SecondCloseFails {
            return Err(Error::Closed);
        }
        self.closed = true;
        self.shared.closed.store(true, Ordering::SeqCst);
        match self.flaw {
            Flaw::LockOutlivesClose => Ok(()),
            Flaw::WaitsForTheEarlierOne => {
                self.shared.wait_for_all().await;
                self.inner.close().await
            }
            Flaw::FailedCloseKeepsTheLock => {
                let closed = self.inner.close().await;
                if closed.is_err() {
                    self.inner.disk().state().writer = Some(0);
                }
                closed
            }
            _ => self.inner.close().await,
        }
    }

    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn durable_len(&self) -> u64 {
        match self.flaw {
            // Not right after opening the log, which would break another promise.
            Flaw::DurableLenIsAheadOfTheDisk if self.wrote => self.inner.len(),
            _ => self.durable_len.unwrap_or_else(|| self.inner.durable_len()),
        }
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.note.clone()
    }
}
