//! A simulated directory: names that a crash may lose, and a simulated disk for each segment.

use crate::segment::{SimSegment, SimView};
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use aof_segments::{SegmentInfo, SegmentStore};
use aof_testkit::Random;
use aof_testkit::disk::SimDisk;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Segment(u64),
    Spare(u64),
}

/// What a name means: the number of the file, and its disk.
type File = (u64, SimDisk);

/// Clones are the same directory, in the same life of the machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimStore {
    state: Arc<Mutex<State>>,
    /// What is called in an earlier life happens no more.
    life: u64,
}

#[derive(Debug, Default)]
struct State {
    live: Names,
    durable: Names,
    made: u64,
    is_locked: bool,
    /// Which life of the machine this is: what began in an earlier one does nothing any more.
    life: u64,
    /// How many calls are made before the power goes; none for as many as there are.
    calls_left: Option<u64>,
    is_off: bool,
}

#[derive(Clone, Debug, Default)]
struct Names {
    files: BTreeMap<Name, File>,
    start: u64,
    note: Option<(u64, Vec<u8>)>,
}

/// Gives the lock back.
#[derive(Debug)]
pub(crate) struct SimLock(SimStore);

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.life == self.0.life {
            state.is_locked = false;
        }
    }
}

fn failure(text: &'static str) -> Error {
    Error::io(IoCall::Lookup, 0, io::Error::other(text))
}

impl SimStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The power goes at the call after this many.
    pub(crate) fn turn_off_after(&self, calls: u64) {
        self.state().calls_left = Some(calls);
    }

    /// The directory as the machine has it now.
    pub(crate) fn now(&self) -> SimStore {
        SimStore { state: Arc::clone(&self.state), life: self.state().life }
    }

    /// One call: it happens, or the power is gone, as it is for what began in an earlier life.
    pub(crate) fn call(&self) -> Result<()> {
        let mut state = self.state();
        match &mut state.calls_left {
            Some(0) => state.is_off = true,
            Some(calls) => *calls -= 1,
            None => {}
        }
        if state.is_off || state.life != self.life { Err(failure("the power is gone")) } else { Ok(()) }
    }

    /// Loses power, if it is not gone yet, and comes back: each name that changed since they were synced is the old one or the
    /// new one, by itself.
    pub(crate) fn crash(&self, seed: u64) {
        let mut guard = self.state();
        let state = &mut *guard;
        let mut random = Random::new(seed);
        let of = |names: &Names, number: u64| {
            names.files.iter().find(|(_, file)| file.0 == number).map(|(name, file)| (*name, file.clone()))
        };
        let numbers: BTreeSet<u64> =
            state.durable.files.values().chain(state.live.files.values()).map(|file| file.0).collect();
        let mut kept = Names { start: state.durable.start, note: state.durable.note.clone(), ..Names::default() };
        for number in numbers {
            let (before, now) = (of(&state.durable, number), of(&state.live, number));
            let chosen = if random.chance(0.5) { before } else { now };
            kept.files.extend(chosen);
        }
        if random.chance(0.5) {
            kept.start = state.live.start;
        }
        if random.chance(0.5) {
            kept.note = state.live.note.clone();
        }
        for (_, disk) in kept.files.values() {
            disk.crash(random.next_u64());
        }
        (state.live, state.durable) = (kept.clone(), kept);
        (state.is_locked, state.is_off, state.calls_left) = (false, false, None);
        state.life += 1;
    }

    fn make(&self, name: impl FnOnce(u64) -> Name) -> Result<SimSegment> {
        self.call()?;
        let mut state = self.state();
        state.made += 1;
        let (number, disk) = (state.made, SimDisk::new());
        state.live.files.insert(name(number), (number, disk.clone()));
        drop(state);
        SimSegment::open(self.clone(), number, disk)
    }

    fn file(&self, name: Name) -> Result<File> {
        let missing = Error::io(IoCall::Open, 0, io::ErrorKind::NotFound.into());
        self.state().live.files.get(&name).cloned().ok_or(missing)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Names) -> T) -> Result<T> {
        self.call()?;
        Ok(change(&mut self.state().live))
    }
}

impl SegmentStore for SimStore {
    type Segment = SimSegment;
    type View = SimView;
    type Lock = SimLock;

    fn lock(&self) -> Result<SimLock> {
        let mut state = self.state();
        if std::mem::replace(&mut state.is_locked, true) {
            return Err(Error::Locked { what: self.describe() });
        }
        Ok(SimLock(self.clone()))
    }

    fn check_place(&self, _lock: &SimLock) -> Result<()> {
        self.call()
    }

    fn list(&self) -> Result<Vec<SegmentInfo>> {
        let state = self.state();
        let segments = state.live.files.iter().filter_map(|(name, (_, disk))| match name {
            Name::Segment(base) => Some(SegmentInfo { base: *base, len: disk.live().len() as u64 }),
            Name::Spare(_) => None,
        });
        Ok(segments.collect())
    }

    fn remove_leftovers(&self) -> Result<()> {
        self.change(|names| names.files.retain(|name, _| matches!(name, Name::Segment(_))))
    }

    fn open(&self, base: u64) -> Result<SimSegment> {
        self.call()?;
        let (number, disk) = self.file(Name::Segment(base))?;
        SimSegment::open(self.clone(), number, disk)
    }

    fn create(&self, base: u64) -> Result<SimSegment> {
        let segment = self.make(|_| Name::Segment(base))?;
        self.sync_names()?;
        Ok(segment)
    }

    fn sync(&self, base: u64) -> Result<()> {
        let mut segment = self.open(base)?;
        segment.sync_now()
    }

    fn spare(&self) -> Result<SimSegment> {
        self.make(Name::Spare)
    }

    fn name(&self, spare: &SimView, base: u64) -> Result<()> {
        self.change(|names| {
            if let Some(file) = names.files.remove(&Name::Spare(spare.number)) {
                names.files.insert(Name::Segment(base), file);
            }
        })
    }

    fn remove_spare(&self, spare: &SimView) -> Result<()> {
        self.change(|names| names.files.retain(|_, file| file.0 != spare.number))
    }

    fn view(&self, base: u64) -> Result<SimView> {
        let (number, disk) = self.file(Name::Segment(base))?;
        Ok(SimView { number, disk })
    }

    fn remove(&self, base: u64) -> Result<()> {
        self.change(|names| drop(names.files.remove(&Name::Segment(base))))
    }

    fn discard(&self, base: u64) -> Result<()> {
        self.remove(base)
    }

    fn sync_names(&self) -> Result<()> {
        self.call()?;
        let mut state = self.state();
        state.durable = state.live.clone();
        Ok(())
    }

    fn start(&self) -> Result<u64> {
        Ok(self.state().live.start)
    }

    fn prepare_start(&self) -> Result<()> {
        Ok(())
    }

    fn put_start(&self, start: u64) -> Result<()> {
        self.change(|names| names.start = start)
    }

    fn note(&self) -> Result<Option<(u64, Vec<u8>)>> {
        Ok(self.state().live.note.clone())
    }

    fn put_note(&self, covered: u64, note: &[u8]) -> Result<()> {
        self.change(|names| names.note = Some((covered, note.to_vec())))
    }

    fn forget_note(&self) -> Result<()> {
        self.change(|names| names.note = None)
    }

    fn describe(&self) -> String {
        "the simulated directory".to_owned()
    }
}
