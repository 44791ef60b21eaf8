//! Halving a log at the beginnings of its pieces, where they are short: the objects of an object store, small segments.

use super::{Finder, WALK_LEN};
use crate::format::entry::decode_header;
use crate::format::layout::ENTRY_SIZE_MIN;
use crate::read::bounded::Bounded;
use crate::read::options::Options;
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};
use std::collections::BTreeMap;
use std::ops::Range;

/// How many pieces are walked before the one in which the target is, if they have less than [`WALK_LEN`]; what is recorded
/// again within them is met by the walk. Two at least, so that no repeat hides between two headers.
const PIECES_WALKED: usize = 8;

/// The longest piece that is walked, in bytes.
const PIECE_LEN_MAX: u64 = 16 * WALK_LEN;

/// Where the walk to the target is to begin, and how much it reads at once: an entry begins there, and it is below the
/// target or the first. `None` where the storage knows no pieces or long ones, where they do not begin with entries, and
/// where the log goes back.
pub(super) async fn narrow<R: AofRead>(finder: &mut Finder<R>, range: Range<u64>) -> Result<Option<(u64, Options)>> {
    if range.is_empty() {
        return Ok(None);
    }
    let last = finder.reader.boundary(range.end - 1).await?;
    if last <= range.start || last - finder.reader.boundary(last - 1).await? > PIECE_LEN_MAX {
        return Ok(None);
    }
    let mut seen = BTreeMap::new();
    let Some(around) = halve(finder, range.clone(), &mut seen).await? else { return Ok(None) };
    if around.end - around.start > PIECE_LEN_MAX {
        return Ok(None);
    }
    let from = walk_from(finder, &range, around.start).await?;
    if key_at(finder, from).await?.is_none() {
        return Ok(None);
    }
    let lead_len = (around.end - from).max(1);
    if finder.is_sorted {
        finder.repeats_within = 0;
    } else {
        if !look_around(finder, &range, &around, lead_len, &mut seen).await? || !seen.values().is_sorted() {
            return Ok(None);
        }
        finder.repeats_within = 2 * lead_len;
    }
    // One read of all that is walked, and of no object after it.
    let walk_len = usize::try_from(lead_len).unwrap_or(usize::MAX);
    Ok(Some((from, finder.options.chunk_len(walk_len.min(finder.options.chunk_len_bytes())))))
}

/// The range from the last piece that begins below the target to the first that does not, if the log is sorted.
async fn halve<R: AofRead>(
    finder: &mut Finder<R>,
    mut range: Range<u64>,
    seen: &mut BTreeMap<u64, u64>,
) -> Result<Option<Range<u64>>> {
    while let Some(piece) = piece_within(finder, &range).await? {
        let Some(key) = key_at(finder, piece).await? else { return Ok(None) };
        seen.insert(piece, key);
        if key < finder.target.value() { range.start = piece } else { range.end = piece }
    }
    Ok(Some(range))
}

/// A piece that begins within the range, not at its start: near the middle, where there is one.
async fn piece_within<R: AofRead>(finder: &mut Finder<R>, range: &Range<u64>) -> Result<Option<u64>> {
    let mut at = range.start + (range.end - range.start) / 2;
    while at < range.end {
        let piece = finder.reader.boundary(at).await?;
        if piece > range.start {
            return Ok(Some(piece));
        }
        at += (range.end - at).div_ceil(2);
    }
    Ok(None)
}

/// The key of the entry that begins at `at`; `None` where none does.
async fn key_at<R: AofRead>(finder: &mut Finder<R>, at: u64) -> Result<Option<u64>> {
    let mut reader = Bounded::new(&mut finder.reader, at + ENTRY_SIZE_MIN as u64);
    match finder.window.view(&mut reader, at, ENTRY_SIZE_MIN).await {
        Ok((bytes, _)) => Ok(decode_header(bytes).ok().map(|header| finder.target.key(header))),
        // The other search passes what cannot be read.
        Err(Error::Io { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Some pieces before the one at `start`.
async fn walk_from<R: AofRead>(finder: &mut Finder<R>, range: &Range<u64>, start: u64) -> Result<u64> {
    let mut from = start;
    for piece in 0..PIECES_WALKED {
        if from <= range.start || piece >= 2 && start - from >= WALK_LEN {
            break;
        }
        from = finder.reader.boundary(from - 1).await?.max(range.start);
    }
    Ok(from)
}

/// Looks at pieces before and after a range, in distances that grow by a half; false where one does not begin with an entry.
async fn look_around<R: AofRead>(
    finder: &mut Finder<R>,
    all: &Range<u64>,
    around: &Range<u64>,
    lead_len: u64,
    seen: &mut BTreeMap<u64, u64>,
) -> Result<bool> {
    let mut places = vec![all.end - 1];
    let mut distance = lead_len;
    while distance < all.end - all.start {
        places.extend(around.start.checked_sub(distance));
        places.extend(around.end.checked_add(distance));
        distance += distance.div_ceil(2);
    }
    for place in places.into_iter().filter(|place| all.contains(place)) {
        let piece = finder.reader.boundary(place).await?;
        if seen.contains_key(&piece) {
            continue;
        }
        let Some(key) = key_at(finder, piece).await? else { return Ok(false) };
        seen.insert(piece, key);
    }
    Ok(true)
}
