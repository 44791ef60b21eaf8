//! What the suites of openraft do not ask: failures, full disks, and storage that is given back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where something failed")]

mod failing;
mod opening;
mod pruning;

use aof_openraft::{AofLogStore, StoreOptions};
use aof_testkit::disk::{SimBackend, SimDisk};
use openraft::alias::LogIdOf;
use openraft::entry::RaftEntry;
use openraft::storage::{IOFlushed, RaftLogReader, RaftLogStorage};
use openraft::testing::{blank_ent, log_id};
use openraft::type_config::TypeConfigExt;
use std::io;

openraft::declare_raft_types!(
    /// The types of these tests.
    pub Types: D = String, R = ()
);

type Store = AofLogStore<Types, SimBackend>;

async fn open(disk: &SimDisk) -> Store {
    AofLogStore::open(disk.open().unwrap(), StoreOptions::new().cache_bytes(100)).await.unwrap().0
}

/// Appends blank entries of term 1, and returns what resolves when they are durable.
async fn append(
    store: &mut Store,
    indices: std::ops::Range<u64>,
) -> io::Result<impl Future<Output = io::Result<()>> + use<>> {
    let (done, flushed) = Types::oneshot();
    store.append(indices.map(|index| blank_ent::<Types>(1, 1, index)), IOFlushed::signal(done)).await?;
    Ok(async move { flushed.await.unwrap() })
}

async fn indices(store: &mut Store) -> Vec<u64> {
    let entries = store.get_log_reader().await.try_get_log_entries(..).await.unwrap();
    entries.iter().map(RaftEntry::index).collect()
}

fn id(index: u64) -> LogIdOf<Types> {
    log_id::<Types>(1, 1, index)
}

/// The error of the log in what openraft is given.
fn cause(error: &io::Error) -> &aof_api::Error {
    error.get_ref().unwrap().downcast_ref().unwrap()
}
