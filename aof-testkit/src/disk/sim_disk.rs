//! The disk: what is left when the power goes.

use super::backend::SimBackend;
use super::images::{Images, Retention};
use crate::wrap::fault::Faults;
use aof_api::{Error, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A simulated storage for one log. Clones are the same disk.
///
/// See the [module](super) for an example.
#[derive(Clone, Debug)]
pub struct SimDisk {
    images: Arc<Mutex<Images>>,
    faults: Faults,
    capacity: u64,
    zeros_ahead: usize,
    fences: bool,
}

impl Default for SimDisk {
    fn default() -> SimDisk {
        SimDisk::new()
    }
}

impl SimDisk {
    /// An empty disk without a bound and without faults.
    #[must_use]
    pub fn new() -> SimDisk {
        SimDisk::from_bytes(Vec::new())
    }

    /// A disk that holds these bytes, all of them durable.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> SimDisk {
        SimDisk {
            images: Arc::new(Mutex::new(Images::new(bytes.into()))),
            faults: Faults::none(),
            capacity: u64::MAX,
            zeros_ahead: 0,
            fences: false,
        }
    }

    /// The same with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(self, capacity: u64) -> SimDisk {
        SimDisk { capacity, ..self }
    }

    /// The same, whose backends write `len` zeros ahead of the end at a checkpoint, whenever less than half of them are
    /// left: a log that was not closed before the power went ends in zeros that nobody wrote. They take no room from
    /// the capacity.
    #[must_use]
    pub fn allocating_ahead(self, len: usize) -> SimDisk {
        SimDisk { zeros_ahead: len, ..self }
    }

    /// The same, struck by these faults: for its backends that are opened from now on.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> SimDisk {
        SimDisk { faults, ..self }
    }

    /// The same, where a second writer is not refused but takes over, as on remote storage.
    #[must_use]
    pub fn fencing(self) -> SimDisk {
        SimDisk { fences: true, ..self }
    }

    /// The faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// How many bytes fit.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// How many zeros are written ahead of the end.
    #[must_use]
    pub fn zeros_ahead(&self) -> usize {
        self.zeros_ahead
    }

    /// Opens the one writer. As an opening has to, it trusts no page cache: what a failed checkpoint lost is gone now.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] while another one is open, unless the disk is [fencing](SimDisk::fencing).
    pub fn open(&self) -> Result<SimBackend> {
        let mut images = self.images();
        if self.fences {
            images.writer = None;
        }
        match images.open() {
            Some(opening) => Ok(SimBackend::new(self.clone(), opening, images.lifetime)),
            None => Err(Error::Locked { what: "the simulated disk".to_owned() }),
        }
    }

    /// Loses power, and keeps what the seed says of what was not durable. Backends and readers of before are dead: they
    /// answer errors, and their lock is gone.
    pub fn crash(&self, seed: u64) {
        self.crash_keeping(Retention::Random(seed));
    }

    /// Loses power, and keeps just this of what was not durable.
    pub fn crash_keeping(&self, retention: Retention) {
        self.images().crash(retention);
    }

    /// What reads see: every byte that was written, durable or not.
    #[must_use]
    pub fn live(&self) -> Vec<u8> {
        self.images().live.clone()
    }

    /// What the disk holds for certain.
    #[must_use]
    pub fn durable(&self) -> Vec<u8> {
        self.images().durable().to_vec()
    }

    /// Damages the disk behind everyone's back: both images, from `offset` on, as far as they go.
    pub fn overwrite(&self, offset: usize, bytes: &[u8]) {
        self.images().overwrite(offset, bytes);
    }

    pub(crate) fn images(&self) -> MutexGuard<'_, Images> {
        // Nothing here panics half way through a change.
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
