//! Following a log that another process writes, through rotations and from segment to segment.
//!
//! The file is looked at, not subscribed to: two calls of the system each time, 5 times a second while nothing happens.
//! Notifications of the kernel would save those, but say nothing of what another machine writes to a shared file system,
//! and would need this as well.

use super::pause::pause;
use super::watched::{Looks, Watched};
use crate::input::own_streams::{self, Use};
use crate::input::source::LogReader;
use crate::output::failure::{Failure, Outcome};
use crate::output::json::log::Gap;
use aof_api::format::{Checksum, ENTRY_SIZE_MIN, MAGIC};
use aof_api::read::{self, LocatedEntry};
use aof_api::storage::IoCall;
use aof_api::{AofReadExt, Entries, Error, Tip};
use futures::executor::block_on;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait before the first look, and at most.
const PAUSE_MIN: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// A file system may give two writes one time of change: a second look follows each change.
const SECOND_LOOK: Duration = Duration::from_millis(50);

/// How many of the last entries are remembered, to continue after one of them when the log is cut.
const RECENT: usize = 1024;

/// What came of waiting.
pub(super) enum Waited {
    /// There may be more.
    More,
    /// The path names another file: continue at its beginning.
    Rotated(Box<Entries<LogReader>>),
    /// The log was cut: continue here.
    Cut(u64),
    /// Nobody reads what is printed any more.
    Closed,
}

/// What an entry is to the ones before it.
pub(super) enum Saw {
    Next,
    /// The last one once more, as the first of a rotated file is.
    Seam,
    /// The first of another file, which does not continue the one before.
    Gap(Gap),
}

/// The file that is read at the moment.
pub(super) struct Follower {
    path: PathBuf,
    watched: Watched,
    probe: LogReader,
    /// What the file looked like when it was last looked into.
    looked_at: Option<Looks>,
    changed_at: Instant,
    second_look_is_due: bool,
    pause: Duration,
    /// The path names another file, and this one is read to its end.
    is_left: bool,
    recent: VecDeque<(u64, Checksum)>,
    /// The last entry of all.
    last: Option<Tip>,
    /// No entry of this file was read yet, and there was another before it.
    is_new: bool,
}

impl Follower {
    /// Follows the file at `path`, and reads it from `offset` on.
    pub(super) fn open(path: &Path, offset: u64) -> Outcome<(Follower, Entries<LogReader>)> {
        let failure = Failure::at(path);
        own_streams::refuse(&[(path, Use::Reads)], false)?;
        let io_failure = |error| Failure::at(path)(Error::io_at(IoCall::Open, path, 0, error));
        loop {
            let watched = Watched::open(path).map_err(io_failure)?;
            let reader = watched.reader(path).map_err(&failure)?;
            let probe = watched.reader(path).map_err(&failure)?;
            // All three are the same file, unless it was rotated in between.
            if watched.is_at(path) {
                let entries = Entries::starting_at(reader, offset, read::Options::new());
                let follower = Follower {
                    path: path.to_owned(),
                    watched,
                    probe,
                    looked_at: None,
                    changed_at: Instant::now(),
                    second_look_is_due: true,
                    pause: PAUSE_MIN,
                    is_left: false,
                    recent: VecDeque::new(),
                    last: None,
                    is_new: false,
                };
                return Ok((follower, entries));
            }
        }
    }

    /// Remembers an entry that was read; returns how it follows the ones before.
    pub(super) fn saw(&mut self, entry: &LocatedEntry<'_>) -> Saw {
        let (op, checksum, parent) = (entry.op(), entry.checksum(), entry.header().parent);
        let last = self.last.replace(Tip { op, checksum }).filter(|_| std::mem::take(&mut self.is_new));
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((entry.offset, checksum));
        match last {
            Some(last) if last.checksum == checksum => Saw::Seam,
            Some(last) if last.checksum != parent => Saw::Gap(gap(last, op, parent)),
            _ => Saw::Next,
        }
    }

    /// Whether nothing was written at `offset` yet: the end of the file, or zeros, which may be preallocated.
    pub(super) fn nothing_at(&mut self, offset: u64) -> bool {
        let mut bytes = [0; ENTRY_SIZE_MIN];
        let read = block_on(self.probe.read_all_at(offset, &mut bytes));
        read.is_ok_and(|count| bytes[..count].iter().all(|byte| *byte == 0))
    }

    /// Waits until there is something to read; `offset` is where the next entry should begin.
    pub(super) fn wait(&mut self, offset: u64) -> Outcome<Waited> {
        let failure = |error| Failure::at(&self.path)(Error::io_at(IoCall::Stat, &self.path, 0, error));
        loop {
            let looks = self.watched.looks().map_err(failure)?;
            if self.looked_at != Some(looks) {
                self.looked_at = Some(looks);
                self.changed_at = Instant::now();
                self.second_look_is_due = true;
                self.pause = PAUSE_MIN;
                return Ok(if self.is_intact(offset) { Waited::More } else { Waited::Cut(self.last_that_is_there()) });
            }
            if self.second_look_is_due && self.changed_at.elapsed() >= SECOND_LOOK {
                self.second_look_is_due = false;
                return Ok(Waited::More);
            }
            if self.is_left {
                return self.continue_in_the_new_file();
            }
            // What the writer still wrote to the old file is read first. Where the log was moved away, and no file is there
            // yet, nothing changes.
            if self.watched.is_replaced_at(&self.path) {
                self.is_left = true;
                return Ok(Waited::More);
            }
            if !pause(self.pause) {
                return Ok(Waited::Closed);
            }
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }

    fn continue_in_the_new_file(&mut self) -> Outcome<Waited> {
        match Follower::open(&self.path, 0) {
            Ok((follower, entries)) => {
                let last = self.last;
                *self = Follower { last, is_new: true, ..follower };
                Ok(Waited::Rotated(Box::new(entries)))
            }
            // It is gone again, or something else has the name: back to waiting for a file.
            Err(Failure::Log { error: Error::Io { call: IoCall::Open, .. }, .. }) if !self.path.is_file() => {
                self.is_left = false;
                Ok(Waited::More)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Whether the last entry that was read is still there, and nothing after it was cut.
    fn is_intact(&mut self, offset: u64) -> bool {
        let len = self.watched.looks().map_or(u64::MAX, |(len, _)| len);
        offset <= len && self.recent.back().copied().is_none_or(|last| self.is_there(last))
    }

    /// Where reading continues after a cut: at the end of the last entry that is still there.
    fn last_that_is_there(&mut self) -> u64 {
        let mut end = 0;
        while let Some(last) = self.recent.back().copied() {
            if self.is_there(last) {
                break;
            }
            // The one before ends where this one began.
            end = last.0;
            self.recent.pop_back();
        }
        if self.recent.is_empty() { 0 } else { end }
    }

    fn is_there(&mut self, (offset, checksum): (u64, Checksum)) -> bool {
        let mut bytes = [0; ENTRY_SIZE_MIN];
        let read = block_on(self.probe.read_all_at(offset, &mut bytes));
        let found = &bytes[MAGIC.len()..MAGIC.len() + 16];
        read.is_ok_and(|count| count == bytes.len()) && found == u128::from(checksum).to_le_bytes()
    }
}

/// What was not seen between the last entry of one file and the first of the next.
fn gap(last: Tip, op: u64, parent: Checksum) -> Gap {
    let missing = last.op.saturating_add(1)..=op.saturating_sub(1);
    let (first, end) = (*missing.start(), *missing.end());
    let message = match end.checked_sub(first) {
        Some(0) => format!("op {first} was not seen"),
        Some(_) => format!("ops {first} to {end} were not seen"),
        None => format!("op {op} in the new file does not follow op {} in the one before", last.op),
    };
    let some = !missing.is_empty();
    Gap { missing_first: some.then_some(first), missing_last: some.then_some(end), parent: parent.into(), message }
}
