//! The backend with a flaw.

use super::Flaw;
use super::reader::BadReader;
use crate::disk::SimBackend;
use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::injected;
use aof_api::{AofBackend, AofRead, Error, Result};
use futures::future::{BoxFuture, ready};
use std::io::IoSlice;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A backend that keeps every promise but one.
#[derive(Debug)]
pub struct BadBackend {
    pub(super) inner: SimBackend,
    flaw: Flaw,
    pub(super) shared: Arc<Shared>,
    cursor: u64,
    /// What this backend claims, where that is not what the one inside knows.
    durable_len: Option<u64>,
    closed: bool,
    /// A 0 that was answered once at this place.
    hiccup: Option<u64>,
    /// The most bytes that the log ever had.
    longest: u64,
    wrote: bool,
}

/// What the backends and readers of one log share, and their fixture sees.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// A call that is to fail, where the flaw handles failures itself.
    pub(super) failing: Mutex<Option<Call>>,
    /// The longest log that there was, for cut bytes to come back from.
    pub(super) cut: Mutex<Vec<u8>>,
    pub(super) durable_len: AtomicU64,
    pub(super) cursor: AtomicU64,
    /// What poisoned the last writer, where the flaw handles failures itself.
    poison: Mutex<Option<Error>>,
    /// How far a checkpoint went that was dropped.
    begun: Mutex<Option<u64>>,
    /// Whether the last writer was closed.
    pub(super) closed: AtomicBool,
    /// One more for each living reader.
    pub(super) readers: Arc<()>,
}

impl Shared {
    fn fails(&self, call: Call) -> bool {
        let mut failing = lock(&self.failing);
        let fails = *failing == Some(call);
        if fails {
            *failing = None;
        }
        fails
    }

    fn poison(&self, failure: &Error) {
        *lock(&self.poison) = Some(failure.poison());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is done under these locks that could panic half way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BadBackend {
    pub(super) fn new(inner: SimBackend, flaw: Flaw, shared: Arc<Shared>) -> BadBackend {
        let len = inner.len();
        shared.closed.store(false, Ordering::SeqCst);
        shared.durable_len.store(0, Ordering::SeqCst);
        *lock(&shared.poison) = None;
        *lock(&shared.begun) = None;
        let durable_len = (flaw == Flaw::OpeningCountsAsDurable).then_some(len);
        BadBackend {
            inner,
            flaw,
            shared,
            cursor: 0,
            durable_len,
            closed: false,
            hiccup: None,
            longest: len,
            wrote: false,
        }
    }

    fn check_open(&self) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        lock(&self.shared.poison).clone().map_or(Ok(()), Err)
    }

    /// Stores these bytes in place of those that were asked for.
    async fn store(&mut self, bytes: &[u8]) -> Result<u64> {
        self.inner.write(&[IoSlice::new(bytes)]).await
    }

    /// The checkpoint of a flaw for which it makes no difference when the work is done.
    fn checkpoint_now(&mut self, note: &[u8], before: u64) -> Result<u64> {
        let answer = match self.flaw {
            Flaw::CheckpointDoesNothing => return self.claim(),
            Flaw::CheckpointForgetsTheLastSector => {
                let whole = self.inner.len() as usize / 512 * 512;
                self.inner.disk().state().images.sync_below(whole);
                return self.claim();
            }
            Flaw::CheckpointDiscards => {
                self.inner.checkpoint(note).finish()?;
                self.inner.disk().state().images.truncate(0, true);
                Ok(0)
            }
            Flaw::CheckpointAnswersTheLastOne => self.inner.checkpoint(note).finish().map(|_| before),
            Flaw::SecondCheckpointSucceeds => match self.inner.checkpoint(note).finish() {
                Err(Error::Poisoned { .. }) => return self.claim(),
                other => other,
            },
            Flaw::PoisonHasNoCause => match self.inner.checkpoint(note).finish() {
                Err(Error::Poisoned { .. }) => Err(Error::Poisoned { cause: Arc::new(Error::Closed) }),
                other => other,
            },
            Flaw::FencedWriterGoesOn => match self.inner.checkpoint(note).finish() {
                Err(Error::Fenced { .. }) => return self.claim(),
                other => other,
            },
            _ => self.inner.checkpoint(note).finish(),
        };
        self.shared.durable_len.store(self.inner.durable_len(), Ordering::SeqCst);
        self.durable_len = None;
        answer
    }

    fn checkpoint_answered_by_the_one_before(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let mut begun = lock(&self.shared.begun);
        if let Some(end) = begun.take() {
            return Box::pin(ready(Ok(end)));
        }
        *begun = Some(self.inner.len());
        drop(begun);
        let (shared, work) = (Arc::clone(&self.shared), self.inner.checkpoint(note));
        Box::pin(async move {
            pending(1).await;
            *lock(&shared.begun) = None;
            work.await
        })
    }

    /// The checkpoint of a flaw that says `Ok` whatever happened.
    fn claim(&mut self) -> Result<u64> {
        let len = self.inner.len();
        self.durable_len = Some(len);
        self.shared.durable_len.store(len, Ordering::SeqCst);
        Ok(len)
    }

    async fn store_at_cursor(&mut self, bytes: &[u8]) -> Result<u64> {
        let (at, len) = (self.cursor, self.inner.len());
        // A hole, as a file would get one; not one that fills the memory.
        let hole = at.saturating_sub(len).min(1 << 16);
        self.store(&vec![0; hole as usize]).await?;
        let over = (self.inner.len().saturating_sub(at) as usize).min(bytes.len());
        self.inner.disk().overwrite(at as usize, &bytes[..over]);
        self.store(&bytes[over..]).await?;
        self.cursor = at.saturating_add(bytes.len() as u64);
        self.inner.seek(self.cursor).await?;
        Ok(at)
    }
}

impl AofRead for BadBackend {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        if self.closed {
            return if self.flaw == Flaw::AnswersAfterClose { Ok(()) } else { Err(Error::Closed) };
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
        if self.closed {
            return if self.flaw == Flaw::AnswersAfterClose { Ok(0) } else { Err(Error::Closed) };
        }
        let (cursor, len) = (self.cursor, self.inner.len());
        let mut wanted = buf.len();
        match self.flaw {
            Flaw::WritesAreReadAfterACheckpoint => {
                let there = self.inner.durable_len().saturating_sub(cursor);
                wanted = wanted.min(usize::try_from(there).unwrap_or(usize::MAX));
            }
            Flaw::ReadAnswers0InTheMiddle if cursor > 0 && cursor < len && cursor.is_multiple_of(4096) => {
                let before = self.hiccup.replace(cursor);
                if before != Some(cursor) {
                    return Ok(0);
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
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        if self.closed { Err(Error::Closed) } else { self.inner.start().await }
    }

    async fn end(&mut self) -> Result<u64> {
        if self.closed { Err(Error::Closed) } else { self.inner.end().await }
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        if self.closed { Err(Error::Closed) } else { self.inner.changed(end).await }
    }
}

impl AofBackend for BadBackend {
    type Reader = BadReader;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.check_open()?;
        self.wrote = true;
        let at = self.inner.len();
        let all: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let available = self.inner.disk().capacity().saturating_sub(at);
        let fits = all.len() as u64 <= available;
        let answer = match self.flaw {
            Flaw::ShortWriteIsWhole => self.store(&all[..all.len().min(4096)]).await,
            Flaw::PartsPast1024AreDropped => self.inner.write(&parts[..parts.len().min(1024)]).await,
            Flaw::EmptyPartEndsTheWrite => {
                let end = parts.iter().position(|part| part.is_empty()).unwrap_or(parts.len());
                self.inner.write(&parts[..end]).await
            }
            Flaw::WriteAnswersTheNewLength => self.store(&all).await.map(|offset| offset + all.len() as u64),
            Flaw::WriteGoesToTheCursor => self.store_at_cursor(&all).await,
            Flaw::WriteMovesTheCursor => {
                let offset = self.store(&all).await?;
                self.seek(offset + all.len() as u64).await?;
                Ok(offset)
            }
            Flaw::WritesAfterAFailedCheckpoint => match self.store(&all).await {
                Err(Error::Poisoned { .. }) => Ok(at),
                other => other,
            },
            Flaw::FailedWriteKeepsAPart if self.shared.fails(Call::Write) => {
                self.store(&all[..all.len() / 2]).await?;
                Err(injected(Call::Write, at))
            }
            Flaw::DroppedWriteLeavesHalf => {
                let (half, rest) = all.split_at(all.len() / 2);
                self.store(half).await?;
                pending(1).await;
                self.store(rest).await?;
                Ok(at)
            }
            Flaw::FencedWriterGoesOn => match self.store(&all).await {
                Err(Error::Fenced { .. }) => Ok(at),
                other => other,
            },
            Flaw::FullAppendsWhatFits if !fits => {
                self.store(&all[..available as usize]).await?;
                Err(Error::Full { needed: all.len() as u64, available })
            }
            Flaw::FullPoisons if !fits => {
                let full = Error::Full { needed: all.len() as u64, available };
                self.shared.poison(&full);
                Err(full)
            }
            Flaw::FullLosesTheBuffer if !fits => Ok(at),
            Flaw::FullIsAnIoError if !fits => Err(injected(Call::Write, at)),
            Flaw::CutMakesNoRoom if self.longest > at && all.len() as u64 > available - (self.longest - at) => {
                Err(Error::Full { needed: all.len() as u64, available: available - (self.longest - at) })
            }
            _ => self.inner.write(parts).await,
        };
        self.longest = self.longest.max(self.inner.len());
        answer
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let before = self.inner.durable_len();
        if let Err(error) = self.check_open() {
            return Box::pin(ready(Err(error)));
        }
        if self.flaw == Flaw::DroppedCheckpointIsForgotten && self.shared.fails(Call::Checkpoint) {
            let shared = Arc::clone(&self.shared);
            return Box::pin(async move {
                pending(1).await;
                let error = injected(Call::Checkpoint, before);
                shared.poison(&error);
                Err(error)
            });
        }
        if self.flaw == Flaw::DroppedCheckpointIsTheNextAnswer {
            return self.checkpoint_answered_by_the_one_before(note);
        }
        let answer = self.checkpoint_now(note, before);
        Box::pin(async move {
            pending(1).await;
            answer
        })
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.check_open()?;
        let before = self.inner.len();
        match self.flaw {
            Flaw::FailedTruncateGoesOn if self.shared.fails(Call::Truncate) => {
                return Err(injected(Call::Truncate, len));
            }
            Flaw::CutIsNotDurable if len < before => {
                self.inner.disk().state().images.truncate(len as usize, false);
                self.durable_len = Some(len);
                return Ok(());
            }
            Flaw::CutBytesComeBack if len < before => {
                *lock(&self.shared.cut) = self.inner.disk().live();
            }
            // Not by so much that it fills the memory.
            Flaw::TruncateExtends if len > before && len < 1 << 20 => {
                self.store(&vec![0; (len - before) as usize]).await?;
                return Ok(());
            }
            Flaw::DroppedTruncateStopsHalfway if len < before => {
                self.inner.truncate(len + (before - len) / 2).await?;
                pending(1).await;
            }
            _ => {}
        }
        self.inner.truncate(len).await?;
        self.durable_len = None;
        self.shared.durable_len.store(len, Ordering::SeqCst);
        Ok(())
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.check_open()?;
        self.inner.prune(to).await
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
            _ => self.inner.close().await,
        }
    }

    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn durable_len(&self) -> u64 {
        match self.flaw {
            // Not right after an opening, which would break another promise.
            Flaw::DurableLenIsAheadOfTheDisk if self.wrote => self.inner.len(),
            _ => self.durable_len.unwrap_or_else(|| self.inner.durable_len()),
        }
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.inner.note()
    }
}
