//! Calls between processes: a length, then the bytes of `postcard`.

use crate::Types;
use openraft::alias::{SnapshotMetaOf, VoteOf};
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, VoteRequest, VoteResponse};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest message.
const MESSAGE_LEN_MAX: u32 = 64 << 20;

#[derive(Serialize, Deserialize)]
pub enum Call {
    Append(AppendEntriesRequest<Types>),
    Vote(VoteRequest<Types>),
    Snapshot { vote: VoteOf<Types>, meta: SnapshotMetaOf<Types>, snapshot: Vec<u8> },
    Init,
    Put { key: String, value: String },
    Get { key: String },
}

#[derive(Serialize, Deserialize)]
pub enum Reply {
    Append(AppendEntriesResponse<Types>),
    Vote(VoteResponse<Types>),
    Snapshot(SnapshotResponse<Types>),
    Init,
    /// It is replicated, at this index.
    Put(u64),
    Get(Option<String>),
    /// Nothing was done: another node leads, perhaps this one.
    NotLeader(Option<u64>),
    /// It may have been done.
    Failed(String),
}

pub async fn send<T: Serialize>(stream: &mut TcpStream, message: &T) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    postcard::to_io(message, &mut bytes).map_err(io::Error::other)?;
    let len = u32::try_from(bytes.len() - 4).ok().filter(|len| *len <= MESSAGE_LEN_MAX);
    let len = len.ok_or_else(|| io::Error::other("the message is too long"))?;
    bytes[..4].copy_from_slice(&len.to_le_bytes());
    stream.write_all(&bytes).await
}

pub async fn receive<T: DeserializeOwned>(stream: &mut TcpStream) -> io::Result<T> {
    let mut len = [0; 4];
    stream.read_exact(&mut len).await?;
    let len = u32::from_le_bytes(len);
    if len > MESSAGE_LEN_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the message is too long"));
    }
    let mut bytes = vec![0; len as usize];
    stream.read_exact(&mut bytes).await?;
    postcard::from_bytes(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// A connection that is made when it is needed, and again after it failed.
pub struct Connection {
    port: u16,
    stream: Option<TcpStream>,
}

impl Connection {
    pub fn new(port: u16) -> Connection {
        Connection { port, stream: None }
    }

    /// # Errors
    ///
    /// Where nothing was sent, [`io::ErrorKind::ConnectionRefused`]; otherwise the call may have been done.
    pub async fn call(&mut self, call: &Call) -> io::Result<Reply> {
        // Taken, so that a call that fails or is dropped leaves no connection with half an answer.
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(("127.0.0.1", self.port))
                .await
                .map_err(|error| io::Error::new(io::ErrorKind::ConnectionRefused, error))?,
        };
        stream.set_nodelay(true)?;
        send(&mut stream, call).await?;
        let reply = receive(&mut stream).await?;
        self.stream = Some(stream);
        Ok(reply)
    }
}
