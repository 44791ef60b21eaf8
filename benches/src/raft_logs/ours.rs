//! `aof-openraft` over one file.

use super::data::Data;
use super::{Contestant, RaftLog, payload, runtime};
use aof_file::{FileBackend, FileOptions};
use aof_openraft::{AofLogReader, AofLogStore, Postcard, StoreOptions};
use openraft::EntryPayload;
use openraft::alias::EntryOf;
use openraft::entry::RaftEntry;
use openraft::storage::{IOFlushed, RaftLogReader, RaftLogStorage};
use openraft::testing::log_id;
use openraft::type_config::TypeConfigExt;
use std::ops::Range;
use std::sync::mpsc::{Receiver, channel};
use tokio::runtime::Runtime;

openraft::declare_raft_types!(
    /// The types of the benchmark.
    pub(super) Types: D = Data, R = ()
);

pub(super) const LOG: Contestant = Contestant {
    name: "aof-openraft, one file",
    promise: "the callback comes after fdatasync, which all waiting callbacks share; 64 MiB of zeros ahead",
    open: |directory| {
        let runtime = runtime();
        let path = directory.join("raft.aof");
        // As the others, it allocates when a log is made, and not when one is opened.
        let ahead = if path.exists() { 0 } else { 64 << 20 };
        let options = FileOptions::new().preallocate_bytes(ahead);
        let backend = options.open_or_create(path).expect("the directory takes a file");
        let (store, reader) = runtime.block_on(async {
            let opened = AofLogStore::open(backend, StoreOptions::new()).await;
            let (mut store, _) = opened.expect("the log is whole");
            let reader = store.get_log_reader().await;
            (store, reader)
        });
        Box::new(Log { store, reader, runtime })
    },
};

struct Log {
    store: AofLogStore<Types, FileBackend>,
    reader: AofLogReader<Types, FileBackend, Postcard>,
    runtime: Runtime,
}

impl RaftLog for Log {
    fn append(&mut self, indices: Range<u64>) -> Receiver<()> {
        let entries =
            indices.map(|index| EntryOf::<Types>::new_normal(log_id::<Types>(1, 1, index), Data(payload(index))));
        let (done, durable) = Types::oneshot();
        let (sender, receiver) = channel();
        self.runtime.block_on(self.store.append(entries, IOFlushed::signal(done))).expect("the disk has room");
        self.runtime.spawn(async move {
            if let Ok(Ok(())) = durable.await {
                // Nobody waits where the benchmark has ended.
                let _ = sender.send(());
            }
        });
        receiver
    }

    fn read(&mut self, indices: Range<u64>) -> usize {
        let entries = self.runtime.block_on(self.reader.try_get_log_entries(indices)).expect("the log is whole");
        let len = |entry: &EntryOf<Types>| match &entry.payload {
            EntryPayload::Normal(Data(data)) => data.len(),
            _ => 0,
        };
        entries.iter().map(len).sum()
    }

    fn close(self: Box<Self>) {
        self.runtime.block_on(self.store.close()).expect("the disk syncs");
    }
}
