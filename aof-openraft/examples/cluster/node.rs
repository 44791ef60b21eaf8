//! One node: a log, a snapshot, and a server.

use crate::kv::Put;
use crate::kv::machine::KvMachine;
use crate::peer::Peers;
use crate::snapshot_file::SnapshotFile;
use crate::wire::{Call, Reply, receive, send};
use crate::{Failure, NODES, Types};
use aof_file::FileBackend;
use aof_openraft::{AofLogStore, StoreOptions};
use openraft::alias::SnapshotOf;
use openraft::errors::{ClientWriteError, RaftError};
use openraft::{BasicNode, Config, ReadPolicy, SnapshotPolicy};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};

type Raft = openraft::Raft<Types, KvMachine<Types>>;

/// A running node.
#[derive(Clone)]
pub struct Node {
    pub raft: Raft,
    pub store: AofLogStore<Types, FileBackend>,
    machine: KvMachine<Types>,
    peers: Peers,
}

/// Runs a node until the process ends.
pub async fn run(id: u64, directory: &Path, port: u16) -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", Peers { port }.port_of(id))).await?;
    let node = Node::open(id, directory, port).await?;
    println!("node {id} listens on {}", listener.local_addr()?);
    node.serve(listener).await
}

impl Node {
    /// Opens the log and the snapshot of a directory, which may be new.
    pub async fn open(id: u64, directory: &Path, port: u16) -> Result<Node, Failure> {
        std::fs::create_dir_all(directory)?;
        let backend = FileBackend::open_or_create(directory.join("raft.aof"))?;
        let (store, recovery) = AofLogStore::open(backend, StoreOptions::new()).await?;
        if recovery.lost_bytes() > 0 {
            println!("node {id} cut an unacknowledged tail of {} bytes", recovery.lost_bytes());
        }
        let snapshots = Arc::new(SnapshotFile { directory: directory.to_owned() });
        let machine = KvMachine::open(snapshots, None)?;
        let peers = Peers { port };
        let raft = Raft::new(id, Arc::new(config().validate()?), peers, store.clone(), machine.clone()).await?;
        Ok(Node { raft, store, machine, peers })
    }

    pub async fn serve(self, listener: TcpListener) -> Result<(), Failure> {
        loop {
            let (stream, _) = listener.accept().await?;
            // It ends with its connection.
            drop(tokio::spawn(self.clone().converse(stream)));
        }
    }

    /// Stops the node: everything is durable, and the log is closed.
    pub async fn close(self) -> Result<(), Failure> {
        self.raft.shutdown().await?;
        Ok(self.store.close().await?)
    }

    async fn converse(self, mut stream: TcpStream) {
        while let Ok(call) = receive(&mut stream).await {
            let reply = self.answer(call).await;
            if send(&mut stream, &reply).await.is_err() {
                break;
            }
        }
    }

    async fn answer(&self, call: Call) -> Reply {
        match call {
            Call::Append(rpc) => self.raft.append_entries(rpc).await.map_or_else(failed, Reply::Append),
            Call::Vote(rpc) => self.raft.vote(rpc).await.map_or_else(failed, Reply::Vote),
            Call::Snapshot { vote, meta, snapshot } => {
                let snapshot = SnapshotOf::<Types, Vec<u8>> { meta, snapshot };
                self.raft.install_full_snapshot(vote, snapshot).await.map_or_else(failed, Reply::Snapshot)
            }
            Call::Init => {
                let members: BTreeMap<_, _> = NODES
                    .iter()
                    .map(|id| (*id, BasicNode::new(format!("127.0.0.1:{}", self.peers.port_of(*id)))))
                    .collect();
                self.raft.initialize(members).await.map_or_else(failed, |()| Reply::Init)
            }
            Call::Put { key, value } => match self.raft.client_write(Put { key, value }).await {
                Ok(written) => Reply::Put(written.log_id.index),
                Err(RaftError::APIError(ClientWriteError::ForwardToLeader(to))) => Reply::NotLeader(to.leader_id),
                Err(error) => failed(error),
            },
            Call::Get { key } => match self.raft.get_read_linearizer(ReadPolicy::ReadIndex).await {
                Ok(linearizer) => match linearizer.await_ready(&self.raft).await {
                    Ok(_) => Reply::Get(self.machine.get(&key)),
                    Err(error) => failed(error),
                },
                Err(_) => Reply::NotLeader(self.raft.current_leader().await),
            },
        }
    }
}

fn failed(error: impl Display) -> Reply {
    Reply::Failed(error.to_string())
}

fn config() -> Config {
    Config {
        heartbeat_interval: 100,
        election_timeout_min: 300,
        election_timeout_max: 600,
        // Often enough to be seen; entries that a snapshot has are purged.
        snapshot_policy: SnapshotPolicy::LogsSinceLast(500),
        max_in_snapshot_log_to_keep: 100,
        // A leader sends entries before they are durable on its own disk. If it continued after a restart without an
        // election, it would give the log ids of entries that it lost out again, though the others committed them.
        enable_leader_restore: Some(false),
        ..Config::default()
    }
}
