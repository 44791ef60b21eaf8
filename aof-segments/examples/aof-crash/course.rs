//! What kills and power cuts have in common: a log that goes through crash after crash, under a load that changes.

use crate::Rounds;
use crate::check::{Counts, History};
use crate::events::{Event, Writer};
use crate::random::Random;
use crate::writer::{Kind, Load};
use std::mem;
use std::path::PathBuf;
use std::time::Duration;

/// How many crashes one log goes through before a new one is begun.
const CRASHES_PER_LOG: u64 = 12;

/// All rounds of a run.
pub(crate) struct Course<'rounds> {
    rounds: &'rounds Rounds,
    pub(crate) log: PathBuf,
    pub(crate) random: Random,
    pub(crate) counts: Counts,
    pub(crate) history: History,
}

impl<'rounds> Course<'rounds> {
    pub(crate) fn new(rounds: &'rounds Rounds, log: PathBuf) -> Course<'rounds> {
        let history = History::new(log.clone(), rounds);
        Course { rounds, log, random: Random(rounds.seed), counts: Counts::default(), history }
    }

    /// Starts the writer of `round`, of a new log where it is time for one, and returns it when it is to crash.
    pub(crate) fn writer_to_crash(&mut self, round: u64) -> Writer {
        // The bare loop cannot continue with a file.
        if round.is_multiple_of(CRASHES_PER_LOG) || self.rounds.load == Some(Load::Bare) {
            let new = History::new(self.log.clone(), self.rounds);
            mem::replace(&mut self.history, new).remove();
        }
        let (mut writer, pause) = self.start(round);
        writer.listen(pause, |_| false);
        writer
    }

    /// Starts a writer under a random load, and waits for the moment from which on it may crash; returns when it is to.
    fn start(&mut self, round: u64) -> (Writer, Duration) {
        let random = &mut self.random;
        let kind = self.rounds.kind;
        // What ends a file or a segment is what may go wrong.
        let often = match kind {
            Kind::File => Load::Rotating,
            Kind::Segments => Load::Pruning,
        };
        let loads = [Load::Single, Load::Pipelined, often, often, Load::Group];
        let load = loads[random.below(loads.len() as u64) as usize];
        let load = self.rounds.load.unwrap_or(load);
        let mut writer = Writer::start(&self.log, kind, load, self.rounds.seed, round);
        let long = Duration::from_millis(500);
        let micros = match random.below(8) {
            // Somewhere in the opening.
            0 => random.below(3_000),
            1..4 if load == often => {
                writer.listen(long, |event| matches!(event, Event::RotationBegins | Event::PruneBegins { .. }));
                random.below(2_000)
            }
            _ => {
                writer.listen(long, |event| matches!(event, Event::Started));
                // Long enough for some segments to be sealed and pruned.
                random.below(if kind == Kind::Segments { 50_000 } else { 20_000 })
            }
        };
        (writer, Duration::from_micros(micros))
    }
}
