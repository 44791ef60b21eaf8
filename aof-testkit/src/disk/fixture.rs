//! The fixture of the simulated disk: everything that a storage can do.

use super::backend::SimBackend;
use super::sim_disk::SimDisk;
use crate::suite::capabilities::Capabilities;
use crate::suite::fixture::Fixture;
use crate::suite::trouble::Trouble;
use crate::wrap::call::Call;
use crate::wrap::fault::{Fault, Faults};
use aof_api::storage::DynAofRead;
use aof_api::{AofBackend, Error, Result};
use std::sync::{Mutex, PoisonError};

/// A [`SimDisk`] as a [`Fixture`]. It declares what the disk can do.
#[derive(Debug)]
pub struct SimFixture {
    disk: Mutex<SimDisk>,
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
        SimFixture::on(SimDisk::new())
    }

    /// A fixture on an empty disk with these faults. The suite passes under those that break no promise: short and
    /// interrupted reads, and [`Faults::pending`].
    #[must_use]
    pub fn with_faults(faults: Faults) -> SimFixture {
        SimFixture::on(SimDisk::new().with_faults(faults))
    }

    /// A fixture on an empty disk on which a second writer fences the first off.
    #[must_use]
    pub fn fencing() -> SimFixture {
        SimFixture::on(SimDisk::new().fencing())
    }

    /// A fixture on an empty disk that allocates space ahead of the end.
    #[must_use]
    pub fn allocating_ahead() -> SimFixture {
        SimFixture::on(SimDisk::new().allocating_ahead(20_000))
    }

    /// A fixture on this disk, which is empty.
    #[must_use]
    pub fn on(disk: SimDisk) -> SimFixture {
        SimFixture { disk: Mutex::new(disk) }
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
        let (disk, mut all) = (self.disk(), Capabilities::new().capacity().crash().readers_elsewhere());
        let options = disk.options();
        all = if options.fences { all.takes_over() } else { all.locks() };
        if options.truncates {
            all = all.truncate().failing(&[Call::Truncate]).losing_answers(&[Call::Truncate]);
        }
        if options.truncates && options.zeros_ahead > 0 {
            all = all.zeros_ahead();
        }
        if options.prunes {
            all = all.prune().failing(&[Call::Prune]).losing_answers(&[Call::Prune]);
        }
        all = all.notes(options.notes);
        all.failing(&[Call::Read, Call::Write, Call::Checkpoint]).losing_answers(&[Call::Write, Call::Checkpoint])
    }

    async fn create(&self) -> Result<SimBackend> {
        self.disk().open()
    }

    async fn reopen(&self, mut backend: SimBackend) -> Result<SimBackend> {
        // What `close` returns is the failure of something else; the lock is gone in any case.
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

    async fn reader_elsewhere(&self) -> Result<Box<dyn DynAofRead>> {
        Ok(Box::new(self.disk().reader()))
    }

    async fn crash(&self, backend: SimBackend, seed: u64) -> Result<SimBackend> {
        self.disk().crash(seed);
        drop(backend);
        self.disk().open()
    }

    fn trouble(&self, trouble: Trouble) -> Result<()> {
        // The worst that the call can do, where there is something worse than a plain failure.
        let torn = self.disk().options().truncates;
        let fault = match trouble {
            Trouble::Fails(Call::Read) => Fault::ReadFails,
            Trouble::Fails(Call::Write) if !torn => Fault::WriteFails,
            Trouble::Fails(Call::Checkpoint) if !torn => Fault::CheckpointFails,
            Trouble::Fails(Call::Write) => Fault::WriteKeepsPart,
            Trouble::Fails(Call::Checkpoint) => Fault::CheckpointKeepsPart,
            Trouble::Fails(Call::Truncate) => Fault::TruncateStopsHalfway,
            Trouble::Fails(Call::Prune) => Fault::PruneStopsHalfway,
            Trouble::AnswerLost(Call::Write) => Fault::WriteAnswerLost,
            Trouble::AnswerLost(Call::Checkpoint) => Fault::CheckpointAnswerLost,
            Trouble::AnswerLost(Call::Truncate) => Fault::TruncateAnswerLost,
            Trouble::AnswerLost(Call::Prune) => Fault::PruneAnswerLost,
            _ => return Err(Error::Unsupported { what: "such trouble with a simulated disk" }),
        };
        self.disk().faults().strike_next(fault);
        Ok(())
    }
}
