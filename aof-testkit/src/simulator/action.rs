//! What happens in a history.

use crate::random::Random;

/// What opening the log does with a damaged tail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Cuts it.
    Truncate,
    /// Keeps it, and continues to write after it.
    Keep,
    /// Refuses it first, and then cuts it.
    RefuseThenTruncate,
    /// Cuts it where it is an incomplete last entry or zeros; otherwise refuses it first, and then cuts it.
    TornThenTruncate,
}

/// Power is lost in the middle of a rotation, when the new file is durable, and the log is opened again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interruption {
    /// Whether the name means the new file already.
    pub renamed: bool,
    /// Chooses what is kept.
    pub seed: u64,
    /// What to do with a tail.
    pub policy: Policy,
}

/// How a log that was shared is given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GroupEnd {
    /// Every caller gets its result, and the log is closed.
    Closed,
    /// It is dropped with callers under way.
    Dropped,
    /// Power is lost with callers under way.
    Crashed {
        /// Chooses what is kept.
        seed: u64,
    },
    /// Another writer takes it over, where the disk allows that; else it is dropped.
    TakenOver,
}

/// How a sync fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncFailure {
    /// Nothing new is durable.
    Plain,
    /// Some sectors are durable, and others lost though they are still shown.
    KeepsPart,
    /// There is no room, which poisons nothing.
    Full,
}

/// One step of a history. Sizes are in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// One entry.
    Append {
        /// The size of its body.
        body: usize,
    },
    /// Several entries in one write.
    AppendMany {
        /// How many.
        entries: usize,
        /// The size of each body.
        body: usize,
    },
    /// An append that is held up, and whose future is dropped after so many polls.
    AppendDropped {
        /// The size of the body.
        body: usize,
        /// Polls before the drop.
        polls: usize,
    },
    /// An entry of the log, written again.
    WriteAgain {
        /// How far back it is.
        back: usize,
    },
    /// A checkpoint, waited for.
    Checkpoint,
    /// A checkpoint is called, and its future is kept.
    CheckpointBegins,
    /// One of the kept futures is polled.
    CheckpointPolled {
        /// Which, from the oldest.
        which: usize,
        /// How often.
        polls: usize,
    },
    /// One of the kept futures is dropped.
    CheckpointForgotten {
        /// Which, from the oldest.
        which: usize,
    },
    /// A checkpoint whose future is dropped after so many polls.
    CheckpointDropped {
        /// Polls before the drop.
        polls: usize,
    },
    /// The sync under way makes progress, as if another caller drove it.
    Steps {
        /// How many.
        steps: usize,
    },
    /// The next sync fails.
    FailCheckpoint {
        /// How.
        how: SyncFailure,
    },
    /// The next write fails.
    FailWrite {
        /// Whether part of it is kept.
        keeps_part: bool,
    },
    /// The next read fails.
    FailRead,
    /// The next prune fails.
    FailPrune {
        /// Whether the new start may be recorded.
        halfway: bool,
    },
    /// A reader that was made earlier, or now, reads to the end.
    Read,
    /// The log is validated.
    Validate,
    /// One entry is looked up by its op, or one that is not in the log.
    Get {
        /// How far before the last one.
        back: usize,
    },
    /// The log is pruned up to an entry.
    Prune {
        /// How far that is before the last one.
        back: usize,
        /// Polls before its future is dropped; then the log is opened again.
        dropped_after: Option<usize>,
        /// Where its outcome is in doubt: power is lost, with this seed, before the log is opened.
        crash: Option<u64>,
    },
    /// The storage is pruned up to all that is durable, and the log is opened again.
    PruneStorage {
        /// Power is lost, with this seed, before the log is opened.
        crash: Option<u64>,
    },
    /// The log is closed, or dropped, and opened again.
    Reopen {
        /// Closed with a checkpoint, or just dropped.
        close: bool,
        /// What to do with a tail.
        policy: Policy,
    },
    /// Another writer takes the log over, or is refused.
    TakeOver,
    /// Many callers share the log by [`GroupCommit`](aof_api::GroupCommit), and a
    /// [`Follower`](aof_api::log::Follower) reads along.
    Group {
        /// Chooses what the callers do, and the order in which they are polled.
        seed: u64,
        /// How many steps that takes.
        steps: usize,
        /// What ends it.
        end: GroupEnd,
        /// What to do with a tail.
        policy: Policy,
    },
    /// The storage is cut after some entry, and the log is opened again.
    Truncate {
        /// How many entries are cut.
        entries: usize,
    },
    /// The log continues in a new file, which begins with a copy of the last entry.
    Rotate {
        /// Where power is lost during the rotation.
        interrupted: Option<Interruption>,
    },
    /// Power is lost, and the log is opened again.
    Crash {
        /// Chooses what is kept.
        seed: u64,
        /// What to do with a tail.
        policy: Policy,
    },
    /// A bit of a durable entry flips while the log is closed; then it is opened. The end of the history.
    Rot {
        /// Chooses the bit.
        seed: u64,
    },
    /// A checkpoint that lies, then a crash; the log is opened with the tip that was acknowledged. The end of the history.
    Lie {
        /// Chooses what is kept.
        seed: u64,
    },
}

/// What actions are drawn from.
#[derive(Clone, Copy)]
pub(super) struct Drawing {
    /// Entries are written again.
    pub(super) replays: bool,
    /// Calls fail.
    pub(super) failing: bool,
    /// Damaged tails are kept.
    pub(super) keeping: bool,
    /// Writes that fail may leave a part.
    pub(super) torn: bool,
    /// The storage is pruned.
    pub(super) pruning: bool,
}

impl Drawing {
    pub(super) fn action(self, random: &mut Random) -> Action {
        let body = match random.below(10) {
            0..5 => random.between(0, 40),
            5..9 => random.between(0, 600),
            _ => random.between(0, 5000),
        };
        let (failing, policy) = (self.failing, self.policy(random));
        match random.below(124) {
            0..30 => Action::Append { body },
            30..37 => Action::AppendMany { entries: random.between(0, 4), body: body % 700 },
            37..41 => Action::AppendDropped { body, polls: random.index(4) },
            41..49 if self.replays => Action::WriteAgain { back: random.index(8) },
            41..55 => Action::Checkpoint,
            55..65 => Action::CheckpointBegins,
            65..70 => Action::CheckpointPolled { which: random.index(3), polls: random.between(1, 6) },
            70..72 => Action::CheckpointForgotten { which: random.index(3) },
            72..75 => Action::CheckpointDropped { polls: random.index(4) },
            75..77 => Action::Steps { steps: random.between(1, 5) },
            77..80 if failing => Action::FailCheckpoint { how: SyncFailure::draw(random) },
            80..83 if failing => Action::FailWrite { keeps_part: self.torn && random.chance(0.5) },
            83 if failing => Action::FailRead,
            84 if failing && self.pruning => Action::FailPrune { halfway: random.chance(0.5) },
            77..83 => Action::Read,
            83..86 => Action::Get { back: random.index(10) },
            86..88 => Action::Validate,
            88..95 if self.pruning => self.prune(random),
            95..97 if self.pruning => Action::PruneStorage { crash: random.chance(0.5).then(|| random.next_u64()) },
            88..100 => Action::Reopen { close: random.chance(0.5), policy },
            100..102 => Action::TakeOver,
            102..104 => Action::Truncate { entries: random.index(5) },
            104..106 => Action::Rotate { interrupted: None },
            106 => {
                let (renamed, seed) = (random.chance(0.5), random.next_u64());
                Action::Rotate { interrupted: Some(Interruption { renamed, seed, policy }) }
            }
            107..120 => Action::Crash { seed: random.next_u64(), policy },
            _ => {
                let (seed, steps) = (random.next_u64(), random.between(1, 60));
                let end = match random.below(4) {
                    0 => GroupEnd::Closed,
                    1 => GroupEnd::Dropped,
                    2 => GroupEnd::TakenOver,
                    _ => GroupEnd::Crashed { seed: random.next_u64() },
                };
                Action::Group { seed, steps, end, policy }
            }
        }
    }

    fn prune(self, random: &mut Random) -> Action {
        let dropped_after = random.chance(0.25).then(|| random.index(14));
        let crash = random.chance(0.5).then(|| random.next_u64());
        Action::Prune { back: random.index(6), dropped_after, crash }
    }

    fn policy(self, random: &mut Random) -> Policy {
        match random.below(6) {
            0 | 3 if self.keeping => Policy::Keep,
            1 => Policy::RefuseThenTruncate,
            2 => Policy::TornThenTruncate,
            _ => Policy::Truncate,
        }
    }
}

impl SyncFailure {
    fn draw(random: &mut Random) -> SyncFailure {
        [SyncFailure::Plain, SyncFailure::KeepsPart, SyncFailure::KeepsPart, SyncFailure::Full][random.index(4)]
    }
}
