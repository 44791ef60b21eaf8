//! Makes a failing history short.

use super::action::{Action, History, Interruption};
use super::world::{Broken, run};

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
    attempt(History { zeros_ahead: 0, ..shortest.clone() }, &mut shortest, &mut broken);
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
        Action::Crash { policy, .. } => (0..20).rev().map(|seed| Action::Crash { seed, policy }).collect(),
        _ => Vec::new(),
    }
}
