//! Finding the place of an op or a time in a log without reading all of it.
//!
//! A log has no index, but a log that nothing but appending made is sorted by op and by time, and an entry can be found
//! from any byte as a resync does. So the range is halved until it is short, one header for each half, and what is left
//! is walked. Each header costs one short read, so that about 25 of them are read in a log of 1 GiB.
//!
//! Where the storage divided the log into pieces, as segments do, the range is halved at the beginning of a piece
//! ([`AofRead::boundary`]): an entry is known to begin there, so that nothing is searched for, and the walk begins there, too.
//!
//! # How a log that goes back is noticed
//!
//! A restarted replica records again what it had recorded: from some place on, the log holds the last `r` bytes before
//! that place once more. If the target is in what was recorded again, then that place is at most `r` bytes away from it.
//! So headers are read before and after the place where the target is reached, in distances that double: around the
//! place where the log goes back, two of them are less than `r` bytes apart, and the second has the lower key. Then
//! the log is walked from its beginning. Repeats that are shorter than the first distance are before or after the place,
//! within that distance, and the walk begins before it.
//!
//! # Why what was looked at need not be believed
//!
//! A body may hold a whole entry, a log kept in a log for instance, and from a byte in mid-file it cannot be distinguished from
//! an entry of this log. The places that are looked at are hints, therefore, and decide only where the walk begins.
//! The walk begins more than the largest entry before the range: a body ends within that, and a walk that meets no
//! damage leaves it at its end, on a boundary of this log. Only from there on entries count. The result is an entry at or
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
use std::collections::BTreeMap;
use std::ops::Range;

/// A range as short as this is walked, in bytes; and what is recorded again less than this away is met by the walk.
const WALK_LEN: u64 = 2 << 20;

/// How many places are looked at after the middle of a range where the middle is in damage.
const DETOURS: u64 = 3;

/// From a byte anywhere, a walk without damage is on a boundary of the log after this many bytes.
const LEAD_LEN: u64 = ENTRY_SIZE_MAX as u64;

/// What to find the first entry at or above of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
#[non_exhaustive]
pub struct Place {
    /// Where it begins, in bytes.
    pub offset: u64,
    /// Its op.
    pub op: u64,
    /// Its timestamp, in nanoseconds since 1970.
    pub timestamp: u64,
    /// How far after this place an entry at the target may be recorded again, in bytes: `u64::MAX` where the log was seen
    /// to go back, or is short.
    ///
    /// To read all entries of a range of ops or times, in a log of a restarted replica too, look for the first one after
    /// the range as well, take the larger distance of the two, and read that far past the last entry of the range.
    pub repeats_within: u64,
}

/// Finds the first entry at or above a target; `None` where there is no such entry.
///
/// Reads about 25 headers of a log of 1 GiB, four more where it is four times as long, and walks a few MiB.
///
/// In a log that is sorted by the target, as every [linear](crate::Rule::Linear) log is by op, the result is the first
/// such entry of the log, whatever its bodies hold. Where a restarted replica recorded the target again, it is the first
/// place too: the headers show that the log goes back, and the log is walked from its beginning, or it goes back by less
/// than is walked. In a log that goes back in any other manner without a header showing it, the result is one of the
/// places where the target is reached.
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
pub async fn find<R: AofRead>(reader: R, target: Target, options: Options) -> Result<Option<Place>> {
    Finder::new(reader, target, false, options).find().await
}

/// As [`find()`], in a log that is known to be sorted by the target: nothing is read that only shows whether it goes back.
pub(crate) async fn find_sorted<R: AofRead>(reader: R, target: Target, options: Options) -> Result<Option<Place>> {
    Finder::new(reader, target, true, options).find().await
}

struct Finder<R> {
    reader: R,
    window: Window,
    target: Target,
    /// The caller knows that the log does not go back.
    is_sorted: bool,
    options: Options,
    repeats_within: u64,
    pace: Pace,
}

/// Where a walk begins.
#[derive(Clone, Copy)]
enum Boundary {
    /// An entry begins there, or did before it was damaged.
    Known(u64),
    /// What looks like an entry begins there.
    Guessed(u64),
}

enum Walked {
    Found(Option<Place>),
    /// The target was met before anything that is below it and certain.
    Astray,
}

impl<R: AofRead> Finder<R> {
    fn new(reader: R, target: Target, is_sorted: bool, options: Options) -> Finder<R> {
        let (window, pace) = (Window::default(), Pace::default());
        Finder { reader, window, target, is_sorted, options, repeats_within: u64::MAX, pace }
    }

    async fn find(&mut self) -> Result<Option<Place>> {
        let range = self.reader.start().await?..self.reader.end().await?;
        let begin = range.start;
        let start = self.narrow(range).await?;
        if let Some(from) = self.walk_start(begin, start).await?
            && let Walked::Found(place) = self.walk(begin, from).await?
        {
            return Ok(place);
        }
        match self.walk(begin, Boundary::Known(begin)).await? {
            Walked::Found(place) => Ok(place),
            // A walk from the beginning is never astray.
            Walked::Astray => Ok(None),
        }
    }

    /// Where a walk begins that is certain of its entries from `start` on; none where that is the beginning of the log.
    async fn walk_start(&mut self, begin: u64, start: u64) -> Result<Option<Boundary>> {
        let piece = self.reader.boundary(start).await?;
        if piece > begin && piece <= start && start - piece <= 2 * LEAD_LEN {
            return Ok(Some(Boundary::Known(piece)));
        }
        let Some(from) = start.checked_sub(2 * LEAD_LEN).filter(|from| *from > begin) else { return Ok(None) };
        Ok(self.probe(from, start).await?.map(|(from, _)| Boundary::Guessed(from)))
    }

    /// Where the walk to the target is to begin at the latest.
    async fn narrow(&mut self, range: Range<u64>) -> Result<u64> {
        if range.end - range.start <= WALK_LEN {
            return Ok(range.start);
        }
        let mut seen = BTreeMap::new();
        let around = self.halve(range.clone(), &mut seen).await?;
        if self.is_sorted {
            self.repeats_within = 0;
            return Ok(around.start);
        }
        self.look_around(range.clone(), around.clone(), &mut seen).await?;
        if !seen.values().is_sorted() {
            return Ok(range.start);
        }
        self.repeats_within = 2 * WALK_LEN + LEAD_LEN;
        Ok(around.start.saturating_sub(WALK_LEN).max(range.start))
    }

    /// The short range that begins below the target and ends at or above it, if the log is sorted.
    async fn halve(&mut self, mut range: Range<u64>, seen: &mut BTreeMap<u64, u64>) -> Result<Range<u64>> {
        while range.end - range.start > WALK_LEN {
            let middle = range.start + (range.end - range.start) / 2;
            let step = (range.end - middle) / (DETOURS + 1);
            let mut found = self.probe_piece(&range).await?;
            for detour in 0..=DETOURS {
                if found.is_some() {
                    break;
                }
                found = self.probe(middle + detour * step, range.end).await?;
            }
            match found {
                Some((offset, key)) => {
                    seen.insert(offset, key);
                    if key < self.target.value() {
                        range.start = offset;
                    } else {
                        range.end = offset;
                    }
                }
                // The walk passes what holds no entry.
                None => range.end = middle,
            }
        }
        Ok(range)
    }

    /// Looks at places before and after a range, in distances that double.
    async fn look_around(&mut self, all: Range<u64>, around: Range<u64>, seen: &mut BTreeMap<u64, u64>) -> Result<()> {
        let mut places = vec![all.start, all.end.saturating_sub(LEAD_LEN)];
        let mut distance = WALK_LEN;
        while distance < all.end - all.start {
            places.extend(around.start.checked_sub(distance));
            places.push(around.end.saturating_add(distance));
            distance *= 2;
        }
        for place in places.into_iter().filter(|place| all.contains(place)) {
            seen.extend(self.probe(place, all.end).await?);
        }
        Ok(())
    }

    /// The first entry of a piece of the log that begins in the middle half of the range, and its key.
    async fn probe_piece(&mut self, range: &Range<u64>) -> Result<Option<(u64, u64)>> {
        let quarter = (range.end - range.start) / 4;
        let middle = range.start + quarter..=range.end - quarter;
        let piece = self.reader.boundary(*middle.end()).await?;
        if !middle.contains(&piece) {
            return Ok(None);
        }
        // A piece that cannot be read, or begins with damage, says nothing.
        let (bytes, _) = self.window.view(&mut self.reader, piece, ENTRY_SIZE_MIN).await?;
        Ok(decode_header(bytes).ok().map(|header| (piece, self.target.key(header))))
    }

    /// The first entry with a valid header at `at` or after it, not far, and its key. A place that cannot be read says
    /// nothing, and the walk says whether it matters.
    async fn probe(&mut self, at: u64, end: u64) -> Result<Option<(u64, u64)>> {
        match self.probe_readable(at, end).await {
            Err(Error::Io { .. }) => Ok(None),
            probed => probed,
        }
    }

    async fn probe_readable(&mut self, at: u64, end: u64) -> Result<Option<(u64, u64)>> {
        // Not through all of a long tail of zeros: a whole entry begins within the length of the largest one.
        let end = end.min(at.saturating_add((ENTRY_SIZE_MAX + ENTRY_SIZE_MIN) as u64));
        let mut reader = Bounded::new(&mut self.reader, end);
        let mut offset = at;
        let (bytes, _) = self.window.view(&mut reader, offset, ENTRY_SIZE_MIN).await?;
        if decode_header(bytes).is_err() {
            let chunk_len = self.options.chunk_len_bytes();
            offset = find_entry(&mut self.window, &mut reader, at, chunk_len, &mut self.pace).await?.offset;
        }
        let (bytes, _) = self.window.view(&mut reader, offset, ENTRY_SIZE_MIN).await?;
        // At the end of the log, there is none.
        Ok(decode_header(bytes).ok().map(|header| (offset, self.target.key(header))))
    }

    /// Walks from `from`, in a log that begins at `begin`.
    async fn walk(&mut self, begin: u64, from: Boundary) -> Result<Walked> {
        let (target, repeats_within) = (self.target, self.repeats_within);
        // Since where nothing was damaged, until that is long enough.
        let (from, mut unbroken_since) = match from {
            Boundary::Known(from) => (from, None),
            Boundary::Guessed(from) => (from, Some(from)),
        };
        let mut scan = Scan::new(&mut self.reader, from, self.options);
        let mut has_predecessor = from == begin;
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
