//! Everything that is counted, in memory that does not grow with the log.

use super::clients::Clients;
use super::ops::Ops;
use super::series::Series;
use super::sizes::Sizes;
use crate::command_line::records::Records;
use crate::output::openraft::summary::{self, Summary};
use aof_api::Operation;
use aof_api::read::LocatedEntry;

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
    pub(super) damages: u64,
    pub(super) damaged_bytes: u64,
    /// Bytes at the end of a log that somebody is writing.
    pub(super) pending: u64,
    /// What the records say, where that is asked for.
    pub(super) raft: Option<Summary>,
}

impl Tally {
    pub(super) fn new(decode: Option<Records>) -> Tally {
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
            damages: 0,
            damaged_bytes: 0,
            pending: 0,
            raft: decode.map(|Records::OpenRaft| Summary::default()),
        }
    }

    pub(super) fn begin_file(&mut self) {
        self.files += 1;
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
    }

    pub(super) fn damaged(&mut self, bytes: u64) {
        self.damages += 1;
        self.damaged_bytes += bytes;
    }

    /// The name of an operation, or of the record that it is.
    pub(super) fn name(&self, operation: Operation) -> Option<&'static str> {
        operation.name().or_else(|| self.raft.as_ref().and_then(|_| summary::name(operation)))
    }

    /// The operations that are there, the one with most entries first.
    pub(super) fn operations(&self) -> Vec<(Operation, Count)> {
        let all = (0..=u8::MAX).map(Operation).zip(self.operations.iter().copied());
        let mut there: Vec<_> = all.filter(|(_, count)| count.entries > 0).collect();
        there.sort_by_key(|(operation, count)| (std::cmp::Reverse(count.entries), *operation));
        there
    }
}
