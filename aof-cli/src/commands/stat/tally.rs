//! Everything that is counted, in memory that does not grow with the log.

use super::clients::Clients;
use super::distribution::Distribution;
use super::ops::Ops;
use super::risk::Risk;
use super::series::Series;
use super::sizes::Sizes;
use super::views::Views;
use crate::command_line::records::Records;
use crate::commands::judged_order::Part;
use crate::commands::page::map::{Map, Mark};
use crate::commands::succession::Succession;
use crate::input::source::Source;
use crate::output::json::log::{self, Finding};
use crate::output::openraft::summary::{self, Summary};
use aof_api::format::Digester;
use aof_api::read::{DamagedRange, LocatedEntry};
use aof_api::validate::FindingKind;
use aof_api::{Operation, Rule};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How many findings are kept to be shown; all are counted.
const FINDINGS_KEPT: usize = 100;

/// Entries, and their bytes in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

impl Count {
    pub(super) fn add(&mut self, bytes: u64) {
        self.entries += 1;
        self.bytes += bytes;
    }
}

/// What a log holds.
pub(super) struct Tally {
    pub(super) files: u64,
    pub(super) entries: u64,
    /// Of whole entries.
    pub(super) entry_bytes: u64,
    /// Of the files.
    pub(super) bytes: u64,
    operations: Box<[Count; 256]>,
    pub(super) sizes: Sizes,
    pub(super) series: Series,
    pub(super) ops: Ops,
    pub(super) clients: Clients,
    /// Of entries that were not recorded before.
    pub(super) views: Views,
    pub(super) damages: u64,
    pub(super) damaged_bytes: u64,
    /// Bytes at the end of a log that somebody is writing.
    pub(super) pending: u64,
    /// What the records say, where that is asked for.
    pub(super) raft: Option<Summary>,
    /// What is wrong between entries: the first of them, and how many there are of each kind.
    pub(super) findings: Vec<Finding>,
    pub(super) kinds: BTreeMap<&'static str, u64>,
    /// The ends of each file.
    pub(super) parts: Vec<Part>,
    succession: Succession,
    path: PathBuf,
    /// Where the file begins in all files together, and its first offset that is held.
    base: u64,
    start: u64,
    pub(super) map: Map,
    /// Bytes of entries, and nanoseconds between those that follow each other.
    pub(super) entry_sizes: Distribution,
    pub(super) pauses: Distribution,
    pub(super) risk: Risk,
    pub(super) digester: Digester,
    time_before: u64,
}

impl Tally {
    pub(super) fn new(rule: Rule, decode: Option<Records>) -> Tally {
        Tally {
            files: 0,
            entries: 0,
            entry_bytes: 0,
            bytes: 0,
            operations: Box::new([Count::default(); 256]),
            sizes: Sizes::new(),
            series: Series::new(),
            ops: Ops::new(),
            clients: Clients::new(),
            views: Views::default(),
            damages: 0,
            damaged_bytes: 0,
            pending: 0,
            raft: decode.map(|Records::OpenRaft| Summary::default()),
            findings: Vec::new(),
            kinds: BTreeMap::new(),
            parts: Vec::new(),
            succession: Succession::new(rule),
            path: PathBuf::new(),
            base: 0,
            start: 0,
            map: Map::new(),
            entry_sizes: Distribution::new(),
            pauses: Distribution::new(),
            risk: Risk::new(),
            digester: Digester::new(),
            time_before: 0,
        }
    }

    pub(super) fn begin_file(&mut self, source: &Source) {
        self.files += 1;
        self.parts.push(Part::of(source));
        self.path.clone_from(&source.path);
        (self.base, self.start) = (self.bytes, source.start);
    }

    pub(super) fn end_file(&mut self, len: u64) {
        self.bytes += len;
        self.clients.settle();
    }

    pub(super) fn add(&mut self, entry: &LocatedEntry<'_>) {
        let header = entry.header();
        let bytes = entry.size_disk();
        self.entries += 1;
        self.entry_bytes += bytes;
        self.operations[usize::from(header.operation)].add(bytes);
        self.sizes.add(bytes);
        let again = self.ops.add(header.op.get(), header.checksum);
        self.series.add(header.timestamp.get(), again);
        self.clients.add(header.client.get(), bytes);
        if let Some(raft) = &mut self.raft {
            raft.add(header.operation(), entry.body());
        }
        if let Some(part) = self.parts.last_mut() {
            part.see(entry);
        }
        let found = self.succession.see(&self.path, entry);
        let mark = match &found {
            Some(_) => Mark::Missing,
            None if again => Mark::Repeated,
            None => Mark::Whole,
        };
        self.map.mark(self.base + entry.offset.saturating_sub(self.start), bytes, mark);
        if let Some(finding) = found {
            self.found(finding);
        }
        self.entry_sizes.add(bytes);
        if !again {
            self.views.add(header.view.get());
            self.risk.add(header.op.get(), header.commit.get(), bytes);
            let time = header.timestamp.get();
            let before = std::mem::replace(&mut self.time_before, time);
            if before > 0 && time >= before {
                self.pauses.add(time - before);
            }
        }
        self.digester.update(header);
    }

    /// Something that is wrong between entries.
    pub(super) fn found(&mut self, finding: Finding) {
        *self.kinds.entry(finding.kind).or_insert(0) += 1;
        if self.findings.len() < FINDINGS_KEPT {
            self.findings.push(finding);
        }
    }

    pub(super) fn damaged(&mut self, range: &DamagedRange) {
        let DamagedRange { offset, len: bytes, damage, op, zeros, torn_end, .. } = *range;
        self.map.mark(self.base + offset.saturating_sub(self.start), bytes, Mark::Damaged);
        let kind = FindingKind::Damage { len: bytes, damage, zeros, torn_end };
        self.found(log::found(&self.path, offset, op, &kind));
        self.damages += 1;
        self.damaged_bytes += bytes;
    }

    /// The name of an operation, or of the record that it is.
    pub(super) fn name(&self, operation: Operation) -> Option<&'static str> {
        operation.name().or_else(|| self.raft.as_ref().and_then(|_| summary::name(operation)))
    }

    /// Whether nothing is wrong in it and between its entries.
    pub(super) fn is_clean(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The operations that are there, the one with most entries first.
    pub(super) fn operations(&self) -> Vec<(Operation, Count)> {
        let all = (0..=u8::MAX).map(Operation).zip(self.operations.iter().copied());
        let mut there: Vec<_> = all.filter(|(_, count)| count.entries > 0).collect();
        there.sort_by_key(|(operation, count)| (std::cmp::Reverse(count.entries), *operation));
        there
    }
}
