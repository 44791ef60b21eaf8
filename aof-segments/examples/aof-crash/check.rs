//! What must be there after a crash.

use crate::events::Event;
use crate::found::{Found, Tried, open_and_read};
use crate::writer::{Kind, Load};
use crate::{Rounds, bare};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs;
use std::path::PathBuf;

/// One log over several crashes: what its writers have told.
pub(crate) struct History {
    log: PathBuf,
    seed: u64,
    kind: Kind,
    load: Option<Load>,
    /// Ops below this one may have been pruned.
    prune_op: u64,
    /// The log does not begin below this offset any more.
    pruned_start: u64,
    /// The last round.
    round: u64,
    acknowledged: HashMap<u64, String>,
    /// What the last writer acknowledged when the cut was under way already, and how long it had been, in nanoseconds.
    late: HashMap<u64, (String, u64)>,
    tried: HashSet<(u64, u64)>,
}

/// What was counted over all rounds.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) crashes: u64,
    in_rotation: u64,
    rotations: u64,
    half_rotations: u64,
    in_prune: u64,
    prunes: u64,
    before_start: u64,
    acknowledged: u64,
    late: u64,
    late_lost: u64,
    late_lost_crashes: u64,
    late_lost_ns_max: u64,
    unacknowledged_kept: u64,
    tails_cut: u64,
}

impl History {
    /// Of writers under all loads, or under this one only.
    pub(crate) fn new(log: PathBuf, rounds: &Rounds) -> History {
        let (acknowledged, late, tried) = (HashMap::new(), HashMap::new(), HashSet::new());
        let Rounds { seed, kind, load, .. } = *rounds;
        History { log, seed, kind, load, prune_op: 0, pruned_start: 0, round: 0, acknowledged, late, tried }
    }

    /// Takes in what the writer of `round` has told until it was killed; returns the error that ended it before.
    /// What was acknowledged before `crash_ns` must be there.
    pub(crate) fn take(
        &mut self,
        round: u64,
        events: Vec<Event>,
        crash_ns: u64,
        counts: &mut Counts,
    ) -> Option<String> {
        let mut failure = None;
        counts.crashes += 1;
        self.round = round;
        let (mut started, mut rotating, mut pruning) = (false, false, false);
        for event in events {
            match event {
                Event::Started => started = true,
                Event::Tried(nonce) => {
                    self.tried.insert((round, nonce));
                }
                Event::Acknowledged { op, checksum, at_ns } if at_ns >= crash_ns => {
                    counts.late += 1;
                    self.late.insert(op, (checksum, at_ns - crash_ns));
                }
                Event::Acknowledged { op, checksum, .. } => {
                    counts.acknowledged += 1;
                    self.acknowledged.insert(op, checksum);
                }
                Event::RotationBegins => rotating = true,
                Event::RotationDone => {
                    rotating = false;
                    counts.rotations += 1;
                }
                Event::PruneBegins { op } => {
                    pruning = true;
                    self.prune_op = self.prune_op.max(op);
                }
                Event::Pruned { start, at_ns } => {
                    pruning = false;
                    counts.prunes += 1;
                    if at_ns < crash_ns {
                        self.pruned_start = self.pruned_start.max(start);
                    }
                }
                Event::Failed(error) => failure = Some(error),
            }
        }
        counts.in_rotation += u64::from(rotating);
        counts.in_prune += u64::from(pruning);
        counts.before_start += u64::from(!started);
        failure
    }

    /// Opens the log as the next writer would, and checks all that was promised.
    pub(crate) fn check(&mut self, counts: &mut Counts) -> Result<(), String> {
        if !self.log.exists() && !self.acknowledged.is_empty() {
            return Err(format!("the log is gone, with {} acknowledged entries", self.acknowledged.len()));
        }
        let found = match self.load {
            Some(Load::Bare) => {
                let checksums = bare::read(&self.log, self.seed, self.round).unwrap_or_default();
                Found { first_op: 1, checksums, ..Found::default() }
            }
            _ => open_and_read(&self.log, self.kind, &Tried { seed: self.seed, entries: &self.tried })?,
        };
        counts.tails_cut += u64::from(found.tail_cut);
        counts.half_rotations += u64::from(found.half_rotated);
        self.check_start(&found)?;
        let first_op = found.first_op;
        // What a prune removed was acknowledged to be removed.
        self.acknowledged.retain(|op, _| *op >= first_op);
        self.late.retain(|op, _| *op >= first_op);
        for (op, checksum) in &self.acknowledged {
            match found.get(*op) {
                Some(found) if found == checksum => {}
                other => {
                    let (last, there, how) = (self.acknowledged.keys().max(), found.next_op() - 1, &found.how);
                    return Err(format!(
                        "op {op}, {checksum}, was acknowledged, up to op {last:?}; found {other:?}, up to op {there}; {how}"
                    ));
                }
            }
        }
        let late_lost_before = counts.late_lost;
        for (op, (checksum, after_ns)) in std::mem::take(&mut self.late) {
            match found.get(op) {
                Some(found) if *found == checksum => {
                    self.acknowledged.insert(op, checksum);
                }
                Some(found) => return Err(format!("op {op} is {found}, but {checksum} was acknowledged")),
                None => {
                    counts.late_lost += 1;
                    counts.late_lost_ns_max = counts.late_lost_ns_max.max(after_ns);
                }
            }
        }
        counts.late_lost_crashes += u64::from(counts.late_lost > late_lost_before);
        let there = found.checksums.len();
        counts.unacknowledged_kept += (there - self.acknowledged.len().min(there)) as u64;
        Ok(())
    }

    /// Whether the log begins where prunes that were tried, and those that returned, allow.
    fn check_start(&mut self, found: &Found) -> Result<(), String> {
        let Found { first_op, start, how, .. } = found;
        if *start < self.pruned_start {
            return Err(format!("the log was pruned to offset {}, and begins at {start}; {how}", self.pruned_start));
        }
        if *first_op > self.prune_op.max(1) {
            return Err(format!("op {} was to be kept, and the log begins with op {first_op}; {how}", self.prune_op));
        }
        self.pruned_start = *start;
        Ok(())
    }

    /// Removes all files of the log, and what rotations that were killed have left.
    pub(crate) fn remove(self) {
        let directory = self.log.parent().unwrap();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::remove_file(path).unwrap();
            } else if path == self.log {
                fs::remove_dir_all(path).unwrap();
            }
        }
        // Else the next cut brings them back.
        fs::File::open(directory).and_then(|directory| directory.sync_all()).unwrap();
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} crashes: {} before the log was open, {} in a rotation ({} of them half done); {} rotations done; \
             {} in a prune; {} prunes done; {} entries acknowledged before the crash, none lost; {} when the cut was under way, {} of them lost, \
             in {} crashes, up to {:.1} ms after it began; {} others there; {} tails cut",
            self.crashes,
            self.before_start,
            self.in_rotation,
            self.half_rotations,
            self.rotations,
            self.in_prune,
            self.prunes,
            self.acknowledged,
            self.late,
            self.late_lost,
            self.late_lost_crashes,
            self.late_lost_ns_max as f64 / 1e6,
            self.unacknowledged_kept,
            self.tails_cut,
        )
    }
}
