//! What must be there after a crash.

use crate::bare;
use crate::events::Event;
use crate::random::{body, told};
use crate::writer::{Load, archive, same_file};
use aof_api::{Aof, Entries, LogOptions, Rule, read};
use aof_file::{FileOptions, FileReader};
use futures::executor::block_on;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// One log over several crashes: what its writers have told.
pub(crate) struct History {
    log: PathBuf,
    seed: u64,
    load: Option<Load>,
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
    pub(crate) fn new(log: PathBuf, seed: u64, load: Option<Load>) -> History {
        let (acknowledged, late, tried) = (HashMap::new(), HashMap::new(), HashSet::new());
        History { log, seed, load, round: 0, acknowledged, late, tried }
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
        let (mut started, mut rotating) = (false, false);
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
                Event::Failed(error) => failure = Some(error),
            }
        }
        counts.in_rotation += u64::from(rotating);
        counts.before_start += u64::from(!started);
        failure
    }

    /// Opens the log as the next writer would, and checks all that was promised.
    pub(crate) fn check(&mut self, counts: &mut Counts) -> Result<(), String> {
        if !self.log.exists() && !self.acknowledged.is_empty() {
            return Err(format!("the log is gone, with {} acknowledged entries", self.acknowledged.len()));
        }
        let (found, how) = match self.load {
            Some(Load::Bare) => (bare::read(&self.log, self.seed, self.round).unwrap_or_default(), String::new()),
            _ => self.open_and_read(counts)?,
        };
        for (op, checksum) in &self.acknowledged {
            match found.get(*op as usize - 1) {
                Some(found) if found == checksum => {}
                other => {
                    let (last, there) = (self.acknowledged.keys().max(), found.len());
                    return Err(format!(
                        "op {op}, {checksum}, was acknowledged, up to op {last:?}; found {other:?}, up to op {there}; {how}"
                    ));
                }
            }
        }
        let late_lost_before = counts.late_lost;
        for (op, (checksum, after_ns)) in std::mem::take(&mut self.late) {
            match found.get(op as usize - 1) {
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
        counts.unacknowledged_kept += (found.len() - self.acknowledged.len().min(found.len())) as u64;
        Ok(())
    }

    /// The checksums of all ops, from 1 up, over all files; and what the opening told.
    fn open_and_read(&self, counts: &mut Counts) -> Result<(Vec<String>, String), String> {
        let opened = FileOptions::new()
            .keep_cut(false)
            .open_or_create(&self.log)
            .and_then(|backend| block_on(Aof::open(backend, LogOptions::new())));
        let (mut log, recovery) = opened.map_err(|error| format!("the log does not open: {error}"))?;
        counts.tails_cut += u64::from(recovery.cut.is_some());
        let validation = block_on(log.validate(Rule::Linear, None)).map_err(|error| error.to_string())?;
        if !validation.is_clean() {
            return Err(format!("the log is not whole: {validation:?}"));
        }
        drop(log);

        let mut found: Vec<String> = Vec::new();
        for number in 0.. {
            let archive = archive(&self.log, number);
            if !archive.exists() {
                break;
            }
            if same_file(&archive, &self.log) {
                counts.half_rotations += 1;
                break;
            }
            self.read(&archive, &mut found)?;
        }
        self.read(&self.log, &mut found)?;
        Ok((found, format!("{recovery:?}")))
    }

    /// Adds the entries of one file to `found`, the checksums of all ops from 1 up.
    fn read(&self, path: &Path, found: &mut Vec<String>) -> Result<(), String> {
        let at = |what: &dyn fmt::Display| format!("{}: {what}", path.display());
        let reader = FileReader::open_read_only(path).map_err(|error| at(&error))?;
        let mut entries = Entries::new(reader, read::Options::default());
        let mut is_first = true;
        while let Some(entry) = block_on(entries.next()).map_err(|error| at(&error))? {
            let op = entry.header().op.get() as usize;
            let checksum = entry.checksum().to_string();
            let is_seam = is_first && op > 0 && op == found.len() && found.last() == Some(&checksum);
            if is_first && !found.is_empty() && !is_seam {
                return Err(at(&format_args!("begins with op {op}, not with the seam, op {}", found.len())));
            }
            is_first = false;
            if is_seam {
                continue;
            }
            if op != found.len() + 1 {
                return Err(at(&format_args!("op {op} follows op {}", found.len())));
            }
            let known = told(entry.body()).filter(|known| self.tried.contains(known));
            if known.is_none_or(|(round, nonce)| body(self.seed, round, nonce) != entry.body()) {
                return Err(at(&format_args!("op {op} was appended by nobody")));
            }
            found.push(checksum);
        }
        if is_first && !found.is_empty() {
            return Err(at(&"empty after an archive, without its seam"));
        }
        Ok(())
    }

    /// Removes all files of the log, and what rotations that were killed have left.
    pub(crate) fn remove(self) {
        let directory = self.log.parent().unwrap();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::remove_file(path).unwrap();
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
             {} entries acknowledged before the crash, none lost; {} when the cut was under way, {} of them lost, \
             in {} crashes, up to {:.1} ms after it began; {} others there; {} tails cut",
            self.crashes,
            self.before_start,
            self.in_rotation,
            self.half_rotations,
            self.rotations,
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
