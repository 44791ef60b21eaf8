//! A client: it asks whoever it believes to lead.

use crate::peer::Peers;
use crate::wire::{Call, Connection, Reply};
use crate::{Failure, NODES};
use std::io;
use std::time::Duration;

/// How a call ended.
pub enum Answer<T> {
    Done(T),
    /// Nothing was done.
    Refused,
    /// It may have been done.
    Unknown,
}

pub struct Client {
    connections: Vec<Connection>,
    leader: usize,
}

impl Client {
    pub fn new(port: u16) -> Client {
        let peers = Peers { port };
        Client { connections: NODES.iter().map(|id| Connection::new(peers.port_of(*id))).collect(), leader: 0 }
    }

    /// The three nodes become a cluster.
    pub async fn init(&mut self) -> Result<(), Failure> {
        match self.connections[0].call(&Call::Init).await? {
            Reply::Init => Ok(()),
            Reply::Failed(why) => Err(why.into()),
            _ => Err("the reply is that of another call".into()),
        }
    }

    pub async fn put(&mut self, key: &str, value: &str) -> Answer<u64> {
        match self.ask(&Call::Put { key: key.to_owned(), value: value.to_owned() }).await {
            Answer::Done(Reply::Put(index)) => Answer::Done(index),
            Answer::Refused => Answer::Refused,
            _ => Answer::Unknown,
        }
    }

    pub async fn get(&mut self, key: &str) -> Answer<Option<String>> {
        match self.ask(&Call::Get { key: key.to_owned() }).await {
            Answer::Done(Reply::Get(value)) => Answer::Done(value),
            Answer::Refused => Answer::Refused,
            _ => Answer::Unknown,
        }
    }

    /// Puts until it is known to be done: this may do it more than once.
    pub async fn put_until_done(&mut self, key: &str, value: &str) -> Result<u64, Failure> {
        for _ in 0..200 {
            if let Answer::Done(index) = self.put(key, value).await {
                return Ok(index);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("no node leads: are two of the three running, and was `init` run?".into())
    }

    pub async fn get_until_done(&mut self, key: &str) -> Result<Option<String>, Failure> {
        for _ in 0..200 {
            if let Answer::Done(value) = self.get(key).await {
                return Ok(value);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("no node leads: are two of the three running, and was `init` run?".into())
    }

    async fn ask(&mut self, call: &Call) -> Answer<Reply> {
        let asked = tokio::time::timeout(Duration::from_secs(2), self.connections[self.leader].call(call)).await;
        let next = (self.leader + 1) % NODES.len();
        match asked {
            Ok(Ok(Reply::NotLeader(leader))) => {
                let known = leader.and_then(|leader| NODES.iter().position(|id| *id == leader));
                self.leader = known.filter(|known| *known != self.leader).unwrap_or(next);
                Answer::Refused
            }
            Ok(Ok(Reply::Failed(_))) | Err(_) => {
                self.leader = next;
                Answer::Unknown
            }
            Ok(Ok(reply)) => Answer::Done(reply),
            Ok(Err(error)) => {
                self.leader = next;
                if error.kind() == io::ErrorKind::ConnectionRefused { Answer::Refused } else { Answer::Unknown }
            }
        }
    }
}
