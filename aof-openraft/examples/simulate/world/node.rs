//! One node: a disk that stays, and a life that ends.

use super::history::History;
use super::network::{From, Network};
use super::slow_disk::SlowDisk;
use super::{Types, sleep_ms};
use crate::kv::machine::KvMachine;
use crate::kv::snapshots::Snapshots;
use aof_api::LogOptions;
use aof_openraft::{AofLogStore, StoreOptions};
use aof_testkit::disk::{Retention, SimDisk};
use aof_testkit::{Notes, Random};
use openraft::type_config::TypeConfigExt;
use openraft::{Config, SnapshotPolicy};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub type Raft = openraft::Raft<Types, KvMachine<Types>>;
type Store = AofLogStore<Types, SlowDisk>;

/// How a leader that restarts leads again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartedLeader {
    /// By an election, as `docs/raft.md` demands.
    IsElected,
    /// At once, openraft's default: it gives log ids out again that it had not made durable.
    Continues,
}

/// A node, running or not.
pub struct Node {
    pub id: u64,
    pub disk: SimDisk,
    /// What survives of snapshots, with the number of the life that may still write it.
    snapshot: Arc<Mutex<(u64, Option<Vec<u8>>)>>,
    life: Option<Life>,
    random: Random,
    restarted: RestartedLeader,
}

struct Life {
    raft: Raft,
    store: Store,
    machine: KvMachine<Types>,
}

/// The snapshot as one life of a node sees it. It survives a crash once it was saved.
struct OfLife {
    number: u64,
    snapshot: Arc<Mutex<(u64, Option<Vec<u8>>)>>,
}

impl Snapshots for OfLife {
    fn save(&self, bytes: &[u8]) -> io::Result<()> {
        let mut snapshot = self.snapshot.lock().expect("one thread");
        if snapshot.0 != self.number {
            return Err(io::Error::other("this node has lost power"));
        }
        snapshot.1 = Some(bytes.to_vec());
        Ok(())
    }

    fn load(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.snapshot.lock().expect("one thread").1.clone())
    }
}

impl Node {
    pub fn new(id: u64, mut random: Random, restarted: RestartedLeader) -> Node {
        let mut disk = SimDisk::new().syncing_in(3);
        // Some disks give storage back, some keep notes, some allocate ahead.
        if random.chance(0.7) {
            disk = disk.pruning().keeping_notes(if random.chance(0.5) { Notes::Every } else { Notes::Some });
        } else if random.chance(0.5) {
            disk = disk.allocating_ahead(4096);
        }
        Node { id, disk, snapshot: Arc::default(), life: None, random, restarted }
    }

    pub fn is_running(&self) -> bool {
        self.life.is_some()
    }

    pub fn machine(&self) -> Option<&KvMachine<Types>> {
        self.life.as_ref().map(|life| &life.machine)
    }

    /// Starts the node with room for `room` bytes more than its disk holds.
    pub async fn start(&mut self, network: &Network, history: &History, room: u64) -> Result<(), String> {
        let number = {
            let mut snapshot = self.snapshot.lock().expect("one thread");
            snapshot.0 += 1;
            snapshot.0
        };
        let disk = self.disk.clone().with_capacity((self.disk.live().len() as u64).saturating_add(room));
        let inner = disk.open().map_err(|error| format!("node {}: {error}", self.id))?;
        let backend = SlowDisk { inner, random: Random::new(self.random.split()) };
        let start = Types::now();
        let clock = move || 1_000_000_000 + (Types::now() - start).as_nanos() as u64;
        let log = LogOptions::new().clock(clock);
        // Small enough that entries are read from the disk, too.
        let options = StoreOptions::new().log(log).cache_bytes(self.random.index(2000)).read_bytes(500);
        let (store, _) = match Store::open(backend, options).await {
            Ok(opened) => opened,
            // A checkpoint without room for zeros ahead, say; the disk was full on purpose.
            Err(error) if room < u64::MAX => {
                tracing::debug!(%error, "not started on a full disk");
                return Ok(());
            }
            Err(error) => return Err(format!("node {} cannot open its log: {error}", self.id)),
        };
        let (id, observed) = (self.id, history.clone());
        let observer =
            Arc::new(move |index, digest, put: Option<&crate::kv::Put>| observed.applied(id, index, digest, put));
        let snapshots = Arc::new(OfLife { number, snapshot: Arc::clone(&self.snapshot) });
        let machine = KvMachine::open(snapshots, Some(observer)).map_err(|error| error.to_string())?;
        network.begin(id, number);
        let from = From { id, life: number, network: network.clone() };
        match Raft::new(id, config(self.restarted), from, store.clone(), machine.clone()).await {
            Ok(raft) => {
                network.join(id, raft.clone());
                self.life = Some(Life { raft, store, machine });
                Ok(())
            }
            Err(error) if room < u64::MAX => {
                tracing::debug!(%error, "not started on a full disk");
                drop(store.close().await);
                Ok(())
            }
            Err(error) => Err(format!("node {id} cannot start: {error}")),
        }
    }

    /// Ends the life of the node at once: its disk keeps just this of what was not durable.
    pub async fn kill(&mut self, network: &Network, retention: Retention) {
        self.disk.crash_keeping(retention);
        self.snapshot.lock().expect("one thread").0 += 1;
        network.leave(self.id);
        if let Some(life) = self.life.take() {
            // What is left of it runs into a dead disk.
            drop(Types::timeout(Duration::from_secs(5), life.raft.shutdown()).await);
        }
    }

    /// Stops the node in an orderly way.
    pub async fn stop(&mut self, network: &Network) -> Result<(), String> {
        network.leave(self.id);
        let Some(life) = self.life.take() else { return Ok(()) };
        drop(life.raft.shutdown().await);
        self.snapshot.lock().expect("one thread").0 += 1;
        life.store.close().await.map_err(|error| format!("node {} cannot close its log: {error}", self.id))?;
        sleep_ms(1).await;
        Ok(())
    }
}

fn config(restarted: RestartedLeader) -> Arc<Config> {
    let config = Config {
        heartbeat_interval: 50,
        election_timeout_min: 200,
        election_timeout_max: 400,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(25),
        max_in_snapshot_log_to_keep: 5,
        purge_batch_size: 1,
        replication_lag_threshold: 20,
        enable_leader_restore: Some(restarted == RestartedLeader::Continues),
        ..Config::default()
    };
    Arc::new(config.validate().expect("the values are in their ranges"))
}
