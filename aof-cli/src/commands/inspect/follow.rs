//! Following a log that another process writes, through rotations.
//!
//! The file is looked at, not subscribed to: two calls of the system each time, 5 times a second while nothing happens.
//! Notifications of the kernel would save those, but say nothing of what another machine writes to a shared file system,
//! and would need this as well.

use super::pause::pause;
use crate::input::source::LogReader;
use crate::output::exit::{Failure, Outcome};
use aof_api::format::{Checksum, ENTRY_SIZE_MIN, MAGIC};
use aof_api::read::{self, LocatedEntry};
use aof_api::{AofReadExt, Entries, Error};
use aof_file::FileBackend;
use futures::executor::block_on;
use std::collections::VecDeque;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How long to wait before the first look, and at most.
const PAUSE_MIN: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// A file system may give two writes one time of change: a second look follows each change.
const SECOND_LOOK: Duration = Duration::from_millis(50);

/// How many of the last entries are remembered, to go on behind one of them when the log is cut.
const RECENT: usize = 1024;

/// What came of waiting.
pub(super) enum Waited {
    /// There may be more.
    More,
    /// The path names another file: go on at its beginning.
    Rotated(Box<Entries<LogReader>>),
    /// The log was cut: go on here.
    Cut(u64),
    /// Nobody reads what is printed any more.
    Closed,
}

/// The file that is read at the moment.
pub(super) struct Follower {
    path: PathBuf,
    file: File,
    probe: LogReader,
    /// What the file looked like when it was last looked into.
    looked_at: Option<(u64, Option<SystemTime>)>,
    changed_at: Instant,
    second_look_is_due: bool,
    pause: Duration,
    /// The path names another file, and this one is read to its end.
    is_left: bool,
    recent: VecDeque<(u64, Checksum)>,
}

impl Follower {
    /// Follows the file at `path`, and reads it from `offset` on.
    pub(super) fn open(path: &Path, offset: u64) -> Outcome<(Follower, Entries<LogReader>)> {
        let failure = Failure::at(path);
        let io_failure = |error| Failure::at(path)(Error::io("open", 0, error));
        loop {
            let file = File::open(path).map_err(io_failure)?;
            let reader = FileBackend::open_read_only(path).map_err(&failure)?;
            let probe = FileBackend::open_read_only(path).map_err(&failure)?;
            // All three are the same file, unless it was rotated in between.
            if let (Ok(now), Ok(metadata)) = (fs::metadata(path), file.metadata())
                && identity(&now) == identity(&metadata)
            {
                let entries = Entries::starting_at(LogReader::File(reader), offset, read::Options::new());
                let follower = Follower {
                    path: path.to_owned(),
                    file,
                    probe: LogReader::File(probe),
                    looked_at: None,
                    changed_at: Instant::now(),
                    second_look_is_due: true,
                    pause: PAUSE_MIN,
                    is_left: false,
                    recent: VecDeque::new(),
                };
                return Ok((follower, entries));
            }
        }
    }

    /// Remembers an entry that was read. Answers whether it is the last one once more, as the first of a rotated file is.
    pub(super) fn saw(&mut self, entry: &LocatedEntry<'_>) -> bool {
        let is_seam = entry.offset == 0 && self.recent.back().is_some_and(|last| last.1 == entry.checksum());
        if entry.offset == 0 {
            self.recent.clear();
        } else if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((entry.offset, entry.checksum()));
        is_seam
    }

    /// Whether nothing was written at `offset` yet: the end of the file, or zeros, which may be preallocated.
    pub(super) fn nothing_at(&mut self, offset: u64) -> bool {
        let mut bytes = [0; ENTRY_SIZE_MIN];
        let read = block_on(self.probe.read_all_at(offset, &mut bytes));
        read.is_ok_and(|count| bytes[..count].iter().all(|byte| *byte == 0))
    }

    /// Waits until there is something to read; `offset` is where the next entry should begin.
    pub(super) fn wait(&mut self, offset: u64) -> Outcome<Waited> {
        let failure = |error| Failure::at(&self.path)(Error::io("look at the file", 0, error));
        loop {
            let metadata = self.file.metadata().map_err(failure)?;
            let looks = (metadata.len(), metadata.modified().ok());
            if self.looked_at != Some(looks) {
                self.looked_at = Some(looks);
                self.changed_at = Instant::now();
                self.second_look_is_due = true;
                self.pause = PAUSE_MIN;
                return Ok(if self.stands(offset) { Waited::More } else { Waited::Cut(self.last_that_stands()) });
            }
            if self.second_look_is_due && self.changed_at.elapsed() >= SECOND_LOOK {
                self.second_look_is_due = false;
                return Ok(Waited::More);
            }
            if self.is_left {
                return self.go_on_in_the_new_file();
            }
            match fs::metadata(&self.path) {
                // What the writer still wrote to the old file is read first.
                Ok(now) if identity(&now) != identity(&metadata) => {
                    self.is_left = true;
                    return Ok(Waited::More);
                }
                // Moved away, and nothing there yet.
                Ok(_) | Err(_) => {}
            }
            if !pause(self.pause) {
                return Ok(Waited::Closed);
            }
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }

    fn go_on_in_the_new_file(&mut self) -> Outcome<Waited> {
        match Follower::open(&self.path, 0) {
            Ok((follower, entries)) => {
                let recent = std::mem::take(&mut self.recent);
                *self = follower;
                self.recent = recent;
                Ok(Waited::Rotated(Box::new(entries)))
            }
            // It is gone again: back to waiting for one.
            Err(Failure::Log { error: Error::Io { source, .. }, .. }) if source.kind() == io::ErrorKind::NotFound => {
                self.is_left = false;
                Ok(Waited::More)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Whether the last entry that was read is still there, and nothing behind it was cut.
    fn stands(&mut self, offset: u64) -> bool {
        let len = self.file.metadata().map_or(u64::MAX, |metadata| metadata.len());
        offset <= len && self.recent.back().copied().is_none_or(|last| self.is_there(last))
    }

    /// Where reading goes on after a cut: at the end of the last entry that is still there.
    fn last_that_stands(&mut self) -> u64 {
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

/// What tells one file from another.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// What tells one file from another; elsewhere, when it was made.
#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> Option<SystemTime> {
    metadata.created().ok()
}
