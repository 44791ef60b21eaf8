//! What happens in a history.

use crate::random::Random;
use std::fmt;

/// How the log of a history is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// By [`Aof::append`](aof_api::Aof::append) alone: opened with nothing but what the log itself says.
    Append,
    /// By [`Aof::write`](aof_api::Aof::write) alone, with backtracking, as a replica does: opened with its durable length.
    Record,
    /// By both.
    Mixed,
}

/// What an opening does with a damaged tail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Cuts it.
    Truncate,
    /// Keeps it, and writes on behind it.
    Keep,
    /// Refuses it, and then cuts it after all.
    RefuseThenTruncate,
    /// Cuts it where it is an incomplete last entry or zeros; refuses it else, and then cuts it after all.
    TornThenTruncate,
}

/// The power goes in the middle of a rotation, when the new file is durable, and the log is opened again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interruption {
    /// Whether the name means the new file already.
    pub renamed: bool,
    /// Chooses what is kept.
    pub seed: u64,
    /// What to do with a tail.
    pub policy: Policy,
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
        /// How far back it stands.
        back: usize,
    },
    /// A checkpoint.
    Checkpoint,
    /// A checkpoint that is held up, and whose future is dropped after so many polls.
    CheckpointDropped {
        /// Polls before the drop.
        polls: usize,
    },
    /// The next checkpoint fails.
    FailCheckpoint {
        /// Whether some sectors are durable, and others lost though they are still shown.
        keeps_part: bool,
    },
    /// The next write fails.
    FailWrite {
        /// Whether part of it is kept.
        keeps_part: bool,
    },
    /// The next read fails.
    FailRead,
    /// A reader that was made earlier, or now, reads on to the end.
    Read,
    /// The log is validated.
    Validate,
    /// The log is closed, or dropped, and opened again.
    Reopen {
        /// Closed with a checkpoint, or just dropped.
        close: bool,
        /// What to do with a tail.
        policy: Policy,
    },
    /// The storage is cut behind some entry, and the log is opened again.
    Truncate {
        /// How many entries are cut.
        entries: usize,
    },
    /// The log goes on in a new file, which begins with a copy of the last entry.
    Rotate {
        /// Where the power goes on the way.
        interrupted: Option<Interruption>,
    },
    /// The power goes, and the log is opened again.
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

/// A history: how the log is written, and what happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    /// Where it came from.
    pub seed: u64,
    /// How the log is written.
    pub kind: Kind,
    /// How many zeros the disk allocates ahead of the end, in bytes; 0 for none.
    pub zeros_ahead: usize,
    /// What happens, in order.
    pub actions: Vec<Action>,
}

impl History {
    /// The history of a seed.
    #[must_use]
    pub fn draw(seed: u64) -> History {
        let mut random = Random::new(seed);
        let kind = [Kind::Append, Kind::Append, Kind::Record, Kind::Mixed][random.index(4)];
        let len = random.between(1, 30);
        let zeros_ahead = if random.chance(0.25) { random.between(1, 20_000) } else { 0 };
        // Some histories know no failures, and get further.
        let failing = random.chance(0.5);
        // Only appended entries say which of those behind a kept tail count.
        let keeping = kind == Kind::Append && random.chance(0.3);
        let mut actions: Vec<_> = (0..len).map(|_| Action::draw(&mut random, kind, failing, keeping)).collect();
        match random.below(20) {
            0 => actions.push(Action::Rot { seed: random.next_u64() }),
            1 => actions.push(Action::Lie { seed: random.next_u64() }),
            // What everything is about.
            _ => actions.push(Action::Crash { seed: random.next_u64(), policy: Policy::Truncate }),
        }
        History { seed, kind, zeros_ahead, actions }
    }
}

impl Action {
    fn draw(random: &mut Random, kind: Kind, failing: bool, keeping: bool) -> Action {
        let body = match random.below(10) {
            0..5 => random.between(0, 40),
            5..9 => random.between(0, 600),
            _ => random.between(0, 5000),
        };
        match random.below(100) {
            0..30 => Action::Append { body },
            30..37 => Action::AppendMany { entries: random.between(0, 4), body: body % 700 },
            37..41 => Action::AppendDropped { body, polls: random.index(4) },
            41..49 if kind != Kind::Append => Action::WriteAgain { back: random.index(8) },
            41..63 => Action::Checkpoint,
            63..66 => Action::CheckpointDropped { polls: random.index(4) },
            66..69 if failing => Action::FailCheckpoint { keeps_part: random.chance(0.7) },
            69..72 if failing => Action::FailWrite { keeps_part: random.chance(0.5) },
            72..73 if failing => Action::FailRead,
            66..76 => Action::Read,
            76..79 => Action::Validate,
            79..84 => Action::Reopen { close: random.chance(0.5), policy: Policy::draw(random, keeping) },
            84..86 => Action::Truncate { entries: random.index(5) },
            86..88 => Action::Rotate { interrupted: None },
            88 => Action::Rotate { interrupted: Some(Interruption::draw(random, keeping)) },
            _ => Action::Crash { seed: random.next_u64(), policy: Policy::draw(random, keeping) },
        }
    }
}

impl Interruption {
    fn draw(random: &mut Random, keeping: bool) -> Interruption {
        let (renamed, seed) = (random.chance(0.5), random.next_u64());
        Interruption { renamed, seed, policy: Policy::draw(random, keeping) }
    }
}

impl Policy {
    fn draw(random: &mut Random, keeping: bool) -> Policy {
        match random.below(6) {
            0 | 3 if keeping => Policy::Keep,
            1 => Policy::RefuseThenTruncate,
            2 => Policy::TornThenTruncate,
            _ => Policy::Truncate,
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let History { seed, kind, zeros_ahead, .. } = self;
        let ahead = if *zeros_ahead > 0 { format!(", {zeros_ahead} zeros ahead") } else { String::new() };
        writeln!(f, "history of seed {seed}, written by {kind:?}{ahead}:")?;
        for (step, action) in self.actions.iter().enumerate() {
            writeln!(f, "  {step:2} {action:?}")?;
        }
        Ok(())
    }
}
