//! Any backend, with faults.

use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::{Fault, Faults, injected};
use crate::wrap::poison::Poison;
use aof_api::storage::delegate_read;
use aof_api::{AofBackend, AofRead, Error, Result};
use futures::future::BoxFuture;
use std::future::poll_fn;
use std::io::IoSlice;
use std::pin::pin;
use std::task::Poll;

/// A backend that fails as its [`Faults`] say, and keeps the contract in doing so: with an empty plan it passes the suite
/// wherever the backend inside does, and after an injected failure of a checkpoint it is poisoned as a real one would be.
/// An injected failure of a checkpoint is settled at its call; checkpoints of before keep their own outcome.
///
/// Readers suffer the same plan, and hear of the poison. Faults that need to know the disk, such as
/// [`Fault::WriteKeepsPart`], are plain failures here; use a [`SimDisk`](crate::disk::SimDisk) for them.
///
/// ```
/// use aof_api::AofRead;
/// use aof_memory::MemoryBackend;
/// use aof_testkit::{Fault, Faults, Faulty};
///
/// # futures::executor::block_on(async {
/// let backend = MemoryBackend::from_bytes(b"one byte at a time");
/// let mut backend = Faulty::new(backend, Faults::none().with(Fault::ReadIsShort, 1.0));
/// assert_eq!(backend.read(&mut [0; 10]).await?, 1);
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Faulty<B> {
    /// The backend inside, and its read half.
    read: FaultyReader<B>,
    /// What a checkpoint that lied said was durable.
    lie: u64,
    /// The bytes of the last write, kept only while a write may be misdirected to them.
    last_write: Vec<u8>,
}

impl<B> Faulty<B> {
    /// `inner`, struck by `faults`. Its cursor must be at 0, as that of every new backend is: seek, where the log was pruned.
    pub fn new(inner: B, faults: Faults) -> Faulty<B> {
        let read = FaultyReader { inner, faults, poison: Poison::default(), cursor: 0 };
        Faulty { read, lie: 0, last_write: Vec::new() }
    }

    /// The backend inside.
    pub fn into_inner(self) -> B {
        self.read.inner
    }

    /// The plan.
    pub fn faults(&self) -> &Faults {
        &self.read.faults
    }
}

impl<B: AofBackend> AofRead for Faulty<B> {
    delegate_read!(read);
}

impl<B: AofBackend> AofBackend for Faulty<B> {
    type Reader = FaultyReader<B::Reader>;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        pending(self.read.faults.held_up()).await;
        self.read.poison.check()?;
        let at = self.read.inner.len();
        match self.read.faults.strike(Call::Write) {
            None => {}
            Some(Fault::WriteIsFull) => {
                let needed = parts.iter().map(|part| part.len() as u64).sum();
                return Err(Error::Full { needed, available: 0 });
            }
            Some(Fault::WriteIsMisdirected) => {
                let len = parts.iter().map(|part| part.len()).sum();
                // With no write before it, zeros.
                let bytes: Vec<u8> = match self.last_write.is_empty() {
                    true => vec![0; len],
                    false => self.last_write.iter().copied().cycle().take(len).collect(),
                };
                return self.read.inner.write(&[IoSlice::new(&bytes)]).await;
            }
            Some(_) => return Err(injected(Call::Write, at)),
        }
        let offset = self.read.inner.write(parts).await?;
        if self.read.faults.may_misdirect() {
            self.last_write = parts.iter().flat_map(|part| part.iter().copied()).collect();
        }
        Ok(offset)
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let held_up = self.read.faults.held_up();
        let outcome = match self.read.poison.check() {
            Err(poison) => Err(poison),
            Ok(()) => match self.read.faults.strike(Call::Checkpoint) {
                None => {
                    let work = self.read.inner.checkpoint(note);
                    return Box::pin(async move {
                        pending(held_up).await;
                        work.await
                    });
                }
                Some(Fault::CheckpointLies) => {
                    self.lie = self.read.inner.len();
                    Ok(self.lie)
                }
                Some(Fault::CheckpointIsFull) => Err(Error::Full { needed: 1, available: 0 }),
                // At the call, so that nothing that is written later can be meant.
                Some(_) => Err(self.read.poison.set(injected(Call::Checkpoint, self.read.inner.durable_len()))),
            },
        };
        Box::pin(async move {
            pending(held_up).await;
            outcome
        })
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        pending(self.read.faults.held_up()).await;
        self.read.poison.check()?;
        if len <= self.read.inner.len() && self.read.faults.strike(Call::Truncate).is_some() {
            let error = injected(Call::Truncate, len);
            return Err(self.read.poison.set(error));
        }
        self.read.inner.truncate(len).await?;
        self.lie = 0;
        Ok(())
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        pending(self.read.faults.held_up()).await;
        self.read.poison.check()?;
        match self.read.faults.strike(Call::Prune) {
            // The start is what it was, and nothing is in doubt.
            Some(Fault::PruneFails) => Err(injected(Call::Prune, to)),
            Some(_) => Err(self.read.poison.set(injected(Call::Prune, to))),
            None => self.read.inner.prune(to).await,
        }
    }

    async fn reader(&mut self) -> Result<FaultyReader<B::Reader>> {
        pending(self.read.faults.held_up()).await;
        let mut inner = self.read.inner.reader().await?;
        if self.read.faults.strike(Call::Reader).is_some() {
            return Err(injected(Call::Reader, 0));
        }
        let cursor = inner.start().await?;
        Ok(FaultyReader { inner, faults: self.read.faults.clone(), poison: self.read.poison.clone(), cursor })
    }

    async fn close(&mut self) -> Result<()> {
        self.read.poison.clear();
        self.read.inner.close().await
    }

    fn len(&self) -> u64 {
        self.read.inner.len()
    }

    fn durable_len(&self) -> u64 {
        self.lie.max(self.read.inner.durable_len())
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.read.inner.note()
    }
}

/// A reader of a [`Faulty`] backend, struck by the same plan.
#[derive(Debug)]
pub struct FaultyReader<R> {
    inner: R,
    faults: Faults,
    /// What becomes of its writer.
    poison: Poison,
    cursor: u64,
}

impl<R: AofRead> FaultyReader<R> {
    /// Any reader, struck by `faults`. Its cursor must be at 0.
    pub fn new(inner: R, faults: Faults) -> FaultyReader<R> {
        FaultyReader { inner, faults, poison: Poison::default(), cursor: 0 }
    }
}

impl<R: AofRead> AofRead for FaultyReader<R> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        pending(self.faults.held_up()).await;
        self.inner.seek(offset).await?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        pending(self.faults.held_up()).await;
        let wanted = match self.faults.strike(Call::Read) {
            Some(Fault::ReadFails) => return Err(injected(Call::Read, self.cursor)),
            Some(Fault::ReadIsShort) => buf.len().min(1),
            Some(Fault::ReadIsInterrupted) => {
                pending(1).await;
                buf.len()
            }
            _ => buf.len(),
        };
        let count = self.inner.read(&mut buf[..wanted]).await?;
        self.faults.flip(self.cursor, &mut buf[..count]);
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        pending(self.faults.held_up()).await;
        self.inner.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        pending(self.faults.held_up()).await;
        let end = self.inner.end().await?;
        match self.faults.strike(Call::End) {
            Some(_) => Err(injected(Call::End, end)),
            None => Ok(end),
        }
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        self.inner.next_data(offset).await
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        self.inner.boundary(offset).await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        let FaultyReader { inner, poison, .. } = self;
        let mut changed = pin!(inner.changed(end));
        // What is there comes before any error.
        poll_fn(|context| match changed.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => poison.poll(context).map(Err),
        })
        .await
    }
}
