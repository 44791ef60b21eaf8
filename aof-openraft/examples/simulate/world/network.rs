//! A network of function calls, with latency, loss and partitions.

use super::node::Raft;
use super::{Types, sleep_ms};
use aof_testkit::Random;
use openraft::alias::{SnapshotOf, VoteOf};
use openraft::errors::{RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, VoteRequest, VoteResponse};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};

/// Who is reachable, and from where.
#[derive(Clone)]
pub struct Network(Arc<Mutex<Links>>);

struct Links {
    nodes: BTreeMap<u64, Raft>,
    /// The life of each node: what an earlier one still says is not heard.
    lives: BTreeMap<u64, u64>,
    /// Messages from the one to the other are lost.
    cut: BTreeSet<(u64, u64)>,
    loss: f64,
    random: Random,
}

impl Network {
    pub fn new(random: Random, loss: f64) -> Network {
        Network(Arc::new(Mutex::new(Links {
            nodes: BTreeMap::new(),
            lives: BTreeMap::new(),
            cut: BTreeSet::new(),
            loss,
            random,
        })))
    }

    fn links(&self) -> std::sync::MutexGuard<'_, Links> {
        self.0.lock().expect("one thread")
    }

    /// A life of a node begins.
    pub fn begin(&self, id: u64, life: u64) {
        self.links().lives.insert(id, life);
    }

    /// It can be reached.
    pub fn join(&self, id: u64, raft: Raft) {
        self.links().nodes.insert(id, raft);
    }

    /// It has ended.
    pub fn leave(&self, id: u64) {
        let mut links = self.links();
        links.nodes.remove(&id);
        links.lives.remove(&id);
    }

    pub fn node(&self, id: u64) -> Option<Raft> {
        self.links().nodes.get(&id).cloned()
    }

    fn life(&self, id: u64) -> Option<u64> {
        self.links().lives.get(&id).copied()
    }

    pub fn cut(&self, from: u64, to: u64) {
        self.links().cut.insert((from, to));
    }

    pub fn heal(&self) {
        self.links().cut.clear();
    }

    /// Takes the time of a message, which may be lost.
    async fn pass(&self, from: u64, to: u64) -> Result<(), Unreachable<Types>> {
        let (ms, lost) = {
            let mut links = self.links();
            let loss = links.loss;
            (links.random.below(12), links.random.chance(loss))
        };
        sleep_ms(ms).await;
        if lost || self.links().cut.contains(&(from, to)) {
            return Err(unreachable());
        }
        Ok(())
    }

    async fn call<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        (from, life): (u64, u64),
        to: u64,
        call: impl FnOnce(Raft) -> F,
    ) -> Result<T, Unreachable<Types>> {
        let is_alive = || self.life(from) == Some(life);
        self.pass(from, to).await?;
        let (Some(raft), Some(life_there), true) = (self.node(to), self.life(to), is_alive()) else {
            return Err(unreachable());
        };
        let reply = call(raft).await.map_err(|_| unreachable())?;
        self.pass(to, from).await?;
        if self.life(to) != Some(life_there) || !is_alive() {
            return Err(unreachable());
        }
        Ok(reply)
    }
}

fn unreachable() -> Unreachable<Types> {
    Unreachable::new(&io::Error::from(io::ErrorKind::HostUnreachable))
}

/// The way from one node to the others.
pub struct From {
    pub id: u64,
    pub life: u64,
    pub network: Network,
}

/// The way from one node to another.
pub struct Link {
    from: (u64, u64),
    to: u64,
    network: Network,
}

impl RaftNetworkFactory<Types> for From {
    type Network = Link;

    async fn new_client(&mut self, target: u64, _: &openraft::BasicNode) -> Link {
        Link { from: (self.id, self.life), to: target, network: self.network.clone() }
    }
}

impl RaftNetworkV2<Types> for Link {
    type SnapshotData = Vec<u8>;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<Types>,
        _: RPCOption,
    ) -> Result<AppendEntriesResponse<Types>, RPCError<Types>> {
        Ok(self.network.call(self.from, self.to, |raft| async move { raft.append_entries(rpc).await }).await?)
    }

    async fn vote(&mut self, rpc: VoteRequest<Types>, _: RPCOption) -> Result<VoteResponse<Types>, RPCError<Types>> {
        Ok(self.network.call(self.from, self.to, |raft| async move { raft.vote(rpc).await }).await?)
    }

    async fn full_snapshot(
        &mut self,
        vote: VoteOf<Types>,
        snapshot: SnapshotOf<Types, Vec<u8>>,
        _: impl Future<Output = ReplicationClosed> + Send + 'static,
        _: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let install = |raft: Raft| async move { raft.install_full_snapshot(vote, snapshot).await };
        Ok(self.network.call(self.from, self.to, install).await?)
    }
}
