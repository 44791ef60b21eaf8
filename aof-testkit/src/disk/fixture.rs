//! The fixture of the simulated disk: everything that a storage can do.

use super::backend::SimBackend;
use super::sim_disk::SimDisk;
use crate::suite::capabilities::Capabilities;
use crate::suite::fixture::Fixture;
use crate::suite::trouble::Trouble;
use crate::wrap::call::Call;
use crate::wrap::fault::{Fault, Faults};
use aof_api::{AofBackend, Error, Result};
use std::sync::{Mutex, PoisonError};

/// A [`SimDisk`] as a [`Fixture`]. It declares every capability, and so runs every case,
/// save one: a second writer is either refused or [fences](SimFixture::fencing) the first off.
#[derive(Debug)]
pub struct SimFixture {
    disk: Mutex<SimDisk>,
    fences: bool,
}

impl Default for SimFixture {
    fn default() -> SimFixture {
        SimFixture::new()
    }
}

impl SimFixture {
    /// A fixture on an empty disk without faults.
    #[must_use]
    pub fn new() -> SimFixture {
        SimFixture::with_faults(Faults::none())
    }

    /// A fixture on an empty disk with these faults. The suite passes under those that break no promise: short and
    /// interrupted reads, and [`Faults::pending`].
    #[must_use]
    pub fn with_faults(faults: Faults) -> SimFixture {
        SimFixture { disk: Mutex::new(SimDisk::new().with_faults(faults)), fences: false }
    }

    /// A fixture on an empty disk on which a second writer fences the first off.
    #[must_use]
    pub fn fencing() -> SimFixture {
        SimFixture { disk: Mutex::new(SimDisk::new().fencing()), fences: true }
    }

    /// A fixture on an empty disk that allocates space ahead of the end.
    #[must_use]
    pub fn allocating_ahead() -> SimFixture {
        SimFixture { disk: Mutex::new(SimDisk::new().allocating_ahead(20_000)), fences: false }
    }

    /// The disk.
    #[must_use]
    pub fn disk(&self) -> SimDisk {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Fixture for SimFixture {
    type Backend = SimBackend;

    fn capabilities(&self) -> Capabilities {
        let local = Capabilities::new().truncate().capacity().crash().locks();
        let all = if self.fences { local.takes_over() } else { local };
        let all = if self.disk().zeros_ahead() > 0 { all.zeros_ahead() } else { all };
        all.failing(&[Call::Read, Call::Write, Call::Checkpoint, Call::Truncate])
    }

    async fn create(&self) -> Result<SimBackend> {
        self.disk().open()
    }

    async fn reopen(&self, mut backend: SimBackend) -> Result<SimBackend> {
        // What close answers is the failure of something else; the lock is gone all the same.
        let _ = backend.close().await;
        self.disk().open()
    }

    async fn create_with_capacity(&self, capacity: u64) -> Result<SimBackend> {
        let bounded = self.disk().with_capacity(capacity);
        *self.disk.lock().unwrap_or_else(PoisonError::into_inner) = bounded.clone();
        bounded.open()
    }

    async fn second_writer(&self) -> Result<SimBackend> {
        self.disk().open()
    }

    async fn crash(&self, backend: SimBackend, seed: u64) -> Result<SimBackend> {
        self.disk().crash(seed);
        drop(backend);
        self.disk().open()
    }

    fn trouble(&self, trouble: Trouble) -> Result<()> {
        // The worst that the call can do, where there is something worse than a plain failure.
        let fault = match trouble {
            Trouble::Fails(Call::Read) => Fault::ReadFails,
            Trouble::Fails(Call::Write) => Fault::WriteKeepsPart,
            Trouble::Fails(Call::Checkpoint) => Fault::CheckpointKeepsPart,
            Trouble::Fails(Call::Truncate) => Fault::TruncateStopsHalfway,
            Trouble::Fails(Call::Prune) => Fault::PruneStopsHalfway,
            _ => return Err(Error::Unsupported { what: "such trouble with a simulated disk" }),
        };
        self.disk().faults().strike_next(fault);
        Ok(())
    }
}
