//! What a run of entries says as a whole, so that a long good log is not taken entry by entry.

use crate::format::checksum::Checksum;
use crate::format::digest::push_record;
use crate::format::header::Header;

/// A summary of the entries of one batch, made by the thread that verifies them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    entries: u64,
    /// Each entry follows the one before it, its op is the next one, and the cluster is the same.
    chained: bool,
    /// Some header breaks a rule of the format.
    pub(crate) has_lints: bool,
    pub(crate) cluster: u128,
    /// The parent of the first entry, and its op.
    pub(crate) parent: Checksum,
    pub(crate) op_first: u64,
    /// The last entry.
    pub(crate) checksum: Checksum,
    pub(crate) op_last: u64,
    /// The size of the last entry, header and body.
    pub(crate) size_last: u32,
    pub(crate) marked: bool,
    /// The highest op that an entry made by `append` calls checkpointed.
    pub(crate) acknowledged_op: u64,
    pub(crate) timestamp: u64,
    /// Those of the first entry and of the last one, and whether some entry has an earlier one than the entry before it.
    pub(crate) timestamp_first: u64,
    pub(crate) timestamp_last: u64,
    pub(crate) times_back: bool,
    /// What the data checksum chain covers.
    pub(crate) digest_records: Vec<u8>,
}

impl Run {
    pub(crate) fn clear(&mut self) {
        let mut digest_records = std::mem::take(&mut self.digest_records);
        digest_records.clear();
        *self = Run { digest_records, ..Run::default() };
    }

    pub(crate) fn push(&mut self, header: &Header) {
        let (op, cluster) = (header.op.get(), header.cluster.get());
        if self.entries == 0 {
            self.chained = true;
            self.cluster = cluster;
            self.parent = header.parent;
            self.op_first = op;
            self.timestamp_first = header.timestamp.get();
        } else {
            let next = self.op_last.checked_add(1) == Some(op);
            self.chained &= next && header.parent == self.checksum && cluster == self.cluster;
        }
        self.entries += 1;
        self.has_lints |= header.has_lints();
        self.checksum = header.checksum;
        self.op_last = op;
        self.size_last = header.size.get();
        self.marked = header.has_checkpoint_mark();
        if self.marked {
            self.acknowledged_op = self.acknowledged_op.max(header.commit.get());
        }
        let timestamp = header.timestamp.get();
        self.times_back |= timestamp < self.timestamp_last;
        self.timestamp_last = timestamp;
        self.timestamp = self.timestamp.max(timestamp);
        push_record(&mut self.digest_records, header);
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    /// Whether the run continues a chain that ends in this op and checksum, so that nothing in it needs a second look.
    pub(crate) fn continues(&self, op: u64, checksum: Checksum) -> bool {
        self.chained && self.parent == checksum && op.checked_add(1) == Some(self.op_first)
    }
}
