//! The way from one node to another.

use crate::Types;
use crate::wire::{Call, Connection, Reply};
use openraft::alias::{SnapshotOf, VoteOf};
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, VoteRequest, VoteResponse};
use std::future::Future;
use std::io;

/// Ports of the cluster: node 1 listens on the next one, and so on.
#[derive(Clone, Copy)]
pub struct Peers {
    pub port: u16,
}

impl Peers {
    pub fn port_of(self, id: u64) -> u16 {
        // The nodes are 1 to 3; a port that is too high is refused by the system.
        self.port.saturating_add(u16::try_from(id).unwrap_or(u16::MAX))
    }
}

pub struct Peer {
    connection: Connection,
}

impl RaftNetworkFactory<Types> for Peers {
    type Network = Peer;

    async fn new_client(&mut self, target: u64, _: &openraft::BasicNode) -> Peer {
        Peer { connection: Connection::new(self.port_of(target)) }
    }
}

impl Peer {
    async fn call(&mut self, call: &Call) -> Result<Reply, RPCError<Types>> {
        self.connection.call(call).await.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => RPCError::Unreachable(Unreachable::new(&error)),
            _ => RPCError::Network(NetworkError::new(&error)),
        })
    }
}

/// The other node runs, and could not do it.
fn refused(reply: Reply) -> Unreachable<Types> {
    let why = match reply {
        Reply::Failed(why) => why,
        _ => "the reply is that of another call".to_owned(),
    };
    Unreachable::new(&io::Error::other(why))
}

impl RaftNetworkV2<Types> for Peer {
    type SnapshotData = Vec<u8>;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<Types>,
        _: RPCOption,
    ) -> Result<AppendEntriesResponse<Types>, RPCError<Types>> {
        match self.call(&Call::Append(rpc)).await? {
            Reply::Append(response) => Ok(response),
            reply => Err(refused(reply).into()),
        }
    }

    async fn vote(&mut self, rpc: VoteRequest<Types>, _: RPCOption) -> Result<VoteResponse<Types>, RPCError<Types>> {
        match self.call(&Call::Vote(rpc)).await? {
            Reply::Vote(response) => Ok(response),
            reply => Err(refused(reply).into()),
        }
    }

    async fn full_snapshot(
        &mut self,
        vote: VoteOf<Types>,
        snapshot: SnapshotOf<Types, Vec<u8>>,
        _: impl Future<Output = ReplicationClosed> + Send + 'static,
        _: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let call = Call::Snapshot { vote, meta: snapshot.meta, snapshot: snapshot.snapshot };
        match self.connection.call(&call).await {
            Ok(Reply::Snapshot(response)) => Ok(response),
            Ok(reply) => Err(refused(reply).into()),
            Err(error) => Err(StreamingError::Unreachable(Unreachable::new(&error))),
        }
    }
}
