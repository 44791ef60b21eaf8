//! Which fault strikes which call: drawn from a seed, scripted, or both, and switched on and off in mid-run.

use crate::random::{Random, mix};
use crate::wrap::call::Call;
use aof_api::Error;
use aof_api::storage::IoCall;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What can go wrong in one call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// A read fails with [`Error::Io`]; the cursor stays.
    ReadFails,
    /// A read returns one byte.
    ReadIsShort,
    /// A read is interrupted, and continues when it is polled again.
    ReadIsInterrupted,
    /// Asking for the end fails with [`Error::Io`].
    EndFails,
    /// Making a reader fails with [`Error::Io`].
    ReaderFails,
    /// A write fails with [`Error::Io`], and nothing of it was kept.
    WriteFails,
    /// A write fails with [`Error::Io`], and a part of it was kept: the backend is poisoned. On a [`SimDisk`](crate::disk::SimDisk).
    WriteKeepsPart,
    /// A write fails with [`Error::Io`], and all of it was kept: its answer is lost, and the backend is poisoned. On a
    /// [`SimDisk`](crate::disk::SimDisk).
    WriteAnswerLost,
    /// A write fails with [`Error::Full`].
    WriteIsFull,
    /// A write returns Ok, and in its place are the bytes of the write before it, repeated to the length.
    WriteIsMisdirected,
    /// A checkpoint fails with [`Error::Io`], and nothing new is durable.
    CheckpointFails,
    /// A checkpoint fails with [`Error::Io`], and some sectors are durable; the others are lost, though the page cache still
    /// shows them. On a [`SimDisk`](crate::disk::SimDisk).
    CheckpointKeepsPart,
    /// A checkpoint fails with [`Error::Io`], and all that it covers is durable: its answer is lost. On a
    /// [`SimDisk`](crate::disk::SimDisk).
    CheckpointAnswerLost,
    /// A checkpoint returns Ok, and nothing new is durable: a disk that lies.
    CheckpointLies,
    /// A checkpoint finds no room before it syncs: [`Error::Full`], and nothing new is durable. It does not poison.
    CheckpointIsFull,
    /// A truncate fails with [`Error::Io`], and nothing was cut.
    TruncateFails,
    /// A truncate fails with [`Error::Io`] with some of the bytes cut, or all of them but not durably. On a
    /// [`SimDisk`](crate::disk::SimDisk).
    TruncateStopsHalfway,
    /// A truncate fails with [`Error::Io`], and the log is cut durably: its answer is lost. On a
    /// [`SimDisk`](crate::disk::SimDisk).
    TruncateAnswerLost,
    /// A prune fails with [`Error::Io`], and the start is what it was.
    PruneFails,
    /// A prune fails with [`Error::Io`] with the new start recorded, perhaps: the backend is poisoned. On a
    /// [`SimDisk`](crate::disk::SimDisk).
    PruneStopsHalfway,
    /// A prune fails with [`Error::Io`], and the new start is durable: its answer is lost, and the backend is poisoned. On a
    /// [`SimDisk`](crate::disk::SimDisk).
    PruneAnswerLost,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 21] = [
        Fault::ReadFails,
        Fault::ReadIsShort,
        Fault::ReadIsInterrupted,
        Fault::EndFails,
        Fault::ReaderFails,
        Fault::WriteFails,
        Fault::WriteKeepsPart,
        Fault::WriteAnswerLost,
        Fault::WriteIsFull,
        Fault::WriteIsMisdirected,
        Fault::CheckpointFails,
        Fault::CheckpointKeepsPart,
        Fault::CheckpointAnswerLost,
        Fault::CheckpointLies,
        Fault::CheckpointIsFull,
        Fault::TruncateFails,
        Fault::TruncateStopsHalfway,
        Fault::TruncateAnswerLost,
        Fault::PruneFails,
        Fault::PruneStopsHalfway,
        Fault::PruneAnswerLost,
    ];

    /// The call that it strikes.
    #[must_use]
    pub fn call(self) -> Call {
        match self {
            Fault::ReadFails | Fault::ReadIsShort | Fault::ReadIsInterrupted => Call::Read,
            Fault::EndFails => Call::End,
            Fault::ReaderFails => Call::Reader,
            Fault::WriteFails
            | Fault::WriteKeepsPart
            | Fault::WriteAnswerLost
            | Fault::WriteIsFull
            | Fault::WriteIsMisdirected => Call::Write,
            Fault::CheckpointFails
            | Fault::CheckpointKeepsPart
            | Fault::CheckpointAnswerLost
            | Fault::CheckpointLies
            | Fault::CheckpointIsFull => Call::Checkpoint,
            Fault::TruncateFails | Fault::TruncateStopsHalfway | Fault::TruncateAnswerLost => Call::Truncate,
            Fault::PruneFails | Fault::PruneStopsHalfway | Fault::PruneAnswerLost => Call::Prune,
        }
    }

    /// The plain failure of a call, where it has one.
    #[must_use]
    pub fn plain(call: Call) -> Option<Fault> {
        match call {
            Call::Read => Some(Fault::ReadFails),
            Call::End => Some(Fault::EndFails),
            Call::Reader => Some(Fault::ReaderFails),
            Call::Write => Some(Fault::WriteFails),
            Call::Checkpoint => Some(Fault::CheckpointFails),
            Call::Truncate => Some(Fault::TruncateFails),
            Call::Prune => Some(Fault::PruneFails),
            Call::Seek | Call::Start | Call::Changed | Call::Close => None,
        }
    }
}

/// The error of an injected failure.
pub(crate) fn injected(call: Call, offset: u64) -> Error {
    Error::io(io_call(call), offset, io::Error::other("injected fault"))
}

/// The call of the storage below that a call of a backend makes.
pub(crate) fn io_call(call: Call) -> IoCall {
    match call {
        Call::Seek | Call::Read => IoCall::Read,
        Call::Start | Call::End | Call::Changed => IoCall::Stat,
        Call::Write => IoCall::Write,
        Call::Checkpoint | Call::Close => IoCall::Sync,
        Call::Truncate => IoCall::Truncate,
        Call::Prune => IoCall::Remove,
        Call::Reader => IoCall::Open,
    }
}

/// A fault that struck.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fired {
    /// The fault.
    pub fault: Fault,
    /// Which of all calls it was, from 1.
    pub call_number: u64,
}

/// A plan of faults, shared by the backend that suffers them, its readers, and the test that holds the other handle.
///
/// A plan starts empty and enabled. Probabilities are drawn from its seed, one draw for each call and each fault whose
/// probability is neither 0 nor 1; scripted faults draw nothing. Counts begin at 1 and are those of the calls that were
/// made while the plan was enabled.
///
/// ```
/// use aof_api::{AofBackend, Error};
/// use aof_memory::MemoryBackend;
/// use aof_testkit::{Fault, Faults, Faulty};
/// use std::io::IoSlice;
///
/// # futures::executor::block_on(async {
/// let faults = Faults::seeded(42).on_nth(Fault::CheckpointFails, 3);
/// let mut backend = Faulty::new(MemoryBackend::new(), faults.clone());
/// backend.write(&[IoSlice::new(b"acknowledged")]).await?;
/// backend.checkpoint(&[]).await?;
/// backend.checkpoint(&[]).await?;
/// assert!(matches!(backend.checkpoint(&[]).await, Err(Error::Io { .. })));
/// assert!(matches!(backend.checkpoint(&[]).await, Err(Error::Poisoned { .. })));
/// assert_eq!(faults.fired().len(), 1);
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Faults {
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug)]
struct Plan {
    enabled: bool,
    seed: u64,
    random: Random,
    probabilities: BTreeMap<Fault, f64>,
    script: Vec<Scripted>,
    /// The number of the call that fails, and whether all later ones do.
    nth_call: Option<(u64, bool)>,
    /// Bits that are flipped for each MiB that is read.
    flips: f64,
    pending: Option<(u32, f64)>,
    counts: [u64; Call::ALL.len()],
    calls: u64,
    fired: Vec<Fired>,
}

#[derive(Clone, Copy, Debug)]
struct Scripted {
    fault: Fault,
    nth: u64,
    for_good: bool,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults::none()
    }
}

impl Faults {
    /// An empty plan: what it drives behaves as if it were not there.
    #[must_use]
    pub fn none() -> Faults {
        Faults::seeded(0)
    }

    /// An empty plan that will draw from `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Faults {
        Faults {
            plan: Arc::new(Mutex::new(Plan {
                enabled: true,
                seed,
                random: Random::new(seed),
                probabilities: BTreeMap::new(),
                script: Vec::new(),
                nth_call: None,
                flips: 0.0,
                pending: None,
                counts: [0; Call::ALL.len()],
                calls: 0,
                fired: Vec::new(),
            })),
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        // Nothing here panics half way through a change.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a fault strike each of its calls with this probability, 0 to 1.
    #[must_use]
    pub fn with(self, fault: Fault, probability: f64) -> Faults {
        self.set(fault, probability);
        self
    }

    /// As [`with`](Faults::with), in mid-run.
    pub fn set(&self, fault: Fault, probability: f64) {
        self.plan().probabilities.insert(fault, probability);
    }

    /// Lets a fault strike the nth call of its kind, from 1, and no other.
    #[must_use]
    pub fn on_nth(self, fault: Fault, nth: u64) -> Faults {
        self.plan().script.push(Scripted { fault, nth, for_good: false });
        self
    }

    /// Lets a fault strike the nth call of its kind, from 1, and every later one.
    #[must_use]
    pub fn from_nth(self, fault: Fault, nth: u64) -> Faults {
        self.plan().script.push(Scripted { fault, nth, for_good: true });
        self
    }

    /// Lets a fault strike the next call of its kind, once.
    pub fn strike_next(&self, fault: Fault) {
        let mut plan = self.plan();
        let nth = plan.counts[fault.call() as usize] + 1;
        plan.script.push(Scripted { fault, nth, for_good: false });
    }

    /// Fails the nth call of all that can fail, whichever it is, from 1; with `for_good`, all later ones too. For loops
    /// over n = 1, 2, ... until a run is clean: [`fired`](Faults::fired) is empty.
    #[must_use]
    pub fn fail_nth_call(self, nth: u64, for_good: bool) -> Faults {
        self.plan().nth_call = Some((nth, for_good));
        self
    }

    /// Flips bits of what is read: about so many in each MiB, at places that depend on the seed and the offset alone, so
    /// that a retry and another reader see the same.
    #[must_use]
    pub fn flips_per_mib(self, flips: f64) -> Faults {
        self.plan().flips = flips;
        self
    }

    /// Makes calls pending `polls` times before they do anything, with this probability.
    #[must_use]
    pub fn pending(self, polls: u32, probability: f64) -> Faults {
        self.plan().pending = Some((polls, probability));
        self
    }

    /// As [`pending`](Faults::pending), in mid-run.
    pub fn set_pending(&self, polls: u32, probability: f64) {
        self.plan().pending = Some((polls, probability));
    }

    /// Forgets the scripted faults that have not struck. Probabilities stay.
    pub fn forget_script(&self) {
        self.plan().script.clear();
    }

    /// Switches all faults off; what was planned stays planned.
    pub fn disable(&self) {
        self.plan().enabled = false;
    }

    /// Switches them on again.
    pub fn enable(&self) {
        self.plan().enabled = true;
    }

    /// The faults that struck, in order.
    #[must_use]
    pub fn fired(&self) -> Vec<Fired> {
        self.plan().fired.clone()
    }

    /// How many calls were made that could have failed.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.plan().calls
    }

    /// What strikes this call.
    pub(crate) fn strike(&self, call: Call) -> Option<Fault> {
        let mut plan = self.plan();
        if !plan.enabled {
            return None;
        }
        plan.calls += 1;
        plan.counts[call as usize] += 1;
        let (call_number, count) = (plan.calls, plan.counts[call as usize]);
        let scripted = |script: &Scripted| {
            script.fault.call() == call && (script.nth == count || script.for_good && script.nth < count)
        };
        let nth = plan.nth_call.is_some_and(|(nth, for_good)| nth == call_number || for_good && nth < call_number);
        let fault = match plan.script.iter().find(|script| scripted(script)) {
            Some(script) => Some(script.fault),
            None if nth => Fault::plain(call),
            None => plan.draw(call),
        };
        plan.fired.extend(fault.map(|fault| Fired { fault, call_number }));
        fault
    }

    /// How many polls this call is held up.
    pub(crate) fn held_up(&self) -> u32 {
        let mut guard = self.plan();
        let plan = &mut *guard;
        match plan.pending {
            Some((polls, probability)) if plan.enabled && plan.random.chance(probability) => polls,
            _ => 0,
        }
    }

    /// Whether a write may be misdirected, so that what was written before it has to be kept.
    pub(crate) fn may_misdirect(&self) -> bool {
        let plan = self.plan();
        plan.probabilities.get(&Fault::WriteIsMisdirected).is_some_and(|probability| *probability > 0.0)
            || plan.script.iter().any(|script| script.fault == Fault::WriteIsMisdirected)
    }

    /// A seed for whatever a fault leaves to chance.
    pub(crate) fn draw_seed(&self) -> u64 {
        self.plan().random.next_u64()
    }

    /// Flips the bits that are bad in `bytes`, which were read at `offset`.
    pub(crate) fn flip(&self, offset: u64, bytes: &mut [u8]) {
        const BLOCK: u64 = 512;
        let plan = self.plan();
        if !plan.enabled || plan.flips <= 0.0 || bytes.is_empty() {
            return;
        }
        let probability = plan.flips * BLOCK as f64 / (1024.0 * 1024.0);
        let last = offset + (bytes.len() - 1) as u64;
        for block in offset / BLOCK..=last / BLOCK {
            // A generator for each block: the bits are the same for every reader, in whatever order.
            let mut random = Random::new(mix(plan.seed ^ mix(block)));
            let bad = random.chance(probability);
            let place = block * BLOCK + random.below(BLOCK);
            if bad && (offset..=last).contains(&place) {
                bytes[(place - offset) as usize] ^= 1 << random.below(8);
            }
        }
    }
}

impl Plan {
    fn draw(&mut self, call: Call) -> Option<Fault> {
        let Plan { probabilities, random, .. } = self;
        // Every fault of the call is drawn, so that one that strikes does not shift the others' luck.
        let mut struck = None;
        for (fault, probability) in probabilities.iter().filter(|(fault, _)| fault.call() == call) {
            if random.chance(*probability) {
                struck = struck.or(Some(*fault));
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_strikes_the_same_calls_again() {
        let run = || {
            let faults = Faults::seeded(9).with(Fault::WriteFails, 0.3).with(Fault::ReadIsShort, 0.5);
            (0..200).map(|n| faults.strike(if n % 3 == 0 { Call::Write } else { Call::Read })).collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
        assert!(run().contains(&Some(Fault::WriteFails)) && run().contains(&Some(Fault::ReadIsShort)));
    }

    #[test]
    fn a_scripted_fault_strikes_its_nth_call_and_no_other() {
        let faults = Faults::none().on_nth(Fault::CheckpointFails, 3);
        let struck: Vec<_> = (0..5).map(|_| (faults.strike(Call::Write), faults.strike(Call::Checkpoint))).collect();
        assert_eq!(struck.iter().filter(|(write, _)| write.is_some()).count(), 0);
        assert_eq!(struck.iter().position(|(_, checkpoint)| checkpoint.is_some()), Some(2));
        assert_eq!(faults.fired(), [Fired { fault: Fault::CheckpointFails, call_number: 6 }]);
    }

    #[test]
    fn the_nth_call_fails_once_or_for_good() {
        for (for_good, failed) in [(false, 1), (true, 4)] {
            let faults = Faults::none().fail_nth_call(2, for_good);
            assert_eq!((0..5).filter(|_| faults.strike(Call::Read).is_some()).count(), failed);
        }
    }

    #[test]
    fn a_disabled_plan_neither_strikes_nor_counts() {
        let faults = Faults::none().on_nth(Fault::WriteFails, 1);
        faults.disable();
        assert_eq!(faults.strike(Call::Write), None);
        faults.enable();
        assert_eq!(faults.strike(Call::Write), Some(Fault::WriteFails));
    }

    #[test]
    fn flipped_bits_stay_where_they_are_however_they_are_read() {
        let faults = Faults::seeded(3).flips_per_mib(500.0);
        let mut whole = vec![0; 100_000];
        faults.flip(0, &mut whole);
        let flipped = whole.iter().filter(|byte| **byte != 0).count();
        assert!((20..100).contains(&flipped), "{flipped} bits");
        let mut pieces = vec![0; 100_000];
        for (index, piece) in pieces.chunks_mut(777).enumerate() {
            faults.flip(index as u64 * 777, piece);
        }
        assert_eq!(whole, pieces);
    }
}
