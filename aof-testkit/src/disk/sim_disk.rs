//! The disk: what is left when the power goes.

use super::backend::SimBackend;
use super::options::{Defect, Options};
use super::reader::SimReader;
use super::retention::Retention;
use super::state::State;
use super::under_way::Step;
use crate::suite::capabilities::Notes;
use crate::wrap::fault::Faults;
use aof_api::{Error, Result};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A simulated storage for one log. Clones are the same disk.
///
/// See the [module](super) for an example.
#[derive(Clone, Debug)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
    faults: Faults,
    options: Options,
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
            state: Arc::new(Mutex::new(State::new(bytes.into()))),
            faults: Faults::none(),
            options: Options::new(),
        }
    }

    fn with(self, change: impl FnOnce(&mut Options)) -> SimDisk {
        let mut options = self.options;
        change(&mut options);
        SimDisk { options, ..self }
    }

    /// The same with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(self, capacity: u64) -> SimDisk {
        self.with(|options| options.capacity = capacity)
    }

    /// The same, whose backends write `len` zeros ahead of the end at a checkpoint, whenever less than half of them are
    /// left: a log that was not closed before power was lost ends in zeros that no call wrote. They take no room from
    /// the capacity.
    #[must_use]
    pub fn allocating_ahead(self, len: usize) -> SimDisk {
        self.with(|options| options.zeros_ahead = len)
    }

    /// The same, struck by these faults: for its backends that are opened from now on.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> SimDisk {
        SimDisk { faults, ..self }
    }

    /// The same, where a second writer is not refused but takes over, as on remote storage: of the bytes that the first
    /// has not made durable, some of the writes are kept, in their order, and it is fenced at once.
    #[must_use]
    pub fn fencing(self) -> SimDisk {
        self.with(|options| options.fences = true)
    }

    /// The same, which cannot be cut: a crash leaves whole writes, in their order. It allocates nothing ahead.
    #[must_use]
    pub fn append_only(self) -> SimDisk {
        self.with(|options| options.truncates = false)
    }

    /// The same, which can be pruned, up to the end of a checkpoint that carried a note.
    #[must_use]
    pub fn pruning(self) -> SimDisk {
        self.with(|options| options.prunes = true)
    }

    /// The same, which keeps these notes of checkpoints.
    #[must_use]
    pub fn keeping_notes(self, notes: Notes) -> SimDisk {
        self.with(|options| options.notes = notes)
    }

    /// The same with a helper, as a thread would be one: a checkpoint begins at its call, also where its future is never
    /// polled, and each other call on the backend is a step of its sync.
    #[must_use]
    pub fn helped(self) -> SimDisk {
        self.with(|options| options.helped = true)
    }

    /// The same, on which a sync takes up to `steps` steps before the one that settles it, chosen by the seed of the
    /// faults. Each poll of a checkpoint is a step.
    #[must_use]
    pub fn syncing_in(self, steps: usize) -> SimDisk {
        self.with(|options| options.sync_steps = steps)
    }

    /// The same, which breaks a promise on purpose.
    #[must_use]
    pub fn with_defect(self, defect: Defect) -> SimDisk {
        self.with(|options| options.defect = Some(defect))
    }

    /// The faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// How many bytes fit.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.options.capacity
    }

    /// How many zeros are written ahead of the end.
    #[must_use]
    pub fn zeros_ahead(&self) -> usize {
        self.options.zeros_ahead
    }

    /// Opens the one writer. As opening has to, it trusts no page cache: what a failed checkpoint lost is gone now.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] while another one is open, unless the disk is [fencing](SimDisk::fencing).
    pub fn open(&self) -> Result<SimBackend> {
        let seed = self.faults.draw_seed();
        let mut state = self.state();
        match state.open(seed, &self.options) {
            Some(opening) => {
                let backend = SimBackend::new(self.clone(), &state, opening);
                state.opened(backend.settler());
                Ok(backend)
            }
            None => Err(Error::Locked { what: "the simulated disk".to_owned() }),
        }
    }

    /// A reader without a writer of its own, as another process would make it. It sees the log as it is when it reads, and
    /// hears of no writer's end.
    #[must_use]
    pub fn reader(&self) -> SimReader {
        let (start, lifetime) = (self.start(), self.state().lifetime);
        SimReader::elsewhere(self.clone(), start, lifetime)
    }

    /// Loses power, and keeps what the seed says of what was not durable. Backends, readers and checkpoints of before are
    /// dead: they fail, and their lock is gone. A checkpoint under way may have become durable just before.
    pub fn crash(&self, seed: u64) {
        self.crash_keeping(Retention::Random(seed));
    }

    /// Loses power, and keeps just this of what was not durable.
    pub fn crash_keeping(&self, retention: Retention) {
        self.state().crash(retention, &self.options);
    }

    /// One step of the checkpoint that is under way, as a helper thread or another task would make it; false when none
    /// is.
    pub fn step(&self) -> bool {
        self.advance() != Step::Idle
    }

    /// What reads see: every byte that was written, durable or not. Bytes that were pruned keep their place.
    #[must_use]
    pub fn live(&self) -> Vec<u8> {
        self.state().images.live.clone()
    }

    /// The bytes of this range, as far as they are there.
    #[must_use]
    pub fn bytes(&self, range: Range<u64>) -> Vec<u8> {
        let state = self.state();
        let live = &state.images.live;
        let end = (range.end as usize).min(live.len());
        live[(range.start as usize).min(end)..end].to_vec()
    }

    /// What the disk holds for certain.
    #[must_use]
    pub fn durable(&self) -> Vec<u8> {
        self.state().images.durable().to_vec()
    }

    /// The first offset that is held.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.state().start
    }

    /// The newest note that was kept, with what it covers.
    #[must_use]
    pub fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.state().note()
    }

    /// Damages the disk without anyone's knowledge: both images, from `offset` on, as far as they go.
    pub fn overwrite(&self, offset: usize, bytes: &[u8]) {
        self.state().images.overwrite(offset, bytes);
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn advance(&self) -> Step {
        self.state().step(&self.faults, &self.options)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
