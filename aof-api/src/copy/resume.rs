//! Where a copy continues: which byte of the source belongs at which byte of the destination.

use super::error::{Error, Result};
use crate::chain::run::Run;
use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::layout::size_disk;
use crate::read;
use crate::read::bounded::Bounded;
use crate::read::drive::{Damaged, Visit, drive};
use crate::read::entries::LocatedEntry;
use crate::read::scan::{Scan, Step};
use crate::read::unreadable::Unreadable;
use crate::storage::backend::{AofBackend, AofRead, AofReadExt};
use crate::storage::error as storage;
use std::ops::Range;

/// How many places of one entry in the source are remembered: it is there more than once where a replica restarted.
const PLACES_MAX: usize = 64;

/// How much is compared at once, in bytes.
const COMPARE_LEN: usize = 64 << 10;

/// Two bytes that belong together: from them on, both logs are compared, and the source is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seam {
    pub(super) source: u64,
    pub(super) destination: u64,
}

/// Finds where the destination continues in the source, which holds `range`.
///
/// A source that was never pruned has the bytes at the offsets at which the destination has them. In another one, the
/// last whole entry of the destination is looked for by its checksum.
pub(super) async fn seam<R: AofRead, B: AofBackend>(
    source: &mut R,
    range: Range<u64>,
    destination: &mut B,
    options: read::Options,
) -> Result<Seam> {
    let start = destination.start().await?;
    if range.start == 0 {
        return Ok(Seam { source: start, destination: start });
    }
    let Some(last) = last_entry(destination, start, options).await? else {
        return Ok(Seam { source: range.start, destination: start });
    };
    let mut search = Search { wanted: last.tip.checksum, first: None, ends: Vec::new() };
    drive(&mut *source, range.clone(), options, &mut search).await?;
    let seams = search.ends.iter().map(|end| {
        let back = (end - range.start).min(last.end - start);
        Seam { source: end - back, destination: last.end - back }
    });
    let mut seams: Vec<_> = seams.collect();
    // Where the entry was recorded again, the place counts where most of the destination is the same; of two, the first.
    seams.sort_by_key(|seam| (seam.destination, seam.source));
    let mut found = seams.first().copied();
    if seams.len() > 1 {
        for seam in seams {
            if is_same(source, destination, seam, last.end).await? {
                found = Some(seam);
                break;
            }
        }
    }
    match (found, search.first) {
        (Some(seam), _) => Ok(seam),
        (None, Some((parent, _))) if parent == last.tip.checksum => {
            Ok(Seam { source: range.start, destination: last.end })
        }
        (None, Some((_, op))) if op <= last.tip.op => Err(Error::Differs { offset: start }),
        _ => Err(storage::Error::Pruned { start: range.start }.into()),
    }
}

/// The last whole entry before damage, or before the end.
struct Last {
    tip: Tip,
    end: u64,
}

async fn last_entry<B: AofBackend>(destination: &mut B, start: u64, options: read::Options) -> Result<Option<Last>> {
    let end = destination.len();
    let mut scan = Scan::new(Bounded::new(destination.reader().await?, end), start, options);
    let mut last = None;
    while let Step::Entries = scan.step().await? {
        let (_, entry) = scan.entry(scan.entry_count() - 1);
        last = Some(Last { tip: Tip { op: entry.op(), checksum: entry.checksum() }, end: scan.offset() });
    }
    Ok(last)
}

/// Whether both logs hold the same bytes from the seam up to `end` of the destination.
async fn is_same<R: AofRead, B: AofBackend>(source: &mut R, destination: &mut B, seam: Seam, end: u64) -> Result<bool> {
    let (mut ours, mut theirs) = (vec![0; COMPARE_LEN], vec![0; COMPARE_LEN]);
    let mut done = 0;
    while seam.destination + done < end {
        let left = end - seam.destination - done;
        let len = usize::try_from(left).map_or(COMPARE_LEN, |left| left.min(COMPARE_LEN));
        let ours_len = destination.read_all_at(seam.destination + done, &mut ours[..len]).await?;
        let theirs_len = source.read_all_at(seam.source + done, &mut theirs[..len]).await?;
        if ours_len != len || ours[..ours_len] != theirs[..theirs_len] {
            return Ok(false);
        }
        done += len as u64;
    }
    Ok(true)
}

/// Looks for an entry by its checksum.
struct Search {
    wanted: Checksum,
    /// The parent and the op of the first entry.
    first: Option<(Checksum, u64)>,
    /// Where the entry ends, each time.
    ends: Vec<u64>,
}

impl Visit for Search {
    const TAKES_RUNS: bool = false;

    fn take_run(&mut self, _run: &Run, _range: Range<u64>) -> bool {
        false
    }

    fn take(&mut self, entry: LocatedEntry<'_>) -> storage::Result<()> {
        let header = entry.header();
        self.first.get_or_insert((header.parent, header.op.get()));
        if header.checksum == self.wanted && self.ends.len() < PLACES_MAX {
            self.ends.push(entry.offset + size_disk(header.size.get()));
        }
        Ok(())
    }

    /// The copy itself reports it.
    fn damaged(&mut self, _damaged: Damaged<'_>) -> storage::Result<()> {
        Ok(())
    }

    fn unreadable(&mut self, unreadable: Unreadable) -> storage::Result<()> {
        Err(unreadable.error)
    }
}
