//! The one loop that walks a log from end to end: recovery, validation and merging differ in what they make of it.

use crate::chain::run::Run;
use crate::format::checksum::Checksum;
use crate::read::bounded::Bounded;
use crate::read::entries::LocatedEntry;
use crate::read::index::SparseIndex;
use crate::read::options::Options;
use crate::read::scan::{DamagedRange, Scan, Step};
use crate::read::stripes::Stripes;
use crate::read::unreadable::{Unreadable, pass_unreadable};
use crate::storage::backend::AofRead;
use crate::storage::error::Result;
use std::future::Future;
use std::ops::Range;

/// Bytes that hold no whole entry, as a walk passes them.
pub(crate) struct Damaged<'a> {
    pub(crate) range: DamagedRange,
    /// Where the damaged entry ends, or would end, where its header is whole.
    pub(crate) entry_end: Option<u64>,
    /// The first bytes, at most those of a header.
    pub(crate) head: &'a [u8],
}

/// Takes what a walk meets, in the order of the log. An error ends the walk.
pub(crate) trait Visit {
    /// Whether entries are summarized for [`take_run`](Visit::take_run).
    const TAKES_RUNS: bool;

    /// Whether it wants each entry of a run too, by [`taken`](Visit::taken).
    const SEES_RUNS: bool = false;

    /// Takes the entries of a batch, or of several, as a whole: those that begin in `range`, where it ends. Where it
    /// returns false, it has taken none of them.
    fn take_run(&mut self, run: &Run, range: Range<u64>) -> bool;

    /// Sees one entry of a run that was taken, unless it was read by another thread.
    fn taken(&mut self, _entry: LocatedEntry<'_>) -> Result<()> {
        Ok(())
    }

    /// Sees where the entries are of a run that was taken and read by another thread.
    fn taken_index(&mut self, _index: SparseIndex) {}

    /// Where to read again, up to this entry, before it is taken; nowhere, as a rule.
    fn again_from(&self, _entry: LocatedEntry<'_>) -> Option<u64> {
        None
    }

    /// Reads again what is in `range`, with the reader of the walk or another one.
    fn read_again<R: AofRead>(&mut self, _reader: &mut R, _range: Range<u64>) -> impl Future<Output = Result<()>> {
        std::future::ready(Ok(()))
    }

    /// Whether [`take_run`](Visit::take_run) may return true; if not, reading in stripes would be in vain.
    fn wants_runs(&self) -> bool {
        true
    }

    /// Takes one entry.
    fn take(&mut self, entry: LocatedEntry<'_>) -> Result<()>;

    /// Hears of the entries that [`take`](Visit::take) is called with next.
    fn look_ahead(&mut self, _checksums: impl Iterator<Item = Checksum>) {}

    /// Takes bytes that hold no whole entry.
    fn damaged(&mut self, damaged: Damaged<'_>) -> Result<()>;

    /// Takes a place that the storage cannot read. Ending the walk is to return its error.
    fn unreadable(&mut self, unreadable: Unreadable) -> Result<()>;
}

/// Walks what begins in `range`, up to its end and no further, though the log may grow. Returns where the walk ended: an
/// entry may go past the end of its range, and damage as far as the end of the log.
pub(crate) async fn drive<R: AofRead, V: Visit>(
    reader: R,
    range: Range<u64>,
    options: Options,
    visit: &mut V,
) -> Result<u64> {
    let mut scan = Scan::new(Bounded::new(reader, range.end), range.start, options);
    if V::TAKES_RUNS {
        scan = scan.summarizing();
    }
    drive_scan(&mut scan, u64::MAX, visit).await?;
    Ok(scan.offset())
}

/// As [`drive`], with a reader for each thread. The first of them reads on the thread of the caller.
pub(crate) async fn drive_striped<R: AofRead + 'static, V: Visit>(
    reader: R,
    others: impl IntoIterator<Item = R>,
    range: Range<u64>,
    options: Options,
    visit: &mut V,
) -> Result<u64> {
    let mut stripes = Stripes::new(reader, others, range.clone(), options);
    let mut offset = range.start;
    while let Some((limit, stripe)) = stripes.next().await {
        match stripe {
            Some(stripe) if stripe.start == offset && visit.take_run(&stripe.run, stripe.start..stripe.end) => {
                visit.taken_index(stripe.index);
                offset = stripe.end;
            }
            // Runs are no use, perhaps for a long time: the rest is read by one reader.
            _ if !visit.wants_runs() => {
                let mut scan = Scan::new(Bounded::new(stripes.reader(), range.end), offset, options).summarizing();
                drive_scan(&mut scan, u64::MAX, visit).await?;
                return Ok(scan.offset());
            }
            // It begins elsewhere, or each entry must be looked at.
            _ => {
                let reader = Bounded::new(stripes.reader(), range.end);
                let mut scan = Scan::new(reader, offset, options.verify_threads(1)).limited(limit).summarizing();
                drive_scan(&mut scan, limit, visit).await?;
                offset = scan.offset();
                stripes.skip_to(offset);
            }
        }
    }
    Ok(offset)
}

/// Walks what begins before `limit`.
async fn drive_scan<R: AofRead, V: Visit>(scan: &mut Scan<R>, limit: u64, visit: &mut V) -> Result<()> {
    while scan.offset() < limit {
        let from = scan.offset();
        let step = match scan.step().await {
            // Passing damage may meet a place that cannot be read, as stepping may.
            Ok(Step::Damage(at)) => scan.resync().await.map(|range| Some((range, at.end))),
            Ok(Step::Entries) => {
                take_entries(scan, from, visit).await?;
                continue;
            }
            Ok(Step::End) => Ok(None),
            Err(error) => Err(error),
        };
        match step {
            Ok(Some((Some(range), entry_end))) => {
                visit.damaged(Damaged { range, entry_end, head: scan.damage_head() })?;
            }
            Ok(Some((None, _))) => {}
            Ok(None) => break,
            Err(error) => visit.unreadable(pass_unreadable(scan, error).await?)?,
        }
    }
    Ok(())
}

async fn take_entries<R: AofRead, V: Visit>(scan: &mut Scan<R>, from: u64, visit: &mut V) -> Result<()> {
    if V::TAKES_RUNS && visit.take_run(scan.run(), from..scan.offset()) {
        if V::SEES_RUNS {
            for (offset, entry) in scan.entries() {
                visit.taken(LocatedEntry { offset, entry })?;
            }
        }
        return Ok(());
    }
    visit.look_ahead(scan.entries().map(|(_, entry)| entry.checksum()));
    for index in 0..scan.entry_count() {
        let (offset, entry) = scan.entry(index);
        // Nothing is borrowed from the scan over an await: its reader need not be shared.
        if let Some(from) = visit.again_from(LocatedEntry { offset, entry }) {
            visit.read_again(scan.reader(), from..offset).await?;
        }
        let (offset, entry) = scan.entry(index);
        visit.take(LocatedEntry { offset, entry })?;
    }
    Ok(())
}
