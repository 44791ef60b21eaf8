//! Makes a failing history short.

use super::action::{Action, Interruption};
use super::history::History;
use super::storage::Storage;
use super::world::{Broken, run};
use crate::suite::capabilities::Notes;

/// The shortest history that this search finds to fail as well, and how it does. None when the history does not fail.
///
/// Steps are left out, many at first and then one by one; then sizes are made small.
#[must_use]
pub fn shrink(history: &History) -> Option<(History, Broken)> {
    let mut broken = run(history).err()?;
    let mut shortest = history.clone();
    shortest.actions.truncate(broken.step + 1);
    let attempt = |candidate: History, shortest: &mut History, broken: &mut Broken| match run(&candidate) {
        Err(failure) => {
            *shortest = candidate;
            *broken = failure;
            true
        }
        Ok(_) => false,
    };
    for simplify in SIMPLIFIED {
        let mut candidate = shortest.clone();
        simplify(&mut candidate.storage);
        attempt(candidate, &mut shortest, &mut broken);
    }
    let mut size = shortest.actions.len();
    while size > 0 {
        let mut at = 0;
        while at < shortest.actions.len() {
            let mut candidate = shortest.clone();
            let end = (at + size).min(candidate.actions.len());
            candidate.actions.drain(at..end);
            if !attempt(candidate, &mut shortest, &mut broken) {
                at += size;
            }
        }
        size /= 2;
    }
    for at in 0..shortest.actions.len() {
        for smaller in smaller(shortest.actions[at]) {
            let mut candidate = shortest.clone();
            candidate.actions[at] = smaller;
            attempt(candidate, &mut shortest, &mut broken);
        }
    }
    Some((shortest, broken))
}

/// What makes a disk simpler.
const SIMPLIFIED: [fn(&mut Storage); 7] = [
    |storage| storage.zeros_ahead = 0,
    |storage| storage.sync_steps = 0,
    |storage| storage.helped = false,
    |storage| storage.prunes = false,
    |storage| storage.notes = Notes::None,
    |storage| storage.fences = false,
    |storage| storage.append_only = false,
];

/// Simpler actions of the same kind, the simplest last.
fn smaller(action: Action) -> Vec<Action> {
    match action {
        Action::Append { .. } => vec![Action::Append { body: 300 }, Action::Append { body: 0 }],
        Action::AppendMany { .. } => vec![Action::AppendMany { entries: 2, body: 0 }, Action::Append { body: 0 }],
        Action::WriteAgain { .. } => vec![Action::WriteAgain { back: 0 }],
        Action::Rotate { interrupted: Some(interruption) } => (0..20)
            .rev()
            .map(|seed| Action::Rotate { interrupted: Some(Interruption { seed, ..interruption }) })
            .chain([Action::Rotate { interrupted: None }])
            .collect(),
        Action::Prune { dropped_after: Some(_), crash, back } => {
            vec![Action::Prune { dropped_after: None, crash, back }]
        }
        Action::Group { seed, steps, end, policy } => {
            let halves = std::iter::successors(Some(steps), |steps| Some(steps / 2)).take_while(|steps| *steps > 0);
            halves
                .flat_map(|half| [half - half / 4, half - 1])
                .map(|steps| Action::Group { seed, steps, end, policy })
                .collect()
        }
        Action::Crash { policy, .. } => (0..20).rev().map(|seed| Action::Crash { seed, policy }).collect(),
        _ => Vec::new(),
    }
}
