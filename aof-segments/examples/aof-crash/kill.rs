//! SIGKILL in a loop under load.

use crate::Rounds;
use crate::course::Course;

pub(crate) fn run(rounds: &Rounds) -> bool {
    let directory = rounds.directory();
    let mut course = Course::new(rounds, directory.path().join("log.aof"));
    for round in 0..rounds.rounds {
        let writer = course.writer_to_crash(round);
        let Course { counts, history, .. } = &mut course;
        let failure = history.take(round, writer.kill(), u64::MAX, counts);
        let checked = failure.map_or(Ok(()), Err).and_then(|()| history.check(counts));
        if let Err(lost) = checked {
            println!("seed {}, round {round}: {lost}\nthe files are kept: {}", rounds.seed, directory.keep().display());
            return false;
        }
    }
    println!("killed, {:?}, seed {}: {}", rounds.kind, rounds.seed, course.counts);
    true
}
