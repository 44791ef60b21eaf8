//! What of a log counts, entry by entry.

use super::Visitor;
use super::noted::{Before, Begin, Noted};
use super::report::{First, Recovery};
use crate::chain::link::{Chain, Link};
use crate::chain::note::LogNote;
use crate::chain::rule::Rule;
use crate::chain::run::Run;
use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::format::entry::AofEntry;
use crate::format::header::Header;
use crate::log::options::{LogOptions, Tail};
use crate::log::position::Position;
use crate::read::entries::LocatedEntry;
use crate::read::index::SparseIndex;
use crate::read::scan::DamagedRange;
use crate::storage::error::{Error, Result};
use std::ops::Range;

/// Damage after which nothing has continued the chain, so far.
pub(super) struct Suspect {
    pub(super) first: DamagedRange,
    /// All ranges, to be kept perhaps; as many as a report lists.
    pub(super) ranges: Vec<DamagedRange>,
    pub(super) count: u64,
    pub(super) entries_after: u64,
    /// How many of them are before the damage too, so that they count if the chain continues.
    pub(super) repeated: u64,
    /// Where the last damaged entry with a whole header ends, or would end. What is before that may be its body.
    pub(super) body_end: u64,
    /// An entry that continues the chain, but may be in a body.
    pub(super) doubtful: Option<u64>,
    /// The first valid entry after the damage.
    pub(super) next: Option<u64>,
    /// Some entry around the damage was not made by `append`, so `commit` does not say what was checkpointed.
    pub(super) unmarked: bool,
}

impl Suspect {
    fn new(first: DamagedRange, unmarked: bool) -> Suspect {
        Suspect {
            first,
            ranges: Vec::new(),
            count: 0,
            entries_after: 0,
            repeated: 0,
            body_end: 0,
            doubtful: None,
            next: None,
            unmarked,
        }
    }
}

impl Recovery {
    /// Damage that stays in the log.
    pub(super) fn keep(&mut self, suspect: Suspect) {
        self.kept_count += suspect.count;
        let room = Recovery::KEPT_MAX - self.kept.len();
        self.kept.extend(suspect.ranges.into_iter().take(room));
    }
}

/// The entries of a log, as they are read in order, and what is known after each.
pub(super) struct Walk<'a, 'v> {
    pub(super) options: &'a LogOptions,
    /// What an intact note of the storage claims.
    pub(super) claim: Option<LogNote>,
    pub(super) start: u64,
    pub(super) chain: Chain,
    pub(super) recovery: Recovery,
    pub(super) cluster: Option<u128>,
    pub(super) position: Position,
    pub(super) root: Option<Checksum>,
    pub(super) index: SparseIndex,
    /// The last entry that counts was made by `append`; true before the first.
    marked: bool,
    pub(super) suspect: Option<Suspect>,
    pub(super) expected_found: bool,
    pub(super) noted_found: bool,
    visit: Option<Visitor<'v>>,
}

impl<'a, 'v> Walk<'a, 'v> {
    pub(super) fn new(
        options: &'a LogOptions,
        noted: &Noted,
        start: u64,
        begin: Begin,
        visit: Option<Visitor<'v>>,
    ) -> Walk<'a, 'v> {
        let base = options.origin.base(options.cluster.unwrap_or(0));
        let origin = Tip { op: base.0, checksum: base.1 };
        let mut walk = Walk {
            options,
            claim: noted.claim,
            start,
            chain: Chain::new(options.rule),
            recovery: Recovery { start, read_from: begin.offset, note: noted.found, ..Recovery::default() },
            cluster: options.cluster,
            position: Position::before(origin),
            root: noted.claim.map(|note| note.root),
            index: SparseIndex::default(),
            marked: true,
            suspect: None,
            expected_found: options.expected_tip.is_none(),
            noted_found: noted.claim.is_none(),
            visit,
        };
        if let Some(before) = begin.before {
            walk.resume(before);
        }
        walk
    }

    /// Continues after what need not be read.
    fn resume(&mut self, before: Before) {
        let Before { tip, op_max, timestamp, cluster, entries, first, size } = before;
        self.chain = Chain::resume(tip, op_max);
        self.cluster = Some(cluster);
        self.position = Position { base: tip, op_max, timestamp, size, is_written: true, is_linear: true };
        (self.recovery.entries, self.recovery.first) = (entries, Some(first));
        self.expected_found |= self.options.expected_tip.is_some_and(|expected| self.is_expected(expected, first));
        self.expected_found |= self.options.expected_tip == Some(tip.checksum);
        self.noted_found |= self.claim.is_some_and(|note| note.end <= self.recovery.read_from);
    }

    /// Whether the entry that is expected is the one that the log begins after.
    fn is_expected(&self, expected: Checksum, first: First) -> bool {
        self.start > 0 && first.parent == expected
    }

    /// Whether the storage recorded that something was durable.
    pub(super) fn is_noted(&self) -> bool {
        self.claim.is_some()
    }

    /// A run of entries that continue the chain and each other, read from `range`. Returns whether it is one; then each
    /// entry must be [taken](Walk::taken), or the index of all.
    pub(super) fn take_run(&mut self, run: &Run, range: Range<u64>) -> bool {
        // To find one checksum, each must be looked at.
        let sought = self.claim.is_some_and(|note| !self.noted_found && range.contains(&note.tip_offset));
        let plain = self.suspect.is_none() && self.expected_found && !sought && self.cluster == Some(run.cluster);
        if !plain || !self.chain.push_run(run) {
            return false;
        }
        self.recovery.acknowledged_op = self.recovery.acknowledged_op.max(run.acknowledged_op);
        self.recovery.entries += run.entries();
        self.marked = run.marked;
        self.position = Position {
            base: Tip { op: run.op_last, checksum: run.checksum },
            op_max: run.op_last,
            timestamp: self.position.timestamp.max(run.timestamp),
            size: run.size_last,
            ..self.position
        };
        true
    }

    /// An entry of a run that was taken.
    pub(super) fn taken(&mut self, offset: u64, entry: AofEntry<'_>) -> Result<()> {
        self.index.push(entry.op(), offset);
        self.visit(offset, entry)
    }

    /// The index of a run that was taken.
    pub(super) fn take_index(&mut self, index: SparseIndex) {
        self.index.append(index);
    }

    fn visit(&mut self, offset: u64, entry: AofEntry<'_>) -> Result<()> {
        match &mut self.visit {
            Some(visit) if self.options.visit_from.is_none_or(|from| entry.op() >= from) => {
                visit(LocatedEntry { offset, entry })
            }
            _ => Ok(()),
        }
    }

    /// Where to look for entries that were recorded again before this one, and are to be visited, because with it the
    /// chain continues after damage.
    pub(super) fn repeated_from(&self, offset: u64, header: &Header) -> Option<u64> {
        let suspect = self.suspect.as_ref().filter(|suspect| suspect.repeated > 0)?;
        let in_body = offset < suspect.body_end && self.options.tail != Tail::Keep;
        (!in_body && self.continues(header)).then_some(suspect.first.offset)
    }

    /// Visits an entry after damage, if it was recorded before the damage too.
    pub(super) fn visit_if_repeated(&mut self, offset: u64, entry: AofEntry<'_>) -> Result<()> {
        if self.chain.is_recorded(entry.header()) { self.visit(offset, entry) } else { Ok(()) }
    }

    fn continues(&self, header: &Header) -> bool {
        let begins = self.chain.tip().is_none() && {
            let (op, checksum) = self.options.origin.base(header.cluster.get());
            header.parent == checksum && header.op.get().checked_sub(1) == Some(op)
        };
        begins || self.chain.continues(header)
    }

    /// One whole entry.
    pub(super) fn take(&mut self, offset: u64, entry: AofEntry<'_>) -> Result<()> {
        let header = entry.header();
        let marked = header.has_checkpoint_mark();
        // What may be the body of a damaged entry was perhaps made by a client, and says nothing about this log.
        let in_body = self.suspect.as_ref().is_some_and(|suspect| offset < suspect.body_end);
        if marked && !in_body && self.cluster.is_none_or(|cluster| cluster == header.cluster.get()) {
            self.recovery.acknowledged_op = self.recovery.acknowledged_op.max(header.commit.get());
        }
        if self.suspect.is_none() && self.recovery.kept_count > 0 && self.chain.is_orphan(header) {
            // Damage was passed because the chain continued after it, but not all that was there was recorded again.
            let (op, damage) = (Some(header.op.get()), Damage::ParentLost);
            self.damage(
                DamagedRange { offset, len: 0, damage, op, zeros: false, at_end: false, torn_end: false },
                None,
            );
        }
        let continues = self.suspect.is_some() && self.continues(header);
        if let Some(suspect) = &mut self.suspect {
            if in_body && !(continues && self.options.tail == Tail::Keep) {
                if continues {
                    suspect.doubtful.get_or_insert(offset);
                }
                return Ok(());
            }
            if !continues {
                suspect.entries_after += 1;
                suspect.repeated += u64::from(self.chain.is_recorded(header));
                suspect.next.get_or_insert(offset);
                suspect.unmarked |= !marked;
                return Ok(());
            }
            // Nothing is missing: the damage was a torn entry, and its writer continued after it.
            if let Some(suspect) = self.suspect.take() {
                self.recovery.entries += suspect.repeated;
                self.recovery.keep(suspect);
            }
        }
        self.accept(offset, entry, marked)
    }

    /// One whole entry that the chain allows.
    fn accept(&mut self, offset: u64, entry: AofEntry<'_>, marked: bool) -> Result<()> {
        let header = entry.header();
        let found = header.cluster.get();
        match self.cluster {
            Some(expected) if expected != found => return Err(Error::WrongCluster { expected, found }),
            _ => self.cluster = Some(found),
        }
        let op = header.op.get();
        let expected = self.chain.tip().map(|tip| tip.checksum);
        match self.chain.push(header)? {
            Link::Next | Link::Duplicate | Link::Seam => {}
            Link::Gap { .. } | Link::Break { .. } if self.options.rule == Rule::TigerBeetle => {}
            Link::Gap { .. } | Link::Break { .. } => {
                return Err(Error::ChainBroken { offset, op, expected, found: header.parent });
            }
            Link::Fork { .. } => return Err(Error::Forked { offset, op, parent: header.parent }),
        }
        if self.recovery.first.is_none() {
            self.begins_with(header);
        }
        self.recovery.entries += 1;
        self.position = self.position.after(header);
        self.marked = marked;
        self.expected_found |= self.options.expected_tip == Some(header.checksum);
        self.noted_found |= self.claim.is_some_and(|note| note.tip.checksum == header.checksum);
        self.taken(offset, entry)
    }

    /// The first entry of the log.
    fn begins_with(&mut self, header: &Header) {
        let first = First { op: header.op.get(), parent: header.parent };
        self.recovery.first = Some(first);
        self.root.get_or_insert(first.parent);
        self.expected_found |= self.options.expected_tip.is_some_and(|expected| self.is_expected(expected, first));
        let pruned_after = |note: LogNote| note.end == self.start && note.tip.checksum == first.parent;
        self.noted_found |= self.claim.is_some_and(pruned_after);
    }

    /// Something that does not count for now. Where it is an entry with a whole header, `end` is where it ends.
    pub(super) fn damage(&mut self, range: DamagedRange, end: Option<u64>) {
        let unmarked = !self.marked;
        let suspect = self.suspect.get_or_insert_with(|| Suspect::new(range, unmarked));
        suspect.count += 1;
        if range.offset >= suspect.body_end {
            suspect.body_end = end.unwrap_or(0);
        }
        if suspect.ranges.len() < Recovery::KEPT_MAX {
            suspect.ranges.push(range);
        }
    }
}
