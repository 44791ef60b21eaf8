//! SIGKILL in a loop under load.

use crate::Rounds;
use crate::check::{Counts, History};
use crate::events::{Event, Writer};
use crate::random::Random;
use crate::writer::Load;
use std::path::Path;
use std::time::Duration;

/// How many crashes one log goes through before a new one is begun.
const CRASHES_PER_LOG: u64 = 12;

/// Whether a new log is begun in this round.
pub(crate) fn begins_anew(rounds: &Rounds, round: u64) -> bool {
    // The bare loop cannot go on with a file.
    round.is_multiple_of(CRASHES_PER_LOG) || rounds.load == Some(Load::Bare)
}

pub(crate) fn run(rounds: &Rounds) -> bool {
    let directory = match &rounds.directory {
        Some(directory) => tempfile::tempdir_in(directory),
        None => tempfile::tempdir(),
    };
    let directory = directory.unwrap();
    let log = directory.path().join("log.aof");
    let mut random = Random(rounds.seed);
    let mut counts = Counts::default();
    let new = || History::new(log.clone(), rounds.seed, rounds.load);
    let mut history = new();
    for round in 0..rounds.rounds {
        if begins_anew(rounds, round) {
            std::mem::replace(&mut history, new()).remove();
        }
        let (mut writer, pause) = start(&log, rounds, round, &mut random);
        writer.listen(pause, |_| false);
        let failure = history.take(round, writer.kill(), u64::MAX, &mut counts);
        let checked = failure.map_or(Ok(()), Err).and_then(|()| history.check(&mut counts));
        if let Err(lost) = checked {
            println!("seed {}, round {round}: {lost}\nthe files are kept: {}", rounds.seed, directory.keep().display());
            return false;
        }
    }
    println!("killed, seed {}: {counts}", rounds.seed);
    true
}

/// Starts a writer under a random load, and waits for the moment from which on it may crash; answers when it is to.
pub(crate) fn start(log: &Path, rounds: &Rounds, round: u64, random: &mut Random) -> (Writer, Duration) {
    let load = [Load::Single, Load::Rotating, Load::Rotating, Load::Group][random.below(4) as usize];
    let load = rounds.load.unwrap_or(load);
    let mut writer = Writer::start(log, load, rounds.seed, round);
    let long = Duration::from_millis(500);
    let micros = match random.below(8) {
        // Somewhere in the opening.
        0 => random.below(3_000),
        1..4 if load == Load::Rotating => {
            writer.listen(long, |event| matches!(event, Event::RotationBegins));
            random.below(2_000)
        }
        _ => {
            writer.listen(long, |event| matches!(event, Event::Started));
            random.below(20_000)
        }
    };
    (writer, Duration::from_micros(micros))
}
