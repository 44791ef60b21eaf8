//! Validation: every entry, the chain, and everything that is wrong with either.

use crate::chain::link::{Chain, Link};
use crate::chain::rule::Rule;
use crate::chain::run::Run;
use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::digest::{Digest, Digester};
use crate::format::header::Header;
use crate::format::prepare::Prepare;
use crate::read;
use crate::read::drive::{drive, drive_striped};
use crate::read::scan::DamagedRange;
use crate::read::stripes::STRIPE_LEN;
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};
use crate::validate::finding::{Finding, FindingKind, Note, NoteKind};
use crate::validate::noted::Noted;
use crate::validate::reading::Reading;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a validation found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Validation {
    /// Where the log begins: the offset of the first byte that the first part holds; 0 unless it was pruned.
    pub start: u64,
    /// Whole entries, repeated ones included.
    pub entries: u64,
    /// Bytes that were looked at, damaged ones included.
    pub bytes: u64,
    /// The lowest and the highest op; none in an empty log.
    pub ops: Option<RangeInclusive<u64>>,
    /// The parent of the first entry, after which the log begins; none in an empty log.
    pub root: Option<Checksum>,
    /// The last entry; none in an empty log.
    pub tip: Option<Tip>,
    /// The data checksum chain.
    pub digest: Digest,
    /// What is wrong, in the order of the log.
    pub findings: Vec<Finding>,
    /// What is legal and worth knowing, in the order of the log.
    pub notes: Vec<Note>,
}

impl Validation {
    /// Whether there were no findings.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// A finding or a note, as it is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// A problem.
    Finding(Finding),
    /// Something legal.
    Note(Note),
}

/// How to validate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Options {
    rule: Rule,
    pub(super) read: read::Options,
    live: bool,
}

impl Options {
    /// The linear rule, on one thread.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// Which chain the log must hold.
    #[must_use]
    pub const fn rule(mut self, rule: Rule) -> Options {
        self.rule = rule;
        self
    }

    /// How to read.
    #[must_use]
    pub const fn read(mut self, read: read::Options) -> Options {
        self.read = read;
        self
    }

    /// Threads that verify checksums, as [`read::Options::verify_threads`].
    #[must_use]
    pub const fn verify_threads(mut self, threads: usize) -> Options {
        self.read = self.read.verify_threads(threads);
        self
    }

    /// Whether somebody is writing the log: an incomplete last entry, or zeros at the end, are then *pending*, a note
    /// and not a finding.
    #[must_use]
    pub const fn live(mut self, live: bool) -> Options {
        self.live = live;
        self
    }
}

/// Validates a log, and lists everything that is wrong with it.
///
/// Damage and unreadable places are findings, and validation continues after them. Memory is that of
/// [`read::Options`], of the [`Rule`], and of what is found; a [`Validator`] hands findings over one by one instead.
///
/// # Errors
///
/// [`Error::ChecksumMismatch`] when `expected_tip` is given and the last entry is another one, or there is none; use a
/// [`Validator`] to have the findings as well. The failures of [`AofRead::read`] that make further reading pointless.
///
/// ```
/// use aof_api::validate::{self, validate};
/// use aof_api::{Aof, LogOptions, Operation, Rule};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
/// log.append(Operation(200), b"one").await?;
/// let mut bytes = log.into_inner().snapshot();
/// *bytes.last_mut().unwrap() ^= 1;
///
/// let damaged = MemoryBackend::from_bytes(&bytes);
/// let validation = validate(damaged, validate::Options::new(), None).await?;
/// assert_eq!(validation.findings[0].offset, 0);
/// assert_eq!(validation.findings[0].op, Some(1));
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
pub async fn validate<R: AofRead>(reader: R, options: Options, expected_tip: Option<Checksum>) -> Result<Validation> {
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    let mut validator = Validator::for_one_part(options);
    let collect = |observation| match observation {
        Observation::Finding(finding) => findings.push(finding),
        Observation::Note(note) => notes.push(note),
    };
    validator.read(reader, collect).await?;
    let mut validation = validator.finish();
    for note in std::mem::take(&mut validation.notes) {
        let place = |note: &Note| (note.part, note.offset);
        notes.insert(notes.partition_point(|before| place(before) < place(&note)), note);
    }
    (validation.findings, validation.notes) = (findings, notes);
    match (expected_tip, validation.tip.map(|tip| tip.checksum)) {
        (Some(expected), found) if found != Some(expected) => Err(Error::ChecksumMismatch { expected, found }),
        _ => Ok(validation),
    }
}

/// Validates several files as one log, and hands over what it finds as it finds it.
///
/// ```
/// use aof_api::validate::{self, Validator};
/// use aof_api::{Aof, LogOptions, Operation, Origin, Rule};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let mut first = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
/// let one = first.append(Operation(200), b"one").await?;
/// let start = Origin::After { op: one.op, checksum: one.checksum };
/// let mut second = Aof::create(MemoryBackend::new(), LogOptions::new().origin(start)).await?;
/// second.append(Operation(200), b"two").await?;
///
/// let mut validator = Validator::new(validate::Options::new());
/// validator.read(first.into_inner(), |problem| panic!("{problem:?}")).await?;
/// validator.read(second.into_inner(), |problem| panic!("{problem:?}")).await?;
/// assert_eq!(validator.finish().ops, Some(1..=2));
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
pub struct Validator {
    pub(super) options: Options,
    pub(super) chain: Chain,
    digester: Digester,
    pub(super) part: usize,
    parts: usize,
    pub(super) entries: u64,
    /// Where the first part begins.
    start: Option<u64>,
    bytes: u64,
    ops: Option<RangeInclusive<u64>>,
    /// The part and the offset of the first entry with the lowest op.
    lowest_at: (usize, u64),
    root: Option<Checksum>,
    /// That of the entry before.
    cluster: Option<u128>,
    /// What the storage recorded about the part that is read.
    noted: Option<Noted>,
    /// Whether there is one part only, so that what was taken of it can be read again.
    is_one_part: bool,
    /// Where the entries begin that the chain has taken and not remembered.
    pub(super) unremembered_from: u64,
    /// `entries`, for others to see meanwhile.
    entries_so_far: Arc<AtomicU64>,
}

impl Validator {
    /// A validator that has seen nothing.
    #[must_use]
    pub fn new(options: Options) -> Validator {
        Validator {
            options,
            chain: Chain::new(options.rule),
            digester: Digester::new(),
            part: 0,
            parts: 0,
            entries: 0,
            start: None,
            bytes: 0,
            ops: None,
            lowest_at: (0, 0),
            root: None,
            cluster: None,
            noted: None,
            is_one_part: false,
            unremembered_from: 0,
            entries_so_far: Arc::default(),
        }
    }

    /// A validator for a log in one part, whose reader can go back: under every rule, a log without breaks then costs what
    /// it costs under [`Rule::Linear`], in time and in memory.
    ///
    /// The other rules must know which entries were there before, from the first break on. Such a validator remembers
    /// none until then, and then reads again what it had not remembered, once. One from [`new`](Validator::new) remembers
    /// each entry: the parts before cannot be read again, nor can a stream.
    #[must_use]
    pub fn for_one_part(options: Options) -> Validator {
        let chain = Chain::new(options.rule).deferring();
        Validator { chain, is_one_part: true, ..Validator::new(options) }
    }

    /// Whether somebody is writing the part that is read next, as [`Options::live`].
    pub fn set_live(&mut self, live: bool) {
        self.options.live = live;
    }

    /// What the storage recorded as durable of the part that is read next, and of no other one: what of it is damaged or
    /// missing is no torn end, and [lost](FindingKind::Lost).
    pub fn set_noted(&mut self, noted: Option<Noted>) {
        self.noted = noted;
    }

    /// How many entries were validated so far, for a display of progress. It is brought up to date about every 256 KiB.
    #[must_use]
    pub fn entries_so_far(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.entries_so_far)
    }

    /// Reads the next part of the log, and calls `observe` with every finding and note in order.
    ///
    /// What is appended meanwhile is not looked at: the part ends where it ended when the call began.
    ///
    /// # Errors
    ///
    /// The failures of [`AofRead::read`] that make further reading pointless: all but [`Error::Io`] after the first byte,
    /// which is a finding. [`Error::Unsupported`] for a second part where there should be [one](Validator::for_one_part).
    pub async fn read<R: AofRead>(&mut self, reader: R, mut observe: impl FnMut(Observation)) -> Result<()> {
        self.begin_part()?;
        let mut reader = reader;
        let range = reader.start().await?..reader.end().await?;
        let start = range.start;
        self.start.get_or_insert(start);
        let options = self.options.read;
        let is_held = self.holds_noted(&mut reader).await?;
        let end = drive(reader, range, options, &mut Reading { validator: self, observe: &mut observe }).await?;
        self.end_part(start..end, is_held, &mut observe);
        Ok(())
    }

    /// As [`read`](Validator::read), with a thread for each of several readers of the same part, so that reading itself
    /// is shared out: as good as one reader for each core.
    ///
    /// The readers are driven by a plain executor on threads of their own, so they must not need another one; those of
    /// files and memory do not. For a short log, and under another rule than [`Rule::Linear`] where the validator is not
    /// [for one part](Validator::for_one_part) or a break was met, the first reader reads alone and
    /// [`read::Options::verify_threads`] verify. What is found is the same either way.
    ///
    /// # Errors
    ///
    /// As [`read`](Validator::read). No reader at all is a part without entries.
    ///
    /// ```
    /// # use aof_api::validate::{self, Validator};
    /// # use aof_api::{Aof, AofBackend, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # futures::executor::block_on(async {
    /// # let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
    /// # log.append(Operation(200), b"one").await?;
    /// # let mut backend = log.into_inner();
    /// let readers = vec![backend.reader().await?, backend.reader().await?];
    /// let mut validator = Validator::new(validate::Options::new());
    /// validator.read_striped(readers, |problem| panic!("{problem:?}")).await?;
    /// assert_eq!(validator.finish().entries, 1);
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn read_striped<R: AofRead + 'static>(
        &mut self,
        readers: Vec<R>,
        mut observe: impl FnMut(Observation),
    ) -> Result<()> {
        let mut readers = readers.into_iter();
        let Some(mut reader) = readers.next() else {
            return self.begin_part();
        };
        let range = reader.start().await?..reader.end().await?;
        let remembers = self.options.rule != Rule::Linear && !self.is_one_part;
        if readers.len() == 0 || range.end - range.start < 2 * STRIPE_LEN || remembers {
            return self.read(reader, observe).await;
        }
        self.begin_part()?;
        let start = range.start;
        self.start.get_or_insert(start);
        let options = self.options.read;
        let is_held = self.holds_noted(&mut reader).await?;
        let mut reading = Reading { validator: self, observe: &mut observe };
        let end = drive_striped(reader, readers, range, options, &mut reading).await?;
        self.end_part(start..end, is_held, &mut observe);
        Ok(())
    }

    fn begin_part(&mut self) -> Result<()> {
        if self.is_one_part && self.parts > 0 {
            return Err(Error::Unsupported { what: "a second part, for a validator of one," });
        }
        self.part = self.parts;
        self.parts += 1;
        self.chain.next_part();
        Ok(())
    }

    async fn holds_noted<R: AofRead>(&self, reader: &mut R) -> Result<bool> {
        match &self.noted {
            Some(noted) => noted.is_held(reader).await,
            None => Ok(true),
        }
    }

    fn end_part(&mut self, range: Range<u64>, holds_noted: bool, observe: &mut impl FnMut(Observation)) {
        self.bytes += range.end - range.start;
        if let Some(noted) = self.noted.take().filter(|_| !holds_noted) {
            let (covered, tip) = (noted.covered(), noted.tip());
            let (part, offset) = (self.part, range.end.min(covered));
            let kind = FindingKind::Lost { covered, tip };
            observe(Observation::Finding(Finding { part, offset, op: Some(tip.op), kind }));
        }
        self.show_progress();
    }

    pub(super) fn show_progress(&self) {
        self.entries_so_far.store(self.entries, Ordering::Relaxed);
    }

    /// What all parts together are. The lists of findings and notes hold only what is known at the end alone, that the
    /// [beginning is missing](NoteKind::HeadMissing): the others were handed over.
    #[must_use]
    pub fn finish(&self) -> Validation {
        let (part, offset) = self.lowest_at;
        let lowest = self.ops.as_ref().map(|ops| *ops.start()).filter(|op| *op > 1);
        let head = lowest.map(|op| Note { part, offset, op: Some(op), kind: NoteKind::HeadMissing { op } });
        Validation {
            start: self.start.unwrap_or(0),
            entries: self.entries,
            bytes: self.bytes,
            ops: self.ops.clone(),
            root: self.root,
            tip: self.chain.tip(),
            digest: self.digester.digest(),
            findings: Vec::new(),
            notes: head.into_iter().collect(),
        }
    }

    /// A run of entries from `offset` on about which there is nothing to say. Returns whether it is one.
    pub(super) fn take_run(&mut self, run: &Run, offset: u64) -> bool {
        let was_deferred = self.chain.is_deferred();
        if run.has_lints || self.cluster != Some(run.cluster) || !self.chain.push_run(run) {
            return false;
        }
        if !was_deferred {
            self.unremembered_from = offset;
        }
        self.digester.update_records(&run.digest_records, run.op_last);
        self.entries += run.entries();
        self.ops = self.ops.take().map(|ops| *ops.start()..=run.op_last);
        true
    }

    /// One whole entry.
    pub(super) fn take(&mut self, offset: u64, header: &Header, observe: &mut impl FnMut(Observation)) -> Result<()> {
        let op = header.op.get();
        let part = self.part;
        let mut note = |kind| observe(Observation::Note(Note { part, offset, op: Some(op), kind }));
        let cluster = header.cluster.get();
        if op == 1 && self.entries == 0 && header.parent != Prepare::root(cluster).checksum() {
            note(NoteKind::Root { parent: header.parent });
        }
        header.lints().for_each(|lint| note(NoteKind::Lint(lint)));

        if let Some(expected) = self.cluster.replace(cluster).filter(|expected| *expected != cluster) {
            let kind = FindingKind::Cluster { expected, found: cluster };
            observe(Observation::Finding(Finding { part, offset, op: Some(op), kind }));
        }
        let mut note = |kind| observe(Observation::Note(Note { part, offset, op: Some(op), kind }));
        let before = self.chain.tip();
        let link = self.chain.push(header)?;
        if let Some(before) = before
            && op <= before.op
            && link != Link::Seam
        {
            note(NoteKind::Backtrack { from: before.op });
        }
        let found = |kind| Observation::Finding(Finding { part, offset, op: Some(op), kind });
        let tiger_beetle = self.options.rule == Rule::TigerBeetle;
        match link {
            Link::Next => match before {
                Some(before) if before.checksum == header.parent && before.op.checked_add(1) != Some(op) => {
                    note(NoteKind::OpJump { from: before.op });
                }
                _ => {}
            },
            Link::Duplicate => note(NoteKind::Duplicate),
            Link::Seam => note(NoteKind::Seam),
            Link::Gap { missing } if tiger_beetle => {
                note(NoteKind::ParentUnseen { parent: header.parent, missing: Some(missing) });
            }
            Link::Break { .. } if tiger_beetle => {
                note(NoteKind::ParentUnseen { parent: header.parent, missing: None });
            }
            Link::Gap { missing } => observe(found(FindingKind::Gap { missing, parent: header.parent })),
            Link::Break { expected } => observe(found(FindingKind::Break { expected, found: header.parent })),
            Link::Fork { other } => {
                observe(found(FindingKind::Fork { parent: header.parent, other, checksum: header.checksum }));
            }
        }
        self.digester.update(header);
        self.entries += 1;
        self.root.get_or_insert(header.parent);
        if self.ops.as_ref().is_none_or(|ops| op < *ops.start()) {
            self.lowest_at = (part, offset);
        }
        let ops = self.ops.get_or_insert(op..=op);
        *ops = op.min(*ops.start())..=op.max(*ops.end());
        Ok(())
    }

    pub(super) fn report_damage(&self, range: DamagedRange, observe: &mut impl FnMut(Observation)) {
        let DamagedRange { offset, len, damage, op, zeros, torn_end, .. } = range;
        let torn_end = torn_end && self.noted.is_none_or(|noted| noted.covered() <= offset);
        let pending = self.options.live && torn_end;
        let part = self.part;
        observe(if pending {
            Observation::Note(Note { part, offset, op, kind: NoteKind::Pending { len } })
        } else {
            Observation::Finding(Finding {
                part,
                offset,
                op,
                kind: FindingKind::Damage { len, damage, zeros, torn_end },
            })
        });
    }
}
