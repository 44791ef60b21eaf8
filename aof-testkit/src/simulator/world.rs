//! Plays a history, and holds the log against the model.

use super::action::{Action, History, Kind, Policy};
use super::model::{Entry, Model};
use crate::disk::{SimBackend, SimDisk, SimReader};
use crate::random::Random;
use crate::wrap::dropping::drop_after;
use crate::wrap::fault::{Fault, Faults};
use aof_api::format::{Checksum, Header, MAGIC, Prepare};
use aof_api::log::TailKind;
use aof_api::storage::CorruptReason;
use aof_api::{Aof, AofBackend, Entries, Error, LogOptions, Operation, Recovery, Rule, Tail, read};
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

/// What a history came to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Entries written.
    pub entries: u64,
    /// Openings, after a crash or not.
    pub openings: u64,
    /// Crashes.
    pub crashes: u64,
    /// Openings that kept a tail.
    pub kept: u64,
    /// Openings that cut a tail.
    pub cuts: u64,
    /// Cuts that had whole entries in them.
    pub cut_entries: u64,
    /// Openings that were refused, as they had to be.
    pub refusals: u64,
    /// Calls that failed, as they had to.
    pub failures: u64,
    /// Rotations, whole or as far as the new name.
    pub rotations: u64,
    /// Openings of a file that holds nothing but the seam of a rotation.
    pub seams: u64,
    /// Tails of nothing but zeros, or torn in zeros that reach further, that were cut for just what they were.
    pub zero_tails: u64,
    /// Entries that an opening did not count and left in the log, because what followed them did not need them.
    pub orphans: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.entries += other.entries;
        self.openings += other.openings;
        self.crashes += other.crashes;
        self.kept += other.kept;
        self.cuts += other.cuts;
        self.cut_entries += other.cut_entries;
        self.refusals += other.refusals;
        self.failures += other.failures;
        self.rotations += other.rotations;
        self.seams += other.seams;
        self.zero_tails += other.zero_tails;
        self.orphans += other.orphans;
    }
}

/// Plays a history. The same one always comes to the same.
///
/// # Errors
///
/// [`Broken`] at the first step where the log is not what it must be; a panic of the log is one, too.
pub fn run(history: &History) -> Result<Tally, Broken> {
    let mut world = World::new(history);
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

/// Ok, or what was seen instead of what was due.
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
    disk: SimDisk,
    /// The files that the log was before, in order.
    archives: Vec<Archive>,
    clock: Arc<AtomicU64>,
    random: Random,
    log: Option<Aof<SimBackend>>,
    /// A reader beside the writer, and how many entries it has read.
    reader: Option<(Entries<SimReader>, usize)>,
    model: Model,
    /// Whether the backend has been poisoned by a failure.
    poisoned: bool,
    /// A checkpoint was begun and dropped: how many entries it covers, and whether it will fail.
    begun: bool,
    /// The next write fails, and how.
    fail_write: Option<Fault>,
    fail_checkpoint: bool,
    /// A tail was kept, and nothing is written behind it yet: the next write may fill it up and make a checkpoint first.
    unfilled: bool,
    /// Where a write began that failed and was kept in part: whole entries of it may be there.
    doubtful: Option<u64>,
    /// What was shown before the power went.
    shown: Option<Vec<u8>>,
    tally: Tally,
}

const OPERATION: Operation = Operation(200);

impl World {
    fn new(history: &History) -> World {
        let faults = Faults::seeded(history.seed);
        World {
            kind: history.kind,
            disk: SimDisk::new().with_faults(faults).allocating_ahead(history.zeros_ahead),
            archives: Vec::new(),
            clock: Arc::new(AtomicU64::new(1)),
            random: Random::new(history.seed ^ 0x5eed),
            log: None,
            reader: None,
            model: Model::new(),
            poisoned: false,
            begun: false,
            fail_write: None,
            fail_checkpoint: false,
            unfilled: false,
            doubtful: None,
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

    /// Random bytes. Some end in what may come to stand behind an entry that lacks its end: the beginning of the next
    /// one, zeros, a filler.
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
            Action::Checkpoint => self.checkpoint(None).await,
            Action::CheckpointDropped { polls } => self.checkpoint(Some(polls)).await,
            Action::FailCheckpoint { keeps_part } => {
                // One at a time; a second would wait for a second call.
                if !self.fail_checkpoint && !self.begun {
                    let fault = if keeps_part { Fault::CheckpointKeepsPart } else { Fault::CheckpointFails };
                    self.faults().strike_next(fault);
                    self.fail_checkpoint = true;
                }
                Ok(())
            }
            Action::FailWrite { keeps_part } => {
                if self.fail_write.is_none() {
                    let fault = if keeps_part { Fault::WriteKeepsPart } else { Fault::WriteFails };
                    self.faults().strike_next(fault);
                    self.fail_write = Some(fault);
                }
                Ok(())
            }
            Action::FailRead => self.fail_read().await,
            Action::Read => self.read().await,
            Action::Validate => self.validate().await,
            Action::Reopen { close, policy } => self.reopen(close, policy).await,
            Action::Truncate { entries } => self.truncate(entries).await,
            Action::Rotate { interrupted } => self.rotate(interrupted).await,
            Action::Crash { seed, policy } => self.crash(seed, policy).await,
            Action::Rot { seed } => self.rot(seed).await,
            Action::Lie { seed } => self.lie(seed).await,
        }
    }
}

mod opening;
mod reading;
mod rotating;
mod writing;
