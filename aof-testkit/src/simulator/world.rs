//! Plays a history, and holds the log against the model.

use super::action::{Action, Policy, SyncFailure};
use super::history::{History, Kind};
use super::model::{Entry, Model};
use super::storage::Storage;
use super::tally::Tally;
use crate::disk::{Defect, SimBackend, SimDisk, SimReader};
use crate::random::Random;
use crate::wrap::dropping::drop_after;
use crate::wrap::fault::{Fault, Faults};
use aof_api::format::{Checksum, Header, MAGIC, Prepare};
use aof_api::log::TailKind;
use aof_api::read::LocatedEntry;
use aof_api::storage::CorruptReason;
use aof_api::{Aof, AofBackend, Entries, Error, LogOptions, Operation, Recovery, Rule, Tail, read};
use checkpoints::UnderWay;
use rotating::Archive;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A promise that a history broke.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The number of the step, from 0.
    pub step: usize,
    /// What happened in it.
    pub action: Action,
    /// What was seen.
    pub seen: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at step {}, {:?}: {}", self.step, self.action, self.seen)
    }
}

/// Plays a history. The same one always comes to the same.
///
/// # Errors
///
/// [`Broken`] at the first step where the log is not what it must be; a panic of the log is one, too.
pub fn run(history: &History) -> Result<Tally, Broken> {
    play(history, None)
}

/// As [`run`], on a disk that breaks a promise on purpose, to see that this is noticed.
///
/// # Errors
///
/// As [`run`].
pub fn run_with(history: &History, defect: Defect) -> Result<Tally, Broken> {
    play(history, Some(defect))
}

fn play(history: &History, defect: Option<Defect>) -> Result<Tally, Broken> {
    let mut world = World::new(history, defect);
    for (step, action) in history.actions.iter().enumerate() {
        let played = catch_unwind(AssertUnwindSafe(|| futures::executor::block_on(world.play(*action))));
        let played = played.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(without words)");
            Err(format!("a panic: {text}"))
        });
        if let Err(seen) = played {
            return Err(Broken { step, action: *action, seen });
        }
        if matches!(action, Action::Rot { .. } | Action::Lie { .. }) {
            break;
        }
    }
    Ok(world.tally)
}

/// Ok, or what was seen instead of what was expected.
type Seen<T = ()> = Result<T, String>;

macro_rules! must {
    ($holds:expr, $($seen:tt)+) => {
        if !$holds {
            return Err(format!($($seen)+));
        }
    };
}

struct World {
    kind: Kind,
    storage: Storage,
    defect: Option<Defect>,
    disk: SimDisk,
    /// The files that the log was before, in order.
    archives: Vec<Archive>,
    clock: Arc<AtomicU64>,
    random: Random,
    log: Option<Aof<SimBackend>>,
    /// Checkpoints whose futures are kept, in the order of their calls.
    under_way: Vec<UnderWay>,
    /// A reader beside the writer, and how many entries it has read.
    reader: Option<(Entries<SimReader>, usize)>,
    model: Model,
    /// How many of the faults that struck were looked at.
    faults_seen: usize,
    /// Whether the backend has been poisoned by a failure.
    poisoned: bool,
    /// Whether a checkpoint has found no room.
    was_full: bool,
    /// A tail was kept, and nothing is written after it yet: the next write may fill it up and make a checkpoint first.
    unfilled: bool,
    /// Where a write began that failed and was kept in part: whole entries of it may be there.
    doubtful: Option<u64>,
    /// How far a prune may have gone of which that is in doubt.
    start_doubtful: Option<u64>,
    /// What was shown before the power went.
    shown: Option<Vec<u8>>,
    tally: Tally,
}

const OPERATION: Operation = Operation(200);

impl World {
    fn new(history: &History, defect: Option<Defect>) -> World {
        let faults = Faults::seeded(history.seed);
        World {
            kind: history.kind,
            storage: history.storage,
            defect,
            disk: history.storage.disk(&faults, defect),
            archives: Vec::new(),
            clock: Arc::new(AtomicU64::new(1)),
            random: Random::new(history.seed ^ 0x5eed),
            log: None,
            under_way: Vec::new(),
            reader: None,
            model: Model::new(),
            faults_seen: 0,
            poisoned: false,
            was_full: false,
            unfilled: false,
            doubtful: None,
            start_doubtful: None,
            shown: None,
            tally: Tally::default(),
        }
    }

    fn rule(&self) -> Rule {
        if self.kind == Kind::Append { Rule::Linear } else { Rule::SeenParent }
    }

    fn faults(&self) -> &Faults {
        self.disk.faults()
    }

    fn log(&mut self) -> Seen<&mut Aof<SimBackend>> {
        self.log.as_mut().ok_or_else(|| "no log is open".to_owned())
    }

    /// Looks at the faults that struck since the last time, and notes what they do to the backend.
    fn notice(&mut self) -> Vec<Fault> {
        let fired = self.faults().fired();
        let struck: Vec<_> = fired[self.faults_seen..].iter().map(|fired| fired.fault).collect();
        self.faults_seen = fired.len();
        for fault in &struck {
            match fault {
                Fault::CheckpointFails
                | Fault::CheckpointKeepsPart
                | Fault::WriteKeepsPart
                | Fault::PruneStopsHalfway => self.poisoned = true,
                Fault::CheckpointIsFull => self.was_full = true,
                _ => {}
            }
        }
        struck
    }

    fn options(&self, policy: Policy) -> LogOptions {
        let clock = Arc::clone(&self.clock);
        let tail = match policy {
            Policy::Truncate => Tail::Truncate,
            Policy::Keep => Tail::Keep,
            Policy::RefuseThenTruncate => Tail::Refuse,
            Policy::TornThenTruncate => Tail::TruncateTorn,
        };
        let options = LogOptions::new()
            .clock(move || clock.fetch_add(1, Ordering::Relaxed))
            // The smallest chunks: many window edges, and little to allocate.
            .read(read::Options::new().chunk_len(4096))
            .tail(tail);
        match self.kind {
            Kind::Append => options,
            Kind::Record | Kind::Mixed => options.rule(self.rule()).durable_len(self.model.durable_end()),
        }
    }

    /// Random bytes. Some end in what may come after an entry that lacks its end: the beginning of the next one, zeros, a
    /// filler.
    fn body(&mut self, len: usize) -> Vec<u8> {
        let mut body = self.random.bytes(len);
        let count = self.random.between(1, MAGIC.len()).min(len);
        let end = &mut body[len - count..];
        match self.random.below(6) {
            0 => end.copy_from_slice(&MAGIC[..count]),
            1 => end.fill(0),
            2 => end.fill(0xff),
            _ => {}
        }
        body
    }

    async fn play(&mut self, action: Action) -> Seen {
        if self.log.is_none() {
            self.open(Policy::Truncate).await?;
        }
        match action {
            Action::Append { body } => self.append(1, body, false).await,
            Action::AppendMany { entries, body } => self.append(entries, body, true).await,
            Action::AppendDropped { body, polls } => self.append_dropped(body, polls).await,
            Action::WriteAgain { back } => self.write_again(back).await,
            Action::Checkpoint => self.checkpoint().await,
            Action::CheckpointBegins => self.begin_checkpoint(),
            Action::CheckpointPolled { which, polls } => self.poll_checkpoint(which, polls).await,
            Action::CheckpointForgotten { which } => self.forget_checkpoint(which),
            Action::CheckpointDropped { polls } => self.drop_checkpoint(polls).await,
            Action::Steps { steps } => self.step(steps),
            Action::FailCheckpoint { how } => self.fail_next(match how {
                SyncFailure::Plain => Fault::CheckpointFails,
                SyncFailure::KeepsPart => Fault::CheckpointKeepsPart,
                SyncFailure::Full => Fault::CheckpointIsFull,
            }),
            Action::FailWrite { keeps_part: true } => self.fail_next(Fault::WriteKeepsPart),
            Action::FailWrite { keeps_part: false } => self.fail_next(Fault::WriteFails),
            Action::FailPrune { halfway: true } => self.fail_next(Fault::PruneStopsHalfway),
            Action::FailPrune { halfway: false } => self.fail_next(Fault::PruneFails),
            Action::FailRead => self.fail_read().await,
            Action::Read => self.read().await,
            Action::Validate => self.validate().await,
            Action::Get { back } => self.get(back).await,
            Action::Prune { back, dropped_after, crash } => self.prune(back, dropped_after, crash).await,
            Action::PruneStorage { crash } => self.prune_storage(crash).await,
            Action::Reopen { close, policy } => self.reopen(close, policy).await,
            Action::TakeOver => self.take_over().await,
            Action::Group { seed, steps, end, policy } => self.group(seed, steps, end, policy).await,
            Action::Truncate { entries } => self.truncate(entries).await,
            Action::Rotate { interrupted } => self.rotate(interrupted).await,
            Action::Crash { seed, policy } => self.crash(seed, policy).await,
            Action::Rot { seed } => self.rot(seed).await,
            Action::Lie { seed } => self.lie(seed).await,
        }
    }

    fn fail_next(&mut self, fault: Fault) -> Seen {
        self.faults().strike_next(fault);
        Ok(())
    }
}

mod checkpoints;
mod damaging;
mod grouping;
mod opening;
mod pruning;
mod reading;
mod rotating;
mod stopping;
mod takeover;
mod visiting;
mod writing;
