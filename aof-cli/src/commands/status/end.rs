//! The end of a log, and what is wrong there.

use super::state::State;
use crate::commands::lost::lost;
use crate::input::source::Source;
use crate::output::failure::{Failure, Outcome};
use crate::output::json::log::Finding;
use aof_api::format::{Checksum, ENTRY_SIZE_MAX, Header};
use aof_api::read::{self, LocatedEntry};
use aof_api::{Entries, Error};
use futures::executor::block_on;

/// How much of the end is read, in bytes; more, where the last entry is not in it.
const END_LEN: u64 = 3 << 20;

/// From a byte anywhere, a walk is on a boundary of the log after this many bytes: nothing counts before that.
const LEAD_LEN: u64 = ENTRY_SIZE_MAX as u64;

/// The last entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) offset: u64,
    pub(super) op: u64,
    pub(super) checksum: Checksum,
    pub(super) view: u32,
    pub(super) cluster: u128,
    pub(super) timestamp: u64,
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) kind: &'static str,
    pub(super) offset: u64,
    pub(super) op: Option<u64>,
    pub(super) message: String,
}

#[derive(Debug, Default)]
pub(super) struct End {
    /// Bytes in the log.
    pub(super) bytes: u64,
    /// Where reading began.
    pub(super) read_from: u64,
    pub(super) last: Option<Last>,
    /// Where the last entry, or the damage after it, ends.
    pub(super) judged: u64,
    /// Bytes at the end that are being written.
    pub(super) pending: u64,
    pub(super) findings: Vec<Wrong>,
}

impl End {
    /// Reads the end of the log; with a saved state, all that came since.
    pub(super) fn read(source: &Source, saved: Option<&State>) -> Outcome<End> {
        let mut end = End::read_entries(source, saved)?;
        if let Some(Finding { kind, offset, op, message, .. }) = lost(source)? {
            end.findings.push(Wrong { kind, offset, op, message });
        }
        Ok(end)
    }

    fn read_entries(source: &Source, saved: Option<&State>) -> Outcome<End> {
        let bytes = source.len.unwrap_or(0);
        let mut end = End { bytes, ..End::default() };
        let mut counted_from = 0;
        match saved {
            Some(state) if end.continues(source, state)? => {
                end.read_from = state.last_offset.unwrap_or(source.start);
                counted_from = state.judged;
            }
            // Another file: after a rotation, it follows what was there.
            Some(state) => {
                end.read_from = source.start;
                end.judge_next_file(source, state)?;
            }
            None => return End::read_back(source, bytes),
        }
        end.walk(source, counted_from)?;
        Ok(end)
    }

    /// Reads the end of the log, further and further back until the last entry is in it: zeros ahead, or damage, may be long.
    fn read_back(source: &Source, bytes: u64) -> Outcome<End> {
        let mut len = END_LEN;
        loop {
            let read_from = source.start + bytes.saturating_sub(len);
            let is_all = read_from == source.start;
            let counted_from = if is_all { read_from } else { read_from + LEAD_LEN };
            let mut end = End { bytes, read_from, ..End::default() };
            end.walk(source, counted_from)?;
            // An entry before that may be one inside of a body.
            if is_all || end.last.is_some_and(|last| last.offset >= counted_from) {
                return Ok(end);
            }
            len = len.saturating_mul(4);
        }
    }

    /// Whether the entry that was last is still where it was.
    fn continues(&self, source: &Source, state: &State) -> Outcome<bool> {
        let Some(offset) = state.last_offset else { return Ok(true) };
        Ok(entry_at(source, offset)?.is_some_and(|(checksum, _)| Some(checksum) == state.checksum))
    }

    /// The first entry of another file repeats or follows the last one of the file before, unless something is missing.
    fn judge_next_file(&mut self, source: &Source, state: &State) -> Outcome<()> {
        let first = entry_at(source, source.start)?;
        let known = |checksum| Some(checksum) == state.checksum;
        if !first.is_some_and(|(checksum, parent)| known(checksum) || known(parent)) {
            let op = state.op.unwrap_or(0);
            let message =
                format!("the log was cut or replaced: it does not continue after op {op}, where the last run ended");
            self.findings.push(Wrong { kind: "replaced", offset: 0, op: None, message });
        }
        Ok(())
    }

    fn walk(&mut self, source: &Source, counted_from: u64) -> Outcome<()> {
        let failure = Failure::at(&source.path);
        let mut entries = Entries::starting_at(source.reader()?, self.read_from, read::Options::new());
        self.judged = self.read_from;
        let mut before: Option<Last> = None;
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) => {
                    let (last, parent) = (last_of(&entry), entry.header().parent);
                    self.judged = entry.offset + entry.size_disk();
                    if let Some(before) = before.filter(|_| entry.offset >= counted_from) {
                        self.findings.extend(wrong_between(&before, &last, parent));
                    }
                    (before, self.last) = (Some(last), Some(last));
                }
                Ok(None) => return Ok(()),
                Err(Error::Corrupt { .. }) => {
                    let Some(range) = block_on(entries.resync()).map_err(&failure)?.filter(|range| range.len > 0)
                    else {
                        continue;
                    };
                    if source.live && range.torn_end {
                        self.pending = range.len;
                        return Ok(());
                    }
                    // A writer cuts a torn end, and what it writes there is new.
                    self.judged = if range.torn_end { range.offset } else { range.offset + range.len };
                    if range.offset >= counted_from {
                        let message = format!("{}; {} bytes hold no whole entry", range.damage, range.len);
                        let (offset, op) = (range.offset, range.op);
                        self.findings.push(Wrong { kind: "damage", offset, op, message });
                    }
                    before = None;
                }
                Err(error) => return Err(failure(error)),
            }
        }
    }
}

fn last_of(entry: &LocatedEntry<'_>) -> Last {
    let header: &Header = entry.header();
    Last {
        offset: entry.offset,
        op: entry.op(),
        checksum: entry.checksum(),
        view: header.view.get(),
        cluster: header.cluster.get(),
        timestamp: header.timestamp.get(),
    }
}

/// The checksum and the parent of the entry that begins at the offset, where one does.
fn entry_at(source: &Source, offset: u64) -> Outcome<Option<(Checksum, Checksum)>> {
    let mut entries = Entries::starting_at(source.reader()?, offset, read::Options::new());
    match block_on(entries.next()) {
        Ok(entry) => Ok(entry.map(|entry| (entry.checksum(), entry.header().parent))),
        Err(Error::Io { .. }) | Err(Error::Corrupt { .. }) => Ok(None),
        Err(error) => Err(Failure::at(&source.path)(error)),
    }
}

/// What is wrong between two entries in succession. Going back is legal: a restarted replica records again.
fn wrong_between(before: &Last, after: &Last, parent: Checksum) -> Option<Wrong> {
    let (op, next) = (after.op, before.op.saturating_add(1));
    let (kind, message) = if after.cluster != before.cluster {
        ("cluster", format!("cluster {}, and the log was of cluster {}", after.cluster, before.cluster))
    } else if op > next {
        let missing = if next == op - 1 { format!("op {next} is") } else { format!("ops {next} to {} are", op - 1) };
        ("gap", format!("{missing} missing"))
    } else if op == next && parent != before.checksum {
        ("break", format!("expected parent {}, got {parent}", before.checksum))
    } else {
        return None;
    };
    Some(Wrong { kind, offset: after.offset, op: Some(op), message })
}
