//! The one writer of a simulated disk.

use super::images::Images;
use super::reader::{SimReader, dead, read_live};
use super::sim_disk::SimDisk;
use crate::random::Random;
use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::{Fault, injected};
use aof_api::{AofBackend, AofRead, Error, Result};
use std::io::IoSlice;

/// A writer that was opened on a [`SimDisk`].
#[derive(Debug)]
pub struct SimBackend {
    disk: SimDisk,
    /// Which opening this is; the lock is ours while the disk says the same.
    opening: u64,
    /// Which life of the disk this belongs to.
    lifetime: u64,
    cursor: u64,
    durable_len: u64,
    poison: Option<Error>,
    closed: bool,
    /// A checkpoint that was begun and whose future was dropped: how far it goes, and what will strike it.
    begun: Option<(u64, Option<Fault>)>,
}

impl SimBackend {
    pub(super) fn new(disk: SimDisk, opening: u64, lifetime: u64) -> SimBackend {
        SimBackend { disk, opening, lifetime, cursor: 0, durable_len: 0, poison: None, closed: false, begun: None }
    }

    /// The disk.
    #[must_use]
    pub fn disk(&self) -> &SimDisk {
        &self.disk
    }

    /// Gives back what was allocated ahead of the end, durably, with everything that was written.
    pub(crate) fn trim(&mut self) {
        let mut images = self.disk.images();
        images.trim();
        images.sync();
    }

    fn check_open(&self) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        if self.disk.images().lifetime != self.lifetime {
            return Err(dead("call", 0));
        }
        Ok(())
    }

    fn check_writable(&self) -> Result<()> {
        self.check_open()?;
        if self.disk.images().writer != Some(self.opening) {
            return Err(Error::Fenced { what: "the simulated disk".to_owned() });
        }
        self.poison.as_ref().map_or(Ok(()), |poison| Err(poison.clone()))
    }

    fn poisoned_by(&mut self, error: Error) -> Error {
        self.poison = Some(error.poison());
        error
    }

    /// Finishes the checkpoint that was begun, if one was.
    fn join(&mut self) -> Result<()> {
        let Some((target, fault)) = self.begun.take() else { return Ok(()) };
        match fault {
            None => self.disk.images().sync(),
            Some(Fault::CheckpointLies) => {}
            Some(fault) => {
                if fault == Fault::CheckpointKeepsPart {
                    let seed = self.disk.faults().draw_seed();
                    self.disk.images().sync_in_part(seed);
                }
                let error = injected(Call::Checkpoint, self.durable_len);
                return Err(self.poisoned_by(error));
            }
        }
        self.durable_len = target;
        Ok(())
    }

    /// What a write finds wrong before a byte is accepted.
    fn refuse_write(&mut self, needed: u64) -> Result<Option<Fault>> {
        let len = self.len();
        let available = self.disk.capacity().saturating_sub(len);
        if needed > available {
            return Err(Error::Full { needed, available });
        }
        let fault = self.disk.faults().strike(Call::Write);
        match fault {
            Some(Fault::WriteIsFull) => Err(Error::Full { needed, available: 0 }),
            Some(Fault::WriteFails) => Err(injected(Call::Write, len)),
            _ => Ok(fault),
        }
    }
}

/// The bytes of a write that landed in the wrong place: those that stand before it, repeated.
fn misdirected(images: &Images, len: usize) -> Vec<u8> {
    let from = images.live.len().saturating_sub(len);
    let before = &images.live[from..];
    let mut bytes: Vec<u8> = before.iter().copied().cycle().take(len).collect();
    bytes.resize(len, 0);
    bytes
}

impl AofRead for SimBackend {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        pending(self.disk.faults().held_up()).await;
        self.check_open()?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        pending(self.disk.faults().held_up()).await;
        self.check_open()?;
        let end = self.len();
        let wanted = usize::try_from(end.saturating_sub(self.cursor)).map_or(buf.len(), |there| there.min(buf.len()));
        read_live(&self.disk, &mut self.cursor, &mut buf[..wanted]).await
    }

    async fn end(&mut self) -> Result<u64> {
        pending(self.disk.faults().held_up()).await;
        self.check_open()?;
        match self.disk.faults().strike(Call::End) {
            Some(_) => Err(injected(Call::End, self.len())),
            None => Ok(self.len()),
        }
    }
}

impl AofBackend for SimBackend {
    type Reader = SimReader;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        // All waiting comes first: what is accepted is accepted within one poll.
        pending(self.disk.faults().held_up()).await;
        self.check_writable()?;
        self.join()?;
        let needed: usize = parts.iter().map(|part| part.len()).sum();
        let fault = self.refuse_write(needed as u64)?;
        let mut images = self.disk.images();
        let offset = images.extent.len();
        // What a failed write left behind the end is overwritten, as a file system would.
        images.drop_beyond(offset);
        match fault {
            Some(Fault::WriteKeepsPart) => {
                let bytes = parts.concat_parts();
                let kept = Random::new(self.disk.faults().draw_seed()).index(bytes.len() + 1);
                images.append(&bytes[..kept]);
                drop(images);
                let error = injected(Call::Write, offset);
                return Err(self.poisoned_by(error));
            }
            Some(_) => {
                let bytes = misdirected(&images, needed);
                images.append(&bytes);
            }
            None => parts.iter().for_each(|part| images.append(part)),
        }
        images.extent.set_len(offset + needed as u64);
        Ok(offset)
    }

    async fn checkpoint(&mut self) -> Result<u64> {
        self.check_writable()?;
        // The one that was begun covers what was written until then. It is heard of, and the rest needs another.
        self.join()?;
        let fault = self.disk.faults().strike(Call::Checkpoint);
        self.disk.images().allocate_ahead(self.disk.zeros_ahead());
        self.begun = Some((self.len(), fault));
        // Dropped here, it goes on.
        pending(self.disk.faults().held_up()).await;
        self.check_open()?;
        self.join()?;
        Ok(self.durable_len)
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        pending(self.disk.faults().held_up()).await;
        self.check_writable()?;
        if len > self.len() {
            return Err(Error::OutOfBounds { offset: len, len: self.len() });
        }
        self.join()?;
        let fault = self.disk.faults().strike(Call::Truncate);
        let error = match fault {
            None => None,
            Some(Fault::TruncateStopsHalfway) => {
                let mut random = Random::new(self.disk.faults().draw_seed());
                let reached = len + random.below(self.len() - len + 1);
                let durable = random.chance(0.5);
                self.disk.images().truncate(reached as usize, durable);
                Some(injected(Call::Truncate, len))
            }
            Some(_) => Some(injected(Call::Truncate, len)),
        };
        if let Some(error) = error {
            return Err(self.poisoned_by(error));
        }
        self.disk.images().truncate(len as usize, false);
        // Dropped here, it is in doubt whether the cut is durable.
        self.poison = Some(injected(Call::Truncate, len).poison());
        pending(self.disk.faults().held_up()).await;
        self.check_open()?;
        self.disk.images().truncate(len as usize, true);
        self.poison = None;
        self.durable_len = len;
        Ok(())
    }

    async fn reader(&mut self) -> Result<SimReader> {
        pending(self.disk.faults().held_up()).await;
        self.check_open()?;
        match self.disk.faults().strike(Call::Reader) {
            Some(_) => Err(injected(Call::Reader, 0)),
            None => {
                let view = self.disk.images().extent.view();
                Ok(SimReader::new(self.disk.clone(), view, self.lifetime))
            }
        }
    }

    async fn close(&mut self) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let finished = self.finish();
        self.closed = true;
        self.unlock();
        finished
    }

    fn len(&self) -> u64 {
        self.disk.images().extent.len()
    }

    fn durable_len(&self) -> u64 {
        self.durable_len
    }

    fn recovery_offset(&self) -> u64 {
        0
    }
}

impl SimBackend {
    /// Ends what a good backend has begun, and gives back what was allocated ahead; durably only with the next sync, so
    /// that a power loss may bring the zeros back.
    fn finish(&mut self) -> Result<()> {
        if self.check_writable().is_ok() {
            self.join()?;
            self.disk.images().trim();
        }
        Ok(())
    }

    fn unlock(&mut self) {
        let mut images = self.disk.images();
        if images.lifetime == self.lifetime && images.writer == Some(self.opening) {
            images.writer = None;
        }
    }
}

impl Drop for SimBackend {
    fn drop(&mut self) {
        // The lock goes after what was started is done.
        let _ = self.finish();
        self.unlock();
    }
}

/// The bytes of all parts.
trait ConcatParts {
    fn concat_parts(&self) -> Vec<u8>;
}

impl ConcatParts for [IoSlice<'_>] {
    fn concat_parts(&self) -> Vec<u8> {
        self.iter().flat_map(|part| part.iter().copied()).collect()
    }
}
