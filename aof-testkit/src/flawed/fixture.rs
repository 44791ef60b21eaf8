//! The fixture of the backends with a flaw.

use super::Flaw;
use super::backend::{BadBackend, Shared};
use crate::disk::{SimBackend, SimFixture};
use crate::suite::capabilities::Capabilities;
use crate::suite::fixture::Fixture;
use crate::suite::trouble::Trouble;
use crate::wrap::call::Call;
use aof_api::{AofBackend, Error, Result};
use std::io::IoSlice;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// Makes backends with one [`Flaw`], over a simulated disk.
#[derive(Debug)]
pub struct BadFixture {
    sim: SimFixture,
    flaw: Flaw,
    shared: Arc<Shared>,
}

impl BadFixture {
    /// A fixture with this flaw.
    #[must_use]
    pub fn new(flaw: Flaw) -> BadFixture {
        let sim = match flaw {
            Flaw::FencedWriterGoesOn => SimFixture::fencing(),
            _ => SimFixture::new(),
        };
        BadFixture { sim, flaw, shared: Arc::default() }
    }

    fn bad(&self, inner: SimBackend) -> BadBackend {
        BadBackend::new(inner, self.flaw, Arc::clone(&self.shared))
    }

    /// Opens the disk, locked or not.
    fn force_open(&self) -> Result<BadBackend> {
        self.sim.disk().state().writer = None;
        Ok(self.bad(self.sim.disk().open()?))
    }
}

impl Fixture for BadFixture {
    type Backend = BadBackend;

    fn capabilities(&self) -> Capabilities {
        match self.flaw {
            Flaw::FullLosesTheBuffer => self.sim.capabilities().buffers_writes(),
            _ => self.sim.capabilities(),
        }
    }

    async fn create(&self) -> Result<BadBackend> {
        Ok(self.bad(self.sim.create().await?))
    }

    async fn reopen(&self, backend: BadBackend) -> Result<BadBackend> {
        let mut inner = self.sim.reopen(backend.inner).await?;
        let len = inner.len();
        match self.flaw {
            Flaw::ReopenLosesTheTail => inner.truncate(len / 512 * 512).await?,
            Flaw::CutBytesComeBack => {
                let cut = std::mem::take(&mut *self.shared.cut.lock().unwrap_or_else(PoisonError::into_inner));
                inner.write(&[IoSlice::new(cut.get(len as usize..).unwrap_or_default())]).await?;
            }
            _ => return Ok(self.bad(inner)),
        }
        Ok(self.bad(self.sim.reopen(inner).await?))
    }

    async fn create_with_capacity(&self, capacity: u64) -> Result<BadBackend> {
        Ok(self.bad(self.sim.create_with_capacity(capacity).await?))
    }

    async fn second_writer(&self) -> Result<BadBackend> {
        let held = match self.flaw {
            Flaw::SecondWriterIsLetIn => return self.force_open(),
            Flaw::ReadersHoldTheLock => Arc::strong_count(&self.shared.readers) > 1,
            Flaw::LockOutlivesTheDrop => !self.shared.closed.load(Ordering::SeqCst),
            _ => false,
        };
        if held {
            return Err(Error::Locked { what: "the simulated disk".to_owned() });
        }
        let second = self.sim.second_writer().await;
        if second.is_err() && self.flaw == Flaw::RefusalLosesTheLock {
            self.sim.disk().state().writer = None;
        }
        Ok(self.bad(second?))
    }

    async fn crash(&self, backend: BadBackend, seed: u64) -> Result<BadBackend> {
        Ok(self.bad(self.sim.crash(backend.inner, seed).await?))
    }

    fn trouble(&self, trouble: Trouble) -> Result<()> {
        // A flaw that is about a failure meets it before the disk does.
        let own = match self.flaw {
            Flaw::FailedWriteKeepsAPart => Some(Call::Write),
            Flaw::FailedTruncateGoesOn => Some(Call::Truncate),
            Flaw::FailedReadMovesTheCursor => Some(Call::Read),
            Flaw::DroppedCheckpointIsForgotten => Some(Call::Checkpoint),
            _ => None,
        };
        if own.map(Trouble::Fails) == Some(trouble) {
            *self.shared.failing.lock().unwrap_or_else(PoisonError::into_inner) = own;
            return Ok(());
        }
        self.sim.trouble(trouble)
    }
}
