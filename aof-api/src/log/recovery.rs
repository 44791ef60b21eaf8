//! Opening: what a log holds, what of it counts, and what to do with a tail that a crash has torn.

mod foreign;
mod judge;
mod noted;
pub(crate) mod report;
mod tail;
mod walk;

use crate::chain::rule::Rule;
use crate::format::checksum::Checksum;
use crate::log::filler::Filler;
use crate::log::options::LogOptions;
use crate::log::position::Position;
use crate::read::entries::LocatedEntry;
use crate::read::index::SparseIndex;
use crate::read::scan::{Scan, Step};
use crate::read::stripes::{STRIPE_LEN, Stripes};
use crate::storage::backend::{AofBackend, AofRead};
use crate::storage::error::{CorruptReason, Error, Result};
use foreign::begins_foreign;
use noted::{Begin, Noted};
use report::Recovery;
use walk::Walk;

/// Who sees each entry that counts.
pub(crate) type Visitor<'a> = &'a mut (dyn FnMut(LocatedEntry<'_>) -> Result<()> + Send);

/// What opening a log knows besides the report.
pub(crate) struct Opened {
    pub(crate) recovery: Recovery,
    pub(crate) cluster: Option<u128>,
    /// The parent of the first entry that the log ever had, as far as that is known.
    pub(crate) root: Option<Checksum>,
    pub(crate) position: Position,
    pub(crate) index: SparseIndex,
    /// What to write before anything else.
    pub(crate) filler: Option<Filler>,
}

/// Reads a log, decides about its tail, and does what was decided.
pub(crate) async fn recover<B: AofBackend>(
    backend: &mut B,
    options: &LogOptions,
    visit: Option<Visitor<'_>>,
) -> Result<Opened> {
    let start = backend.start().await?;
    let noted = Noted::examine(backend, options, start).await?;
    let begin = noted.begin(backend, options, start, visit.is_some()).await?;
    match recover_from(backend, options, &noted, start, begin, visit).await {
        // It may be in what was not read. Nothing was changed, and everything there was visited.
        Err(Error::ChecksumMismatch { .. } | Error::MaybePruned { .. }) if begin.before.is_some() => {
            let everything = Begin { offset: start, before: None };
            recover_from(backend, options, &noted, start, everything, None).await
        }
        recovered => recovered,
    }
}

async fn recover_from<B: AofBackend>(
    backend: &mut B,
    options: &LogOptions,
    noted: &Noted,
    start: u64,
    begin: Begin,
    visit: Option<Visitor<'_>>,
) -> Result<Opened> {
    let visits = visit.is_some();
    let mut walk = Walk::new(options, noted, start, begin, visit);
    // To find one checksum, or what is seen under the other rules, or to hand entries over, each must be looked at.
    let in_runs = options.rule == Rule::Linear && options.expected_tip.is_none() && !visits;
    let end = if options.read_threads > 1 && in_runs && begin.offset == 0 && backend.len() >= 2 * STRIPE_LEN {
        read_striped(&mut walk, backend).await?
    } else {
        // What was recorded again after damage is read once more to be visited; under the linear rule, nothing is.
        let mut again = if visits && options.rule != Rule::Linear { Some(backend.reader().await?) } else { None };
        let mut scan = Scan::new(&mut *backend, begin.offset, options.read).summarizing();
        scan_to(&mut walk, &mut scan, &mut again, u64::MAX).await?;
        scan.offset()
    };
    walk.finish(backend, end).await
}

/// Reads the log by a reader on each of several threads, and returns where it ends.
async fn read_striped<B: AofBackend>(walk: &mut Walk<'_, '_>, backend: &mut B) -> Result<u64> {
    let options = walk.options;
    let mut others = Vec::with_capacity(options.read_threads - 1);
    for _ in 1..options.read_threads {
        others.push(backend.reader().await?);
    }
    let reader = backend.reader().await?;
    let mut stripes = Stripes::new(reader, others, backend.len(), options.read);
    let mut offset = 0;
    while let Some((limit, stripe)) = stripes.next().await {
        match stripe {
            Some(stripe) if stripe.start == offset && walk.take_run(&stripe.run, stripe.start..stripe.end) => {
                walk.take_index(stripe.index);
                offset = stripe.end;
            }
            // It begins elsewhere, or it is to be looked at entry by entry.
            _ => {
                let read = options.read.verify_threads(1);
                let mut scan = Scan::new(stripes.reader(), offset, read).limited(limit).summarizing();
                scan_to(walk, &mut scan, &mut None::<B::Reader>, limit).await?;
                offset = scan.offset();
            }
        }
    }
    Ok(offset)
}

/// Reads what begins before `limit`. `again` reads the same log once more, where that may be necessary.
async fn scan_to<R: AofRead, A: AofRead>(
    walk: &mut Walk<'_, '_>,
    scan: &mut Scan<R>,
    again: &mut Option<A>,
    limit: u64,
) -> Result<()> {
    while scan.offset() < limit {
        let from = scan.offset();
        match scan.step().await? {
            Step::Entries => {
                if walk.take_run(scan.run(), from..scan.offset()) {
                    for (offset, entry) in scan.entries() {
                        walk.taken(offset, entry)?;
                    }
                    continue;
                }
                for (offset, entry) in scan.entries() {
                    if let (Some(again), Some(from)) = (&mut *again, walk.repeated_from(offset, entry.header())) {
                        visit_repeated(walk, again, from, offset).await?;
                    }
                    walk.take(offset, entry)?;
                }
            }
            Step::Damage(at) => {
                if let Some(range) = scan.resync().await? {
                    // Where something says what was durable, this is a log; but then there are entries.
                    let sure = (walk.options.durable_len.is_some() || walk.is_noted()) && !range.at_end;
                    if at.offset == 0 && !sure && begins_foreign(scan, range.len).await? {
                        let (damage, next) = (at.damage, range.len);
                        let reason = match range.at_end {
                            true => CorruptReason::NotALog(damage),
                            false => CorruptReason::EntriesBehind { damage, next },
                        };
                        return Err(Error::Corrupt { offset: 0, reason });
                    }
                    walk.damage(range, at.end);
                }
            }
            Step::End => break,
        }
    }
    Ok(())
}

/// Visits what was recorded again between damage at `from` and `to`, where the chain continues.
async fn visit_repeated<A: AofRead>(walk: &mut Walk<'_, '_>, again: &mut A, from: u64, to: u64) -> Result<()> {
    let mut scan = Scan::new(again, from, walk.options.read).limited(to);
    while scan.offset() < to {
        match scan.step().await? {
            Step::Entries => {
                for (offset, entry) in scan.entries().take_while(|(offset, _)| *offset < to) {
                    walk.visit_if_repeated(offset, entry)?;
                }
            }
            Step::Damage(_) => {
                scan.resync().await?;
            }
            Step::End => break,
        }
    }
    Ok(())
}
