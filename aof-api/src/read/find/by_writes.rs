//! Halving a log at the places where writes began, where the storage knows them.

use super::{Finder, WALK_LEN};
use crate::format::entry::decode_header;
use crate::format::layout::ENTRY_SIZE_MIN;
use crate::read::bounded::Bounded;
use crate::read::options::Options;
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};
use std::collections::BTreeMap;
use std::ops::Range;

/// How many writes are walked before the one in which the target is, if they have less than [`WALK_LEN`]; what is recorded
/// again within them is met by the walk. Two at least, so that no repeat hides between two headers.
const WRITES_WALKED: usize = 8;

/// Where the walk to the target is to begin, and how much it reads at once: an entry begins there, and it is below the target or the first. `None` where
/// the storage does not know enough writes, where they are not those of entries, and where the log goes back.
pub(super) async fn narrow<R: AofRead>(finder: &mut Finder<R>, range: Range<u64>) -> Result<Option<(u64, Options)>> {
    if range.is_empty() || finder.reader.write_before(range.end - 1).await?.is_none_or(|last| last <= range.start) {
        return Ok(None);
    }
    let mut seen = BTreeMap::new();
    let Some(around) = halve(finder, range.clone(), &mut seen).await? else { return Ok(None) };
    // One write must be shorter than what a search that knows none walks.
    if around.end - around.start > 16 * WALK_LEN {
        return Ok(None);
    }
    let from = walk_from(finder, &range, around.start).await?;
    if key_at(finder, from).await?.is_none() {
        return Ok(None);
    }
    let lead_len = (around.end - from).max(1);
    if !look_around(finder, &range, &around, lead_len, &mut seen).await? || !seen.values().is_sorted() {
        return Ok(None);
    }
    finder.repeats_within = 2 * lead_len;
    // One read of all that is walked, and of no object after it.
    let walk_len = usize::try_from(lead_len).unwrap_or(usize::MAX);
    Ok(Some((from, finder.options.chunk_len(walk_len.min(finder.options.chunk_len_bytes())))))
}

/// The range from the last write that begins below the target to the first that does not, if the log is sorted.
async fn halve<R: AofRead>(
    finder: &mut Finder<R>,
    mut range: Range<u64>,
    seen: &mut BTreeMap<u64, u64>,
) -> Result<Option<Range<u64>>> {
    while let Some(write) = write_within(finder, &range).await? {
        let Some(key) = key_at(finder, write).await? else { return Ok(None) };
        seen.insert(write, key);
        if key < finder.target.value() { range.start = write } else { range.end = write }
    }
    Ok(Some(range))
}

/// A write that begins within the range, not at its start: near the middle, where there is one.
async fn write_within<R: AofRead>(finder: &mut Finder<R>, range: &Range<u64>) -> Result<Option<u64>> {
    let mut at = range.start + (range.end - range.start) / 2;
    while at < range.end {
        match finder.reader.write_before(at).await? {
            Some(write) if write > range.start => return Ok(Some(write)),
            _ => at += (range.end - at).div_ceil(2),
        }
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

/// Some writes before the one at `start`.
async fn walk_from<R: AofRead>(finder: &mut Finder<R>, range: &Range<u64>, start: u64) -> Result<u64> {
    let mut from = start;
    for write in 0..WRITES_WALKED {
        if from <= range.start || write >= 2 && start - from >= WALK_LEN {
            break;
        }
        from = finder.reader.write_before(from - 1).await?.unwrap_or(range.start).max(range.start);
    }
    Ok(from)
}

/// Looks at writes before and after a range, in distances that grow by a half; false where one is not that of an entry.
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
        let Some(write) = finder.reader.write_before(place).await? else { continue };
        if seen.contains_key(&write) {
            continue;
        }
        let Some(key) = key_at(finder, write).await? else { return Ok(false) };
        seen.insert(write, key);
    }
    Ok(true)
}
