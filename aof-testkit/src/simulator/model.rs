//! What the log must be.

use aof_api::Appended;
use aof_api::format::{Checksum, Prepare, size_disk};
use std::collections::BTreeSet;

/// An entry that was written.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) op: u64,
    pub(super) checksum: Checksum,
    pub(super) offset: u64,
    pub(super) len: u64,
    /// Whether it names the entry before it as its parent, with the next op.
    pub(super) follows: bool,
    /// What it says was checkpointed when it was made; none where a replica made it.
    pub(super) commit: Option<u64>,
    /// The prepare, where it can be written again.
    pub(super) prepare: Option<Prepare>,
}

impl Entry {
    pub(super) fn appended(appended: Appended, body: usize, commit: u64) -> Entry {
        let Appended { op, checksum, offset, .. } = appended;
        let len = size_disk(256 + body as u32);
        Entry { op, checksum, offset, len, follows: true, commit: Some(commit), prepare: None }
    }

    /// An entry that is at `offset`, after the one `before` it.
    pub(super) fn written(prepare: Prepare, offset: u64, before: Option<&Entry>) -> Entry {
        let (op, checksum, len) = (prepare.op(), prepare.checksum(), prepare.size_disk());
        let parent = prepare.header().parent;
        let follows = before.is_none_or(|before| before.checksum == parent && before.op + 1 == op);
        let commit = prepare.header().has_checkpoint_mark().then(|| prepare.header().commit.get());
        Entry { op, checksum, offset, len, follows, commit, prepare: Some(prepare) }
    }

    pub(super) fn end(&self) -> u64 {
        self.offset + self.len
    }

    /// Whether it is whole where it was written.
    pub(super) fn is_whole_in(&self, bytes: &[u8]) -> bool {
        let there = bytes.get(self.offset as usize..self.end() as usize).map(Prepare::decode);
        there.is_some_and(|there| there.is_ok_and(|prepare| prepare.checksum() == self.checksum))
    }
}

/// What was written, and how much of it was acknowledged as durable.
#[derive(Debug)]
pub(super) struct Model {
    /// Where the log begins: above 0 once it was pruned.
    pub(super) start: u64,
    /// The parent of the first entry.
    pub(super) begins_after: Checksum,
    pub(super) entries: Vec<Entry>,
    /// How many of the entries are durable for certain.
    pub(super) durable: usize,
    /// The highest op when everything was last known to be durable, by opening the log or by a new file.
    base_op: u64,
    /// The checkpoints that were called since: where each ends, and the highest op then.
    calls: Vec<(u64, u64)>,
    /// Where the storage may be divided: no others than these.
    pub(super) divisions: BTreeSet<u64>,
    /// Whether there are bytes in the log that are no entries, which a policy kept.
    pub(super) scarred: bool,
    /// Entries of which a policy kept a part. One that lacks nothing but zeros at its end is whole again when zeros come
    /// after it.
    pub(super) ghosts: Vec<Entry>,
}

impl Model {
    pub(super) fn new() -> Model {
        Model {
            start: 0,
            begins_after: Prepare::root(0).checksum(),
            entries: Vec::new(),
            durable: 0,
            base_op: 0,
            calls: Vec::new(),
            divisions: BTreeSet::new(),
            scarred: false,
            ghosts: Vec::new(),
        }
    }

    pub(super) fn op_max(&self) -> u64 {
        self.entries.iter().map(|entry| entry.op).max().unwrap_or(0)
    }

    pub(super) fn tip(&self) -> Option<&Entry> {
        self.entries.last()
    }

    /// Where the last entry ends.
    pub(super) fn end(&self) -> u64 {
        self.tip().map_or(self.start, Entry::end)
    }

    /// Whether an append follows the highest op.
    pub(super) fn appendable(&self) -> bool {
        self.tip().is_none_or(|tip| tip.op == self.op_max())
    }

    /// Whether each entry follows the one before it, and nothing else is in the log.
    pub(super) fn is_linear(&self) -> bool {
        !self.scarred && self.entries.iter().skip(1).all(|entry| entry.follows)
    }

    /// Where the last durable entry ends.
    pub(super) fn durable_end(&self) -> u64 {
        self.entries[..self.durable].last().map_or(self.start, Entry::end)
    }

    /// How many entries end at or below `end`.
    pub(super) fn entries_within(&self, end: u64) -> usize {
        self.entries.iter().take_while(|entry| entry.end() <= end).count()
    }

    /// The first `len` bytes were said to be durable.
    pub(super) fn acknowledge(&mut self, len: u64) {
        self.durable = self.durable.max(self.entries_within(len));
    }

    /// A checkpoint is called, and the log ends at `end`.
    pub(super) fn called(&mut self, end: u64) {
        self.calls.push((end, self.op_max()));
        self.divisions.insert(end);
    }

    /// What an entry says was checkpointed that is made when so many bytes are durable.
    pub(super) fn commit(&self, durable_len: u64) -> u64 {
        let durable = self.calls.iter().filter(|(end, _)| *end <= durable_len);
        durable.map(|(_, op)| *op).max().unwrap_or(0).max(self.base_op)
    }

    /// Everything in a log that ends at `end` is durable from now on, because it was opened.
    pub(super) fn opened(&mut self, end: u64) {
        self.durable = self.entries.len();
        self.base_op = self.op_max();
        self.calls.clear();
        self.divisions.retain(|division| *division <= end);
        self.divisions.insert(end);
    }

    /// Another file begins, with a durable copy of the last entry.
    pub(super) fn begin_with(&mut self, seam: &Prepare) {
        let entry = Entry::written(seam.clone(), 0, None);
        *self = Model { begins_after: seam.header().parent, entries: vec![entry], ..Model::new() };
        self.opened(self.end());
    }

    /// The log begins at `start` from now on, where an entry begins. Returns how many entries are gone.
    pub(super) fn prune(&mut self, start: u64) -> usize {
        let gone = self.entries.iter().take_while(|entry| entry.offset < start).count();
        if let Some(last) = gone.checked_sub(1) {
            self.begins_after = self.entries[last].checksum;
        }
        self.entries.drain(..gone);
        self.durable = self.durable.saturating_sub(gone);
        self.start = start;
        gone
    }

    /// Takes on the whole entries at `offset`: their write failed, and they were written nevertheless.
    pub(super) fn extend_from(&mut self, bytes: &[u8], offset: u64) {
        let mut at = offset as usize;
        while let Some(Ok(prepare)) = bytes.get(at..).map(Prepare::decode) {
            let entry = Entry::written(prepare, at as u64, self.tip());
            at = entry.end() as usize;
            self.entries.push(entry);
        }
    }

    /// How many of the entries are whole, one after the other, in these bytes.
    pub(super) fn whole_prefix(&self, bytes: &[u8]) -> usize {
        self.entries.iter().take_while(|entry| entry.is_whole_in(bytes)).count()
    }

    /// The highest op that any whole entry in these bytes says was checkpointed.
    pub(super) fn acknowledged_op(&self, bytes: &[u8]) -> u64 {
        let commits = self.entries.iter().filter(|entry| entry.is_whole_in(bytes)).filter_map(|entry| entry.commit);
        commits.max().unwrap_or(0)
    }
}
