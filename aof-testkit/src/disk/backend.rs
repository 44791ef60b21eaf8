//! The one writer of a simulated disk.

mod shortening;
mod writing;

use super::checkpoint::SimCheckpoint;
use super::options::Defect;
use super::reader::{SimReader, read_live};
use super::sim_disk::SimDisk;
use super::state::State;
use super::under_way::Job;
use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::injected;
use aof_api::storage::extent::{Extent, Settler};
use aof_api::storage::{NOTE_LEN_MAX, Quantity};
use aof_api::{AofBackend, AofRead, Error, Result};
use std::io::IoSlice;
use std::sync::{Arc, OnceLock};

/// A writer that was opened on a [`SimDisk`].
#[derive(Debug)]
pub struct SimBackend {
    disk: SimDisk,
    /// Which opening this is; the lock is ours while the disk says the same.
    opening: u64,
    /// Which life of the disk this belongs to.
    lifetime: u64,
    extent: Extent,
    cursor: u64,
    note: Option<(u64, Vec<u8>)>,
    closed: bool,
    /// A truncate that has cut and is not durable: where its future was dropped, the backend is poisoned.
    in_doubt: Option<Error>,
}

impl SimBackend {
    pub(super) fn new(disk: SimDisk, state: &State, opening: u64) -> SimBackend {
        let extent = Extent::starting_at(state.start, state.images.live.len() as u64);
        SimBackend {
            disk,
            opening,
            lifetime: state.lifetime,
            cursor: state.start,
            extent,
            note: state.note(),
            closed: false,
            in_doubt: None,
        }
    }

    /// The disk.
    #[must_use]
    pub fn disk(&self) -> &SimDisk {
        &self.disk
    }

    /// Gives back what was allocated ahead of the end, durably, with everything that was written.
    pub(crate) fn trim(&mut self) {
        let mut state = self.disk.state();
        state.images.trim();
        state.images.sync();
    }

    pub(crate) fn settler(&self) -> Settler {
        self.extent.settler()
    }

    /// Whether a call may look at the log.
    fn check_open(&self, call: Call) -> Result<()> {
        if self.closed {
            self.extent.check()?;
            return Err(Error::Closed);
        }
        self.disk.state().check_alive(self.lifetime, call, 0)
    }

    /// Whether a call may change the log.
    fn check_writable(&mut self, call: Call) -> Result<()> {
        self.check_open(call)?;
        if let Some(failure) = self.in_doubt.take() {
            self.extent.poison(&failure);
        }
        self.extent.check()?;
        if self.disk.options().helped {
            self.disk.step();
        }
        // The step may have failed.
        self.extent.check()
    }

    /// Whether this is still the writer, as the disk says that holds `state`: what it finds cannot change before `state` is
    /// given back.
    fn check_writer(&self, state: &State, call: Call) -> Result<()> {
        state.check_alive(self.lifetime, call, 0)?;
        if state.writer == Some(self.opening) {
            return Ok(());
        }
        self.extent.check()?;
        Err(Error::Closed)
    }

    /// Where the log ends for its own cursor, and for its length: what is in doubt after a fence is not shown.
    fn shown_len(&self) -> u64 {
        match self.extent.check() {
            Err(Error::Fenced { .. }) => self.extent.durable_len(),
            _ => self.extent.len(),
        }
    }

    /// Begins a checkpoint; its outcome, where it is known at once.
    fn begin_checkpoint(&mut self, note: &[u8], outcome: &Arc<OnceLock<Result<u64>>>) -> Result<()> {
        if note.len() > NOTE_LEN_MAX {
            let (size, limit) = (note.len() as u64, NOTE_LEN_MAX as u64);
            return Err(Error::TooLarge { what: Quantity::Note, size, limit });
        }
        self.check_writable(Call::Checkpoint)?;
        let held_up = self.disk.faults().held_up();
        let mut state = self.disk.state();
        if self.disk.options().truncates {
            state.images.allocate_ahead(self.disk.zeros_ahead());
        }
        let job = Job {
            opening: self.opening,
            end: self.extent.len(),
            file_len: state.images.file_len(),
            note: note.to_vec(),
            steps: held_up + state.draw_steps(self.disk.options()),
            begun: false,
            dropped: false,
            outcome: Arc::clone(outcome),
            settler: self.extent.settler(),
        };
        state.begin(job, self.disk.options());
        Ok(())
    }

    /// Ends what has begun, and gives back what was allocated ahead; durably only with the next sync, so that a power
    /// loss may bring the zeros back.
    fn release(&mut self) {
        let mut state = self.disk.state();
        if state.lifetime == self.lifetime && state.writer == Some(self.opening) {
            if !self.disk.options().has(Defect::CheckpointOutlivesTheLock) {
                // What has begun is finished under the lock, and what has not is taken away.
                state.finish_begun(self.disk.faults(), self.disk.options());
                state.end_all(&Error::Closed);
            }
            // Readers hear of it before the lock goes.
            self.extent.close();
            if self.in_doubt.is_none() && !matches!(self.extent.check(), Err(Error::Poisoned { .. })) {
                state.images.trim();
            }
            state.writer = None;
        }
    }
}

impl AofRead for SimBackend {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        pending(self.disk.faults().held_up()).await;
        self.check_open(Call::Seek)?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        pending(self.disk.faults().held_up()).await;
        self.check_open(Call::Read)?;
        let end = match self.extent.check() {
            Ok(()) => self.extent.len(),
            Err(error) if self.cursor > self.extent.durable_len() => return Err(error),
            Err(_) => self.extent.durable_len(),
        };
        let start = self.extent.start();
        if self.cursor < start {
            return Err(Error::Pruned { start });
        }
        let wanted = usize::try_from(end.saturating_sub(self.cursor)).map_or(buf.len(), |there| there.min(buf.len()));
        read_live(&self.disk, &mut self.cursor, &mut buf[..wanted]).await
    }

    async fn start(&mut self) -> Result<u64> {
        pending(self.disk.faults().held_up()).await;
        self.check_open(Call::Start)?;
        Ok(self.extent.start())
    }

    async fn end(&mut self) -> Result<u64> {
        pending(self.disk.faults().held_up()).await;
        self.check_open(Call::End)?;
        match self.disk.faults().strike(Call::End) {
            Some(_) => Err(injected(Call::End, self.len())),
            None => Ok(self.len()),
        }
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.check_open(Call::Changed)?;
        match self.shown_len() {
            len if len > end => Ok(len),
            _ => Err(Error::Unsupported { what: "waiting on the backend itself, which nobody else can write," }),
        }
    }
}

impl AofBackend for SimBackend {
    type Reader = SimReader;
    type Checkpoint = SimCheckpoint;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        // All waiting comes first: what is accepted is accepted within one poll.
        pending(self.disk.faults().held_up()).await;
        self.check_writable(Call::Write)?;
        self.accept(parts)
    }

    fn checkpoint(&mut self, note: &[u8]) -> SimCheckpoint {
        let outcome = Arc::new(OnceLock::new());
        if let Err(error) = self.begin_checkpoint(note, &outcome) {
            // It is empty.
            let _ = outcome.set(Err(error));
        }
        SimCheckpoint::new(self.disk.clone(), outcome)
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        pending(self.disk.faults().held_up()).await;
        self.check_writable(Call::Truncate)?;
        if !self.disk.options().truncates {
            return Err(Error::Unsupported { what: "cutting a log that no crash can tear" });
        }
        if len > self.extent.len() || len < self.extent.start() {
            return Err(Error::OutOfBounds { offset: len, len: self.extent.len() });
        }
        self.drive().await?;
        self.cut(len).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        pending(self.disk.faults().held_up()).await;
        self.check_writable(Call::Prune)?;
        if !self.disk.options().prunes {
            return Err(Error::Unsupported { what: "pruning" });
        }
        if to > self.extent.durable_len() {
            return Err(Error::OutOfBounds { offset: to, len: self.extent.durable_len() });
        }
        self.drive().await?;
        match self.extent.start() {
            start if to <= start => Ok(start),
            _ => self.give_back(to).await,
        }
    }

    async fn reader(&mut self) -> Result<SimReader> {
        pending(self.disk.faults().held_up()).await;
        self.check_open(Call::Reader)?;
        match self.disk.faults().strike(Call::Reader) {
            Some(_) => Err(injected(Call::Reader, 0)),
            None => Ok(SimReader::new(self.disk.clone(), self.extent.view(), self.lifetime)),
        }
    }

    async fn close(&mut self) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let driven = match self.check_writable(Call::Close) {
            Ok(()) => self.drive().await,
            // It was heard before.
            Err(_) => Ok(()),
        };
        self.release();
        self.extent.close();
        self.closed = true;
        driven
    }

    fn len(&self) -> u64 {
        self.shown_len()
    }

    fn durable_len(&self) -> u64 {
        self.extent.durable_len()
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.note.clone()
    }
}

impl Drop for SimBackend {
    fn drop(&mut self) {
        self.release();
    }
}
