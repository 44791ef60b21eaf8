//! Reads logs, plans one chain out of them, and writes it.

use super::error::{Error, Result};
use super::index::{Index, Place};
use super::lost::{Between, Supply};
use super::options::Options;
use super::plan::{Plan, Refusal};
use super::refusal::Unmergeable;
use super::report::{Gap, Input, InputDamage, Report};
use crate::chain::run::Run;
use crate::chain::seen::RecordIndex;
use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::header::Header;
use crate::format::layout::size_disk;
use crate::read::drive::{Damaged, Visit, drive};
use crate::read::entries::LocatedEntry;
use crate::read::scan::DamagedRange;
use crate::read::unreadable::Unreadable;
use crate::read::until::Until;
use crate::storage::backend::{AofBackend, AofRead};
use crate::storage::error as storage;
use crate::validate::finding::{Finding, FindingKind, Note, NoteKind};
use std::ops::Range;
use std::sync::Arc;

/// Merges logs into one, which must be empty, and makes it durable.
///
/// As [`Merger`], in one call: for when nobody needs to look at the report before something is written.
///
/// # Errors
///
/// Those of [`Merger::read`], [`Merger::plan`] and [`Merger::write`].
///
/// ```
/// use aof_api::merge::{self, merge};
/// use aof_api::{Aof, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
/// for body in [b"one", b"two", b"six"] {
///     log.append(Operation(200), body).await?;
/// }
/// let whole = log.into_inner().snapshot();
/// let [mut first, mut second] = [whole.clone(), whole.clone()];
/// first[300] ^= 1; // in the second entry
/// second.truncate(600); // in the third
///
/// let mut output = MemoryBackend::new();
/// let inputs = [MemoryBackend::from_bytes(&first), MemoryBackend::from_bytes(&second)];
/// let report = merge(inputs, &mut output, merge::Options::new()).await?;
/// assert!(report.is_whole());
/// assert_eq!(output.snapshot(), whole);
/// # Ok::<(), merge::Error>(())
/// # }).unwrap();
/// ```
pub async fn merge<R: AofRead, B: AofBackend>(
    inputs: impl IntoIterator<Item = R>,
    output: &mut B,
    options: Options,
) -> Result<Report> {
    let mut merger = Merger::new(options);
    for input in inputs {
        merger.read(input).await?;
    }
    merger.write(output).await
}

/// Merges logs into one, step by step: [`read`](Merger::read) each input, [`plan`](Merger::plan) and look at the report,
/// [`write`](Merger::write).
///
/// Inputs may come in any order and number, overlap, repeat, and be damaged; each entry is taken from the first input
/// that has it whole. The chain begins at the parent of the first entry of the first input, as in the reference, or, where
/// that parent and its ancestors are in any input, at the earliest of them. It ends at the first gap, or continues after it
/// with [`Options::keep_gaps`]. At a fork nothing is written until one of its branches is chosen by
/// [`Options::tip`].
///
/// Memory: at most 64 bytes for each different entry, as much for each one that is missing before another, that of
/// [`read::Options`](crate::read::Options), and what is found.
pub struct Merger<R> {
    options: Options,
    live: bool,
    pub(super) inputs: Vec<R>,
    pub(super) index: Index,
    /// The first entry of all.
    first: Option<RecordIndex>,
    report: Report,
    /// What is before and after each damage.
    between: Vec<Between>,
    plan: Option<Plan>,
    /// The lowest entry that is past what is wanted, and its parent.
    past: Option<(Tip, Checksum)>,
}

impl<R: AofRead> Merger<R> {
    /// A merger without inputs.
    #[must_use]
    pub fn new(options: Options) -> Merger<R> {
        Merger {
            options,
            live: false,
            inputs: Vec::new(),
            index: Index::default(),
            first: None,
            report: Report { chosen: options.root.is_some() || options.tip.is_some(), ..Report::default() },
            between: Vec::new(),
            plan: None,
            past: None,
        }
    }

    /// Whether somebody is writing the input that is read next: an incomplete last entry, or zeros at its end, are then a
    /// note and no damage.
    pub fn set_live(&mut self, live: bool) {
        self.live = live;
    }

    /// Reads an input, up to where it ends when the call begins.
    ///
    /// # Errors
    ///
    /// The failures of [`AofRead::read`] that make further reading pointless: all but [`Error::Io`](crate::Error::Io) after the first byte,
    /// which is damage. [`Error::TooLarge`](crate::Error::TooLarge) for more than 4 billion entries.
    pub async fn read(&mut self, mut input: R) -> Result<()> {
        if let Some(plan) = self.plan.take() {
            plan.unmark(&mut self.index);
        }
        let range = input.start().await?..input.end().await?;
        let (number, start, read) = (self.inputs.len(), range.start, self.options.read);
        self.report.inputs.push(Input::default());
        let damaged_from = self.between.len();
        let mut reading = Reading { merger: self, number, before: None, damaged_from, past: false };
        let end = drive(&mut input, range, read, &mut reading).await?;
        self.report.inputs[number].bytes = end - start;
        self.inputs.push(input);
        Ok(())
    }

    fn take(&mut self, header: &Header, place: Place) -> storage::Result<RecordIndex> {
        let (record, new) = self.index.insert(header, place)?;
        self.first.get_or_insert(record);
        let op = header.op.get();
        let input = &mut self.report.inputs[place.input];
        input.entries += 1;
        input.duplicates += u64::from(!new);
        self.report.unique_bytes += if new { size_disk(header.size.get()) } else { 0 };
        let ops = input.ops.get_or_insert(op..=op);
        *ops = op.min(*ops.start())..=op.max(*ops.end());
        Ok(record)
    }

    /// Leaves out an entry that is past what is wanted.
    fn pass(&mut self, header: &Header) {
        self.report.past += 1;
        let op = header.op.get();
        if self.past.is_none_or(|(lowest, _)| op < lowest.op) {
            self.past = Some((Tip { op, checksum: header.checksum }, header.parent));
        }
    }

    fn take_damage(&mut self, part: usize, range: DamagedRange, before: Option<RecordIndex>, past: bool) {
        let DamagedRange { offset, len, damage, op, zeros, torn_end, .. } = range;
        if self.live && torn_end {
            self.report.notes.push(Note { part, offset, op, kind: NoteKind::Pending { len } });
            return;
        }
        self.push_damage(
            Finding { part, offset, op, kind: FindingKind::Damage { len, damage, zeros, torn_end } },
            before,
            past,
        );
    }

    fn push_damage(&mut self, finding: Finding, before: Option<RecordIndex>, past: bool) {
        self.between.push(Between { before, after: None, past });
        // Whether it is lost, the plan says.
        self.report.damage.push(InputDamage { finding, lost: true });
    }

    /// What was read so far, and, after a [`plan`](Merger::plan), what will be written.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Decides what is written, and reports everything that is not.
    ///
    /// # Errors
    ///
    /// [`Error::Unmergeable`] where a choice is needed, or the one that was made cannot be. Reading more inputs, and
    /// planning again, is allowed.
    pub async fn plan(&mut self) -> Result<&Report> {
        self.report.unique = self.index.entries();
        let plan = match self.first {
            Some(first) => match super::plan::plan(&mut self.index, first, &self.options) {
                Ok(plan) => plan,
                Err(Refusal::Fork(parent)) => return Err(unmergeable(Unmergeable::Fork(self.fork(parent).await))),
                Err(Refusal::Other(reason)) => return Err(unmergeable(*reason)),
            },
            None if self.report.damage.is_empty() => Plan { in_order: true, ..Plan::default() },
            None => return Err(unmergeable(Unmergeable::NoEntries)),
        };
        let report = &mut self.report;
        let index = &self.index;
        report.entries = plan.pieces.iter().map(|piece| piece.entries).sum();
        report.root = plan.pieces.first().map(|piece| index.checksum(index.parent(piece.first)));
        report.first = plan.pieces.first().map(|piece| index.tip(piece.first));
        report.tip = plan.pieces.last().map(|piece| index.tip(piece.last));
        report.gaps.clone_from(&plan.gaps);
        if report.gaps.last().map(|gap| Some(gap.before)) != Some(report.tip) {
            report.gaps.extend(gap_before_past(report.tip, self.past, self.options.until));
        }
        report.stretches.clone_from(&plan.stretches);
        report.in_order = plan.in_order;
        let (mut known, mut steps): (Option<Supply>, _) = (None, super::lost::steps_max(report.inputs.len(), index));
        for (damage, between) in report.damage.iter_mut().zip(&self.between) {
            let supply = known.take().filter(|supply| supply.is_for(*between));
            let supply = known.insert(supply.unwrap_or_else(|| between.supply(index, &mut steps)));
            damage.lost = supply.is_lost(damage.finding.op, index, &plan, &self.options);
        }
        self.plan = Some(plan);
        Ok(&self.report)
    }

    /// Writes what was planned, plans it first where that was not done, makes it durable, and reads it back.
    ///
    /// Durable on return: all of it. Every byte that is written was verified right before, and is verified once more as a
    /// chain when it is read back, so an input that somebody writes to meanwhile does no harm.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Merger::plan); [`Error::NotEmpty`](crate::Error::NotEmpty) when the output holds anything; [`Error::Io`](crate::Error::Io) when an input
    /// cannot be read any more, or has changed; the failures of [`AofBackend::write`] and
    /// [`checkpoint`](AofBackend::checkpoint); [`Error::Corrupt`](crate::Error::Corrupt) or [`Error::Io`](crate::Error::Io) when the output does not hold what was
    /// written. The output is then to be thrown away.
    pub async fn write<B: AofBackend>(&mut self, output: &mut B) -> Result<Report> {
        if output.len() > 0 {
            return Err(storage::Error::NotEmpty { len: output.len() }.into());
        }
        if self.plan.is_none() {
            self.plan().await?;
        }
        let pieces = self.plan.as_ref().map_or(&[][..], |plan| &plan.pieces);
        let gaps = pieces.len().saturating_sub(1);
        let read = self.options.read;
        super::copy::copy(&self.index, pieces, &mut self.inputs, output, read.chunk_len_bytes()).await?;
        output.checkpoint(&[]).await?;
        super::read_back::read_back(output, &self.report, gaps, read).await?;
        Ok(self.report.clone())
    }
}

/// What is missing between the last entry that is written and what is wanted: an entry that is past it gives the sign.
fn gap_before_past(tip: Option<Tip>, past: Option<(Tip, Checksum)>, until: Option<Until>) -> Option<Gap> {
    let (before, (after, parent)) = (tip?, past?);
    let reached = match until? {
        Until::Op(op) => before.op >= op,
        Until::Timestamp(_) => parent == before.checksum,
    };
    (!reached && after.op > before.op).then_some(Gap { before, parent, after })
}

fn unmergeable(reason: Unmergeable) -> Error {
    Error::Unmergeable { reason: Arc::new(reason) }
}

/// The walk over one input.
struct Reading<'a, R> {
    merger: &'a mut Merger<R>,
    number: usize,
    /// The last entry so far.
    before: Option<RecordIndex>,
    /// The first damage that follows it.
    damaged_from: usize,
    /// Whether an entry past what is wanted came after it.
    past: bool,
}

impl<R: AofRead> Visit for Reading<'_, R> {
    const TAKES_RUNS: bool = false;

    fn take_run(&mut self, _run: &Run, _range: Range<u64>) -> bool {
        false
    }

    fn take(&mut self, entry: LocatedEntry<'_>) -> storage::Result<()> {
        if self.merger.options.until.is_some_and(|until| until.is_past(entry.header())) {
            self.merger.pass(entry.header());
            self.past = true;
            return Ok(());
        }
        self.past = false;
        let place = Place { input: self.number, offset: entry.offset };
        let record = self.merger.take(entry.header(), place)?;
        let between = &mut self.merger.between;
        between[self.damaged_from..].iter_mut().for_each(|between| between.after = Some(record));
        (self.damaged_from, self.before) = (between.len(), Some(record));
        Ok(())
    }

    fn damaged(&mut self, damaged: Damaged<'_>) -> storage::Result<()> {
        self.merger.take_damage(self.number, damaged.range, self.before, self.past);
        Ok(())
    }

    fn unreadable(&mut self, unreadable: Unreadable) -> storage::Result<()> {
        let (part, offset) = (self.number, unreadable.offset);
        let kind = unreadable.into();
        self.merger.push_damage(Finding { part, offset, op: None, kind }, self.before, self.past);
        Ok(())
    }
}
