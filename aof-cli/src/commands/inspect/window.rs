//! Where a window of ops or times begins in a log, and where nothing of it can come any more.

use crate::command_line::inspect::InspectArguments;
use crate::command_line::ranges::Inclusive;
use crate::input::source::Source;
use crate::output::failure::{Failure, Outcome};
use aof_api::format::Header;
use aof_api::read::find::{Place, Target, find};
use aof_api::{Entries, Error, read};
use futures::executor::block_on;

/// Logs up to this length, in bytes, are read from the start to the end in search of times.
const SCANNED_LEN_MAX: u64 = 64 << 20;

/// The part of a log that holds what was asked for.
pub(super) struct Window {
    /// Where to begin; nowhere where there is no such entry.
    pub(super) start: Option<u64>,
    pub(super) by_time: bool,
    last: u64,
    /// How far after an entry of the window another may be, after entries that are past it.
    repeats_within: u64,
    /// The last entry of the window, or its beginning.
    seen: u64,
}

impl Window {
    /// All of the log.
    pub(super) fn whole() -> Window {
        Window { start: Some(0), by_time: false, last: u64::MAX, repeats_within: u64::MAX, seen: 0 }
    }

    /// The part with the ops, or else the times, that the arguments ask for.
    pub(super) fn find(arguments: &InspectArguments, source: &Source) -> Outcome<Window> {
        let by_time = arguments.op.is_none();
        let range = arguments.op.as_ref().map(|op| op.0).or(arguments.times());
        let Some(Inclusive { first, last }) = range.filter(|_| !source.is_stream()) else { return Ok(Window::whole()) };
        // All of a short log is read as fast, and finds entries whose times go back.
        let short = source.len.is_some_and(|len| len <= SCANNED_LEN_MAX);
        if by_time && (short || arguments.scan) {
            return Ok(Window::whole());
        }
        let target = if by_time { Target::Timestamp(first) } else { Target::Op(first) };
        Ok(match block_on(find(source.reader()?, target, read::Options::new())) {
            // What is damaged or missing before the place may be of the window.
            Ok(Some(place)) if !by_time && !is_at(source, place.offset, first)? => {
                Window { by_time, last, ..Window::whole() }
            }
            Ok(None) if !by_time => Window { by_time, last, ..Window::whole() },
            Ok(Some(Place { offset, repeats_within, .. })) => {
                let repeats_within = repeats_within.max(repeats_after(last, by_time, source)?);
                Window { start: Some(offset), by_time, last, repeats_within, seen: offset }
            }
            // Perhaps this is not a log at all, which the list reports.
            Ok(None) if begins_damaged(source)? => Window::whole(),
            Ok(None) => Window { start: None, by_time, ..Window::whole() },
            // The list shows what is there before the place that cannot be read, and what is wrong with it.
            Err(Error::Io { .. }) => Window::whole(),
            Err(error) => return Err(Failure::at(&source.path)(error)),
        })
    }

    /// Whether it is all of the log.
    pub(super) fn is_whole(&self) -> bool {
        self.start == Some(0) && self.last == u64::MAX && self.repeats_within == u64::MAX
    }

    /// Whether this entry, and every one after it, is past the window.
    pub(super) fn is_passed(&mut self, offset: u64, header: &Header) -> bool {
        let key = if self.by_time { header.timestamp.get() } else { header.op.get() };
        if key <= self.last {
            self.seen = offset;
        }
        offset.saturating_sub(self.seen) > self.repeats_within
    }
}

/// Whether the entry at the offset has this op, or the log begins there.
fn is_at(source: &Source, offset: u64, op: u64) -> Outcome<bool> {
    let mut entries = Entries::starting_at(source.reader()?, offset, read::Options::new());
    let found = block_on(entries.next()).ok().flatten().is_some_and(|entry| entry.op() == op);
    Ok(found || offset == source.start)
}

fn begins_damaged(source: &Source) -> Outcome<bool> {
    let mut entries = Entries::new(source.reader()?, read::Options::new());
    Ok(matches!(block_on(entries.next()), Err(Error::Corrupt { .. })))
}

/// How far after the first entry past the window one of the window may be recorded again: where the log goes back right
/// after it, only that entry shows it.
fn repeats_after(last: u64, by_time: bool, source: &Source) -> Outcome<u64> {
    let Some(after) = last.checked_add(1) else { return Ok(0) };
    let target = if by_time { Target::Timestamp(after) } else { Target::Op(after) };
    match block_on(find(source.reader()?, target, read::Options::new())) {
        Ok(place) => Ok(place.map_or(0, |place| place.repeats_within)),
        // Everything after the window is read then, up to the place that cannot be.
        Err(Error::Io { .. }) => Ok(u64::MAX),
        Err(error) => Err(Failure::at(&source.path)(error)),
    }
}
