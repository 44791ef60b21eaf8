//! `hiqlite-wal`: memory-mapped files, for openraft 0.9.
//!
//! The callback of its `append` can be made by openraft alone, so the benchmark sends the writer what `append` does.

use super::data::Data;
use super::{Contestant, RaftLog, payload, runtime};
use hiqlite_wal::{Action, LogStore, LogSync};
use openraft_0_9 as openraft;
use openraft_0_9::storage::RaftLogReader;
use openraft_0_9::{CommittedLeaderId, Entry, EntryPayload, LogId};
use std::io::Cursor;
use std::ops::Range;
use std::sync::mpsc::{Receiver, channel};
use tokio::runtime::Runtime;

openraft::declare_raft_types!(
    /// The types of the benchmark.
    pub(super) Types: D = Data, R = (), NodeId = u64, Node = openraft_0_9::BasicNode, Entry = Entry<Types>,
        SnapshotData = Cursor<Vec<u8>>
);

/// As much as ours has ahead.
const FILE_BYTES: u32 = 64 << 20;

pub(super) const LOG: Contestant = Contestant {
    name: "hiqlite-wal 0.15.1",
    promise: "LogSync::Immediate: msync of the mapping before each callback",
    open: |directory| {
        let runtime = runtime();
        let path = directory.to_str().expect("temporary directories are named in ASCII").to_owned();
        let opened = runtime.block_on(LogStore::start(path, LogSync::Immediate, FILE_BYTES));
        Box::new(Log { store: opened.expect("the log is whole"), runtime })
    },
};

struct Log {
    store: LogStore<Types>,
    runtime: Runtime,
}

impl RaftLog for Log {
    fn append(&mut self, indices: Range<u64>) -> Receiver<()> {
        let (entries, rx) = flume::bounded(1);
        let (ack, acknowledged) = tokio::sync::oneshot::channel();
        let (sender, receiver) = channel();
        let callback = Box::new(move |outcome: std::io::Result<()>| {
            if outcome.is_ok() {
                // Nobody waits where the benchmark has ended.
                let _ = sender.send(());
            }
        });
        let writer = &self.store.writer;
        self.runtime.block_on(async {
            writer.send_async(Action::Append { rx, callback, ack }).await.expect("the writer runs");
            for index in indices {
                let entry = Entry::<Types> {
                    log_id: LogId::new(CommittedLeaderId::new(1, 1), index),
                    payload: EntryPayload::Normal(Data(payload(index))),
                };
                let bytes = bincode_next::serde::encode_to_vec(&entry, bincode_next::config::legacy());
                let bytes = bytes.expect("an entry can be encoded");
                entries.send_async(Some((index, bytes))).await.expect("the writer runs");
            }
            entries.send_async(None).await.expect("the writer runs");
            acknowledged.await.expect("the writer runs").expect("the disk has room");
        });
        receiver
    }

    fn read(&mut self, indices: Range<u64>) -> usize {
        let entries = self.runtime.block_on(self.store.try_get_log_entries(indices)).expect("the log is whole");
        let len = |entry: &Entry<Types>| match &entry.payload {
            EntryPayload::Normal(Data(data)) => data.len(),
            _ => 0,
        };
        entries.iter().map(len).sum()
    }

    fn close(self: Box<Self>) {
        self.runtime.block_on(self.store.stop()).expect("the disk syncs");
    }
}
