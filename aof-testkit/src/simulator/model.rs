//! What the log must be.

use aof_api::Appended;
use aof_api::format::{Checksum, Prepare, size_disk};

/// An entry that was written.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) op: u64,
    pub(super) checksum: Checksum,
    pub(super) offset: u64,
    pub(super) len: u64,
    /// What it says was checkpointed when it was made; none where a replica made it.
    pub(super) commit: Option<u64>,
    /// The prepare, where it can be written again.
    pub(super) prepare: Option<Prepare>,
}

impl Entry {
    pub(super) fn appended(appended: Appended, body: usize, commit: u64) -> Entry {
        let Appended { op, checksum, offset, .. } = appended;
        let len = size_disk(256 + body as u32);
        Entry { op, checksum, offset, len, commit: Some(commit), prepare: None }
    }

    pub(super) fn written(prepare: Prepare, offset: u64) -> Entry {
        let (op, checksum, len) = (prepare.op(), prepare.checksum(), prepare.size_disk());
        let commit = prepare.header().has_checkpoint_mark().then(|| prepare.header().commit.get());
        Entry { op, checksum, offset, len, commit, prepare: Some(prepare) }
    }

    pub(super) fn end(&self) -> u64 {
        self.offset + self.len
    }

    /// Whether it stands whole where it was written.
    pub(super) fn is_whole_in(&self, bytes: &[u8]) -> bool {
        let there = bytes.get(self.offset as usize..self.end() as usize).map(Prepare::decode);
        there.is_some_and(|there| there.is_ok_and(|prepare| prepare.checksum() == self.checksum))
    }
}

/// What was written, and how much of it was acknowledged as durable.
#[derive(Debug)]
pub(super) struct Model {
    /// What the first entry stands on.
    pub(super) begins_behind: Checksum,
    pub(super) entries: Vec<Entry>,
    /// How many of the entries are durable for certain.
    pub(super) durable: usize,
    /// The highest op when the log says that it was last checkpointed.
    pub(super) checkpointed_op: u64,
    /// Whether bytes stand in the log that are no entries, which a policy kept.
    pub(super) scarred: bool,
    /// Entries of which a policy kept a part. One that lacks nothing but zeros at its end is whole again when zeros come
    /// to stand behind it.
    pub(super) ghosts: Vec<Entry>,
}

impl Model {
    pub(super) fn new() -> Model {
        let begins_behind = Prepare::root(0).checksum();
        Model { begins_behind, entries: Vec::new(), durable: 0, checkpointed_op: 0, scarred: false, ghosts: Vec::new() }
    }

    pub(super) fn op_max(&self) -> u64 {
        self.entries.iter().map(|entry| entry.op).max().unwrap_or(0)
    }

    pub(super) fn tip(&self) -> Option<&Entry> {
        self.entries.last()
    }

    /// Whether an append stands on the highest op.
    pub(super) fn appendable(&self) -> bool {
        self.tip().is_none_or(|tip| tip.op == self.op_max())
    }

    /// Where the last durable entry ends.
    pub(super) fn durable_end(&self) -> u64 {
        self.entries[..self.durable].last().map_or(0, Entry::end)
    }

    /// Everything written is durable from now on.
    pub(super) fn checkpointed(&mut self) {
        self.durable = self.entries.len();
        self.checkpointed_op = self.op_max();
    }

    /// Another file begins, with a durable copy of the last entry.
    pub(super) fn begin_with(&mut self, seam: &Prepare) {
        self.begins_behind = seam.header().parent;
        self.entries = vec![Entry::written(seam.clone(), 0)];
        self.durable = 1;
        self.scarred = false;
        self.ghosts.clear();
    }

    /// Takes on the whole entries that stand at `offset`: nobody was told that they were written, and they were.
    pub(super) fn extend_from(&mut self, bytes: &[u8], offset: u64) {
        let mut at = offset as usize;
        while let Some(Ok(prepare)) = bytes.get(at..).map(Prepare::decode) {
            let entry = Entry::written(prepare, at as u64);
            at = entry.end() as usize;
            self.entries.push(entry);
        }
    }

    /// How many of the entries stand whole, one behind the other, in these bytes.
    pub(super) fn whole_prefix(&self, bytes: &[u8]) -> usize {
        self.entries.iter().take_while(|entry| entry.is_whole_in(bytes)).count()
    }

    /// The highest op that any whole entry in these bytes says was checkpointed.
    pub(super) fn acknowledged_op(&self, bytes: &[u8]) -> u64 {
        let commits = self.entries.iter().filter(|entry| entry.is_whole_in(bytes)).filter_map(|entry| entry.commit);
        commits.max().unwrap_or(0)
    }
}
