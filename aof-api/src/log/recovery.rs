//! Opening: what a log holds, what of it counts, and what to do with a tail that a crash has torn.

mod foreign;
mod judge;
mod noted;
pub(crate) mod report;
mod tail;
mod visit;
mod walk;

use crate::chain::rule::Rule;
use crate::format::checksum::Checksum;
use crate::log::filler::Filler;
use crate::log::options::LogOptions;
use crate::log::position::Position;
use crate::read::drive::{drive, drive_striped};
use crate::read::entries::LocatedEntry;
use crate::read::index::SparseIndex;
use crate::read::stripes::STRIPE_LEN;
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Result};
use noted::{Begin, Noted};
use report::Recovery;
use visit::Visiting;
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
    let range = begin.offset..backend.len().max(begin.offset);
    // To find one checksum, or what is seen under the other rules, or to hand entries over, each must be looked at.
    let in_runs = options.rule == Rule::Linear && options.expected_tip.is_none() && !visits;
    // What was recorded again after damage is read once more to be visited; under the linear rule, nothing is.
    let again = if visits && options.rule != Rule::Linear { Some(backend.reader().await?) } else { None };
    let mut visiting = Visiting { walk: Walk::new(options, noted, start, begin, visit), again };
    let end = if options.read_threads > 1 && in_runs && range.end - range.start >= 2 * STRIPE_LEN {
        let mut others = Vec::with_capacity(options.read_threads - 1);
        for _ in 1..options.read_threads {
            others.push(backend.reader().await?);
        }
        drive_striped(backend.reader().await?, others, range, options.read, &mut visiting).await?
    } else {
        drive(&mut *backend, range, options.read, &mut visiting).await?
    };
    visiting.walk.finish(backend, end).await
}
