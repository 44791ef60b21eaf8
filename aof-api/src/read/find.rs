//! Finding the place of an op or a time in a log without reading all of it.
//!
//! A log has no index, but a log that nothing but appending made is sorted by op and by time, and an entry can be found
//! from any byte as a resync does. So a few places are looked at, the range is narrowed to the ones around the target,
//! and what is left is walked.
//!
//! # Why what was looked at need not be believed
//!
//! A body may hold a whole entry, a log kept in a log for instance, and from a byte in mid-file nobody can tell it from
//! an entry of this log. The places that are looked at are hints, therefore, and decide only where the walk begins.
//! The walk begins more than the largest entry before the range: a body ends within that, and a walk that meets no
//! damage leaves it at its end, on a boundary of this log. Only from there on entries count. The answer is an entry at or
//! above the target whose predecessor, on that walk, is below it; in a sorted log there is one such place. Where the
//! hints lied, the walk meets the target before it has a predecessor, or never, and the log is walked from its beginning.

use crate::format::entry::decode_header;
use crate::format::header::Header;
use crate::format::layout::{ENTRY_SIZE_MAX, ENTRY_SIZE_MIN};
use crate::read::bounded::Bounded;
use crate::read::options::Options;
use crate::read::pace::Pace;
use crate::read::scan::{Scan, Step, find_entry};
use crate::read::window::Window;
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};
use std::collections::VecDeque;
use std::ops::Range;

/// How many places are looked at in a range before it is narrowed.
const PROBES: u64 = 256;

/// A range as short as this is walked, in bytes.
const WALK_LEN: u64 = 4 << 20;

/// How many places before the target the narrower range begins: entries that are recorded again, and that no probe
/// shows, stand at most this many probes behind their first place.
const PROBES_BACK: usize = 3;

/// From a byte anywhere, a walk without damage stands on a boundary of the log after this many bytes.
const LEAD_LEN: u64 = ENTRY_SIZE_MAX as u64;

/// What to find the first entry at or above of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An op.
    Op(u64),
    /// A timestamp in nanoseconds since 1970.
    Timestamp(u64),
}

impl Target {
    /// Whether the entry is at the target or above it.
    fn is_reached(self, header: &Header) -> bool {
        self.key(header) >= self.value()
    }

    fn value(self) -> u64 {
        match self {
            Target::Op(value) | Target::Timestamp(value) => value,
        }
    }

    fn key(self, header: &Header) -> u64 {
        match self {
            Target::Op(_) => header.op.get(),
            Target::Timestamp(_) => header.timestamp.get(),
        }
    }
}

/// An entry that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it begins, in bytes.
    pub offset: u64,
    /// Its op.
    pub op: u64,
    /// Its timestamp, in nanoseconds since 1970.
    pub timestamp: u64,
    /// How far behind an entry it may stand again, in bytes: `u64::MAX` where the log was seen to go back, or is too
    /// short to look at places of it.
    ///
    /// Who wants all entries of a range, in a log of a restarted replica too, reads on for so many bytes behind the last
    /// one.
    pub repeats_within: u64,
}

/// Finds the first entry at or above a target; `None` where there is no such entry.
///
/// Looks at 256 places of the log, then at 256 of the range around the target, and so on, and walks the last 4 MiB: of
/// a log of 1 GiB, about 1% is read.
///
/// In a log that is sorted by the target, as every [linear](crate::Rule::Linear) log is by op, the answer is the first
/// such entry of the log, whatever its bodies hold. Where the places show that the log goes back, the range is walked
/// from its beginning, and the answer is right all the same. A restarted replica that recorded again less than three
/// 256ths of the log may go unseen; the answer is the first place even so, and [`Place::repeats_within`] says how far
/// behind it the entries may stand again. In a log that goes back in any other manner without a place showing it, the
/// answer is one of the places where the target is reached.
///
/// # Errors
///
/// As [`AofRead::read`]. Damage is passed over.
///
/// ```
/// use aof_api::read;
/// use aof_api::read::find::{Target, find};
/// use aof_api::{Aof, Entries, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
/// for body in ["one", "two", "three"] {
///     log.append(Operation(200), body.as_bytes()).await?;
/// }
/// let mut backend = log.into_inner();
/// let place = find(&mut backend, Target::Op(2), read::Options::new()).await?.unwrap();
/// let mut entries = Entries::starting_at(&mut backend, place.offset, read::Options::new());
/// assert_eq!(entries.next().await?.unwrap().body(), b"two");
/// assert_eq!(find(&mut backend, Target::Op(4), read::Options::new()).await?, None);
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
pub async fn find<R: AofRead>(mut reader: R, target: Target, options: Options) -> Result<Option<Place>> {
    let (start, len) = (reader.start().await?, reader.end().await?);
    let (window, pace) = (Window::default(), Pace::default());
    let mut finder = Finder { reader, window, target, options, start, repeats_within: u64::MAX, pace };
    let near = finder.narrow(start..len.max(start)).await?;
    if let Some(from) = near.checked_sub(2 * LEAD_LEN).filter(|from| *from > start)
        && let Some((from, _)) = finder.probe(from, near).await?
        && let Walked::Found(place) = finder.walk(from).await?
    {
        return Ok(place);
    }
    match finder.walk(start).await? {
        Walked::Found(place) => Ok(place),
        // A walk from the beginning is never astray.
        Walked::Astray => Ok(None),
    }
}

struct Finder<R> {
    reader: R,
    window: Window,
    target: Target,
    options: Options,
    /// The first offset that the log holds.
    start: u64,
    repeats_within: u64,
    pace: Pace,
}

enum Walked {
    Found(Option<Place>),
    /// The target was met before anything that is below it and certain.
    Astray,
}

impl<R: AofRead> Finder<R> {
    /// Where the target is to be looked for.
    async fn narrow(&mut self, mut range: Range<u64>) -> Result<u64> {
        let mut is_first = true;
        while range.end - range.start > WALK_LEN {
            let step = (range.end - range.start).div_ceil(PROBES);
            let Some(narrower) = self.narrow_once(range.clone(), step).await? else { break };
            if is_first {
                // Three probes, and an entry.
                self.repeats_within = (PROBES_BACK as u64).saturating_mul(step).saturating_add(LEAD_LEN);
                is_first = false;
            }
            if narrower.end - narrower.start > (range.end - range.start) / 2 {
                return Ok(narrower.start);
            }
            range = narrower;
        }
        Ok(range.start)
    }

    /// The part of the range around the target; `None` where the range is not sorted.
    async fn narrow_once(&mut self, range: Range<u64>, step: u64) -> Result<Option<Range<u64>>> {
        let mut below = VecDeque::with_capacity(PROBES_BACK);
        let mut end = None;
        let mut highest = 0;
        let mut at = range.start + step;
        while at < range.end {
            match self.probe(at, range.end).await {
                Ok(Some((offset, key))) => {
                    if key < highest {
                        return Ok(None);
                    }
                    highest = key;
                    if key >= self.target.value() {
                        end.get_or_insert(offset);
                    } else {
                        if below.len() == PROBES_BACK {
                            below.pop_front();
                        }
                        below.push_back(offset);
                    }
                }
                Ok(None) => {}
                // A place that cannot be read says nothing, and the walk says whether it matters.
                Err(Error::Io { .. }) => {}
                Err(error) => return Err(error),
            }
            at += step;
        }
        let start = below.front().copied().filter(|_| below.len() == PROBES_BACK).unwrap_or(range.start);
        Ok(Some(start..end.unwrap_or(range.end)))
    }

    /// The first entry with a valid header at `at` or behind it, not far, and its key.
    async fn probe(&mut self, at: u64, end: u64) -> Result<Option<(u64, u64)>> {
        // Not through all of a long tail of zeros, at every place in it.
        let mut reader = Bounded::new(&mut self.reader, end.min(at.saturating_add(2 * LEAD_LEN)));
        // The search begins one byte behind what it is given.
        let before = at.saturating_sub(1);
        let found =
            find_entry(&mut self.window, &mut reader, before, self.options.chunk_len_bytes(), &mut self.pace).await?;
        let (bytes, _) = self.window.view(&mut reader, found.offset, ENTRY_SIZE_MIN).await?;
        // At the end of the log, there is none.
        Ok(decode_header(bytes).ok().map(|header| (found.offset, self.target.key(header))))
    }

    async fn walk(&mut self, from: u64) -> Result<Walked> {
        let (target, repeats_within) = (self.target, self.repeats_within);
        let mut scan = Scan::new(&mut self.reader, from, self.options);
        // Since where nothing was damaged, until that is long enough; the beginning of the log is a boundary.
        let mut unbroken_since = (from > self.start).then_some(from);
        let mut has_predecessor = from == self.start;
        loop {
            match scan.step().await? {
                Step::Entries => {
                    for (offset, entry) in scan.entries() {
                        if unbroken_since.is_some_and(|since| offset - since >= LEAD_LEN) {
                            unbroken_since = None;
                        }
                        let header = entry.header();
                        if !target.is_reached(header) {
                            has_predecessor |= unbroken_since.is_none();
                        } else if has_predecessor {
                            let (op, timestamp) = (header.op.get(), header.timestamp.get());
                            return Ok(Walked::Found(Some(Place { offset, op, timestamp, repeats_within })));
                        } else {
                            return Ok(Walked::Astray);
                        }
                    }
                }
                Step::Damage(_) => {
                    scan.resync().await?;
                    unbroken_since = unbroken_since.map(|_| scan.offset());
                }
                Step::End if has_predecessor => return Ok(Walked::Found(None)),
                Step::End => return Ok(Walked::Astray),
            }
        }
    }
}
