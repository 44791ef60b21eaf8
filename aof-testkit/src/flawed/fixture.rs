//! The fixture of the backends with a flaw.

use super::Flaw;
use super::backend::BadBackend;
use super::elsewhere::BadElsewhere;
use super::opening::{Stopped, spoil};
use super::shared::{Shared, lock};
use crate::disk::{Defect, Retention, SimBackend, SimDisk, SimFixture};
use crate::suite::capabilities::{Capabilities, Notes};
use crate::suite::fixture::Fixture;
use crate::suite::trouble::Trouble;
use crate::wrap::call::Call;
use aof_api::storage::DynAofRead;
use aof_api::{AofBackend, Error, Result};
use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Makes backends with one [`Flaw`], over a simulated disk.
#[derive(Debug)]
pub struct BadFixture {
    sim: SimFixture,
    flaw: Flaw,
    shared: Arc<Shared>,
}

/// A disk that can do what the flaw is about.
fn disk_for(flaw: Flaw) -> SimDisk {
    let disk = SimDisk::new();
    let pruning = SimDisk::new().pruning().keeping_notes(Notes::Every);
    match flaw {
        Flaw::FencedWriterContinues
        | Flaw::ReaderIgnoresTheFence
        | Flaw::ChangedIgnoresAFence
        | Flaw::ChecksThenWrites
        | Flaw::FencedWriteIsKept
        | Flaw::TruncateIgnoresTheFence
        | Flaw::FenceForgetsWhatWasDurable => disk.fencing(),
        Flaw::LaterOneIgnoresTheFailure => disk.with_defect(Defect::CheckpointIgnoresAnEarlierFailure),
        Flaw::PruneCutsAnywhere => pruning.with_defect(Defect::PruneCutsAnywhere),
        Flaw::PruneForgetsTheLastWrite => pruning.with_defect(Defect::PruneForgetsTheLastWrite),
        Flaw::NoteAheadOfTheDisk => pruning.with_defect(Defect::NoteAheadOfTheDisk),
        Flaw::TruncateKeepsTheNote => pruning.with_defect(Defect::TruncateKeepsTheNote),
        Flaw::FencedWriterPrunes => pruning.fencing(),
        Flaw::PruneGivesNothingBack
        | Flaw::PruneIsNotDurable
        | Flaw::PruneTakesAnything
        | Flaw::PruneIsUndoneByACrash
        | Flaw::DroppedPruneLeavesAnyStart
        | Flaw::PruneDoesNotDrive
        | Flaw::FailedPruneMovesTheStart
        | Flaw::LostPruneContinues
        | Flaw::ChangedIgnoresAPrune
        | Flaw::NoteFollowsCheckpoints
        | Flaw::NoteIsNeverFound
        | Flaw::EmptyNoteErases
        | Flaw::NoteCoversTheEnd => pruning,
        _ => disk,
    }
}

impl BadFixture {
    /// A fixture with this flaw.
    #[must_use]
    pub fn new(flaw: Flaw) -> BadFixture {
        BadFixture { sim: SimFixture::on(disk_for(flaw)), flaw, shared: Arc::default() }
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
            Flaw::LockIsSaidToBeHeld => self.sim.capabilities().readers_hold_the_lock(),
            Flaw::TearsWithoutTruncate => Capabilities::new().crash().locks(),
            _ => self.sim.capabilities(),
        }
    }

    async fn create(&self) -> Result<BadBackend> {
        Ok(self.bad(self.sim.create().await?))
    }

    async fn reopen(&self, backend: BadBackend) -> Result<BadBackend> {
        let mut stopped = backend.inner;
        let _ = stopped.close().await;
        drop(stopped);
        spoil(&self.sim.disk(), self.flaw, &self.shared, Stopped::Closed);
        let mut inner = self.sim.disk().open()?;
        let len = inner.len();
        match self.flaw {
            Flaw::ReopenLosesTheTail => inner.truncate(len / 512 * 512).await?,
            Flaw::OpeningCountsAsDurable => {
                // A page cache shows what is not on the disk yet.
                let (live, durable) = (self.sim.disk().live(), len / 2);
                inner.truncate(durable).await?;
                inner.write(&[IoSlice::new(&live[durable as usize..])]).await?;
                return Ok(self.bad(inner));
            }
            Flaw::CutBytesComeBack => {
                let cut = std::mem::take(&mut *lock(&self.shared.cut));
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

    async fn reader_elsewhere(&self) -> Result<Box<dyn DynAofRead>> {
        Ok(Box::new(BadElsewhere::new(self.sim.disk().reader(), self.flaw)))
    }

    async fn crash(&self, backend: BadBackend, seed: u64) -> Result<BadBackend> {
        match self.flaw {
            Flaw::CrashTakesNothing => self.sim.disk().crash_keeping(Retention::All),
            _ => self.sim.disk().crash(seed),
        }
        drop(backend);
        spoil(&self.sim.disk(), self.flaw, &self.shared, Stopped::Crashed);
        Ok(self.bad(self.sim.disk().open()?))
    }

    fn trouble(&self, trouble: Trouble) -> Result<()> {
        // A flaw that is about a failure meets it before the disk does.
        let own = match self.flaw {
            Flaw::FailedWriteKeepsAPart => Some(Call::Write),
            Flaw::FailedTruncateContinues => Some(Call::Truncate),
            Flaw::FailedReadMovesTheCursor => Some(Call::Read),
            Flaw::DroppedCheckpointIsForgotten => Some(Call::Checkpoint),
            Flaw::FailedPruneMovesTheStart => Some(Call::Prune),
            _ => None,
        };
        let loses = match self.flaw {
            Flaw::LostWriteIsWrittenTwice => Some(Call::Write),
            Flaw::LostCheckpointContinues => Some(Call::Checkpoint),
            Flaw::LostTruncateContinues => Some(Call::Truncate),
            Flaw::LostPruneContinues => Some(Call::Prune),
            _ => None,
        };
        match trouble {
            Trouble::Fails(call) if own == Some(call) => *lock(&self.shared.failing) = own,
            // A flaw that is about a lost answer loses it itself.
            Trouble::AnswerLost(call) if loses == Some(call) => {
                *lock(&self.shared.losing) = Some(call);
            }
            _ => return self.sim.trouble(trouble),
        }
        Ok(())
    }

    fn patience(&self) -> Duration {
        // What hangs is a flaw.
        Duration::from_millis(200)
    }
}
