//! A history: what happens, to which log, on which disk.

use super::action::{Action, Drawing, Policy};
use super::storage::Storage;
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

/// A history: how the log is written, on what, and what happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    /// Where it came from.
    pub seed: u64,
    /// How the log is written.
    pub kind: Kind,
    /// The disk.
    pub storage: Storage,
    /// What happens, in order.
    pub actions: Vec<Action>,
}

impl History {
    /// The history of a seed.
    #[must_use]
    pub fn draw(seed: u64) -> History {
        let mut random = Random::new(seed);
        let kind = [Kind::Append, Kind::Append, Kind::Record, Kind::Mixed][random.index(4)];
        let storage = Storage::draw(&mut random);
        // It takes a few checkpoints before anything can be pruned.
        let len = random.between(1, if storage.prunes { 45 } else { 30 });
        let drawing = Drawing {
            replays: kind != Kind::Append,
            // Some histories know no failures, and get further.
            failing: random.chance(0.5),
            // Only appended entries say which of those after a kept tail count.
            keeping: kind == Kind::Append && random.chance(0.3),
            torn: !storage.append_only,
            pruning: storage.prunes,
        };
        let mut actions: Vec<_> = (0..len).map(|_| drawing.action(&mut random)).collect();
        match random.below(20) {
            0 => actions.push(Action::Rot { seed: random.next_u64() }),
            1 => actions.push(Action::Lie { seed: random.next_u64() }),
            // What everything is about.
            _ => actions.push(Action::Crash { seed: random.next_u64(), policy: Policy::Truncate }),
        }
        History { seed, kind, storage, actions }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let History { seed, kind, storage, .. } = self;
        writeln!(f, "history of seed {seed}, written by {kind:?}, on {storage}:")?;
        for (step, action) in self.actions.iter().enumerate() {
            writeln!(f, "  {step:2} {action:?}")?;
        }
        Ok(())
    }
}
