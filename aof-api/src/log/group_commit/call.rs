//! What is asked of the log, before somebody drives it.

use super::ticket::Id;
use crate::format::operation::Operation;
use crate::log::aof::Aof;
use crate::read::entries::Entries;
use crate::storage::backend::AofBackend;
use crate::storage::error::Result;
use futures::channel::oneshot;
use futures::future::BoxFuture;

/// The entries of one call, which are accepted or refused together.
#[derive(Debug)]
pub(super) enum Bodies {
    One(Operation, Vec<u8>),
    Many(Vec<(Operation, Vec<u8>)>),
}

/// A call that was accepted.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: Id,
    pub(super) number: u64,
    /// Bytes in the log.
    pub(super) len: u64,
    pub(super) bodies: Bodies,
    /// Its caller waits until it is durable, and then perhaps calls again.
    pub(super) comes_back: bool,
}

/// A closure that wants the log; it keeps its result to itself.
pub(super) type Closure<B> = Box<dyn for<'a> FnOnce(&'a mut Aof<B>) -> BoxFuture<'a, ()> + Send>;

/// A request for the log between two batches.
pub(super) struct Lend<B: AofBackend> {
    pub(super) id: Id,
    /// The calls up to this number come first.
    pub(super) after: u64,
    pub(super) closure: Closure<B>,
}

/// A request for a reader.
pub(super) struct Read<B: AofBackend> {
    pub(super) id: Id,
    pub(super) done: ReadDone<B>,
}

pub(super) enum ReadDone<B: AofBackend> {
    Entries(oneshot::Sender<Result<Entries<B::Reader>>>),
    /// For a follower, which is handed the readers of later storages as well: with the key of its feed.
    Feed(oneshot::Sender<Result<(Entries<B::Reader>, usize)>>),
}

/// What the log has to do next.
pub(super) enum Job<B: AofBackend> {
    Write(Vec<Call>),
    Checkpoint,
    Read(Vec<Read<B>>),
    Lend(Lend<B>),
    /// A checkpoint failed: find out what is durable all the same.
    Settle,
    /// What cannot be done any more, to be dropped.
    Refuse(Vec<Call>, Vec<Lend<B>>),
    Close,
    Wait,
}
