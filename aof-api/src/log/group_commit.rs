//! Many concurrent writers, few checkpoints.

mod call;
mod duty;
mod durability;
mod engine;
mod feed;
mod panics;
mod shared;
mod state;
mod ticket;
mod waiter;

pub use durability::Durability;

use crate::chain::tip::Tip;
use crate::format::appended::Appended;
use crate::format::layout::{BODY_SIZE_MAX, ENTRY_SIZE_MAX, ENTRY_SIZE_MIN};
use crate::format::operation::Operation;
use crate::log::aof::Aof;
use crate::read::entries::Entries;
use crate::storage::backend::{AofBackend, WRITE_LEN_MAX};
use crate::storage::error::{Error, Quantity, Result};
use call::{Bodies, Read, ReadDone};
use futures::channel::oneshot;
use futures::future::BoxFuture;
use shared::Shared;
use std::sync::Arc;
use ticket::{Receipt, Stage, durable};
use waiter::{Then, Waiter, yield_once};

/// How many bytes may be accepted and not durable, unless [`GroupCommit::with_queue_len_max`] says otherwise.
const QUEUE_LEN_MAX: u64 = 64 << 20;

/// A handle over a log for many concurrent writers: clone it, append from anywhere.
pub struct GroupCommit<B: AofBackend> {
    shared: Arc<Shared<B>>,
}

impl<B: AofBackend> Clone for GroupCommit<B> {
    fn clone(&self) -> GroupCommit<B> {
        GroupCommit { shared: Arc::clone(&self.shared) }
    }
}

impl<B: AofBackend + 'static> GroupCommit<B> {
    /// Takes a log over. At most 64 MiB are accepted and not durable.
    #[must_use]
    pub fn new(log: Aof<B>) -> GroupCommit<B> {
        GroupCommit::with_queue_len_max(log, QUEUE_LEN_MAX)
    }

    /// Takes a log over. At most `bytes` are accepted and not durable.
    #[must_use]
    pub fn with_queue_len_max(log: Aof<B>, bytes: u64) -> GroupCommit<B> {
        GroupCommit { shared: Shared::new(log, bytes.max(ENTRY_SIZE_MAX as u64)) }
    }

    /// Appends an entry; it is durable on return.
    pub async fn append(&self, operation: Operation, body: impl Into<Vec<u8>>) -> Result<Appended> {
        let (bodies, len) = one(operation, body.into())?;
        match self.commit(bodies, len).await? {
            Receipt::One(appended) => Ok(appended),
            // One entry has one receipt.
            Receipt::Many(_) => Err(Error::Closed),
        }
    }

    /// Appends entries; they are durable on return.
    pub async fn append_all(
        &self,
        entries: impl IntoIterator<Item = (Operation, impl Into<Vec<u8>>)>,
    ) -> Result<Vec<Appended>> {
        let entries: Vec<_> = entries.into_iter().map(|(operation, body)| (operation, body.into())).collect();
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let mut len = 0;
        for (_, body) in &entries {
            len += check_body(body)?;
        }
        if len > WRITE_LEN_MAX as u64 {
            return Err(Error::TooLarge { what: Quantity::Write, size: len, limit: WRITE_LEN_MAX as u64 });
        }
        match self.commit(Bodies::Many(entries), len).await? {
            Receipt::Many(appended) => Ok(appended),
            Receipt::One(appended) => Ok(vec![appended]),
        }
    }

    /// Writes an entry.
    pub async fn submit(&self, operation: Operation, body: impl Into<Vec<u8>>) -> Result<(Appended, Durability<B>)> {
        let (bodies, len) = one(operation, body.into())?;
        let mut waiter = self.enter(bodies, len, true).await?;
        let appended = waiter.wait(Then::Pause, |state, id, _| match &state.tickets.get(id)?.stage {
            Stage::Written { receipt, .. } => receipt.first().map(Ok),
            Stage::Failed(error) => Some(Err(error.clone())),
            _ => None,
        });
        let appended = appended.await?;
        Ok((appended, Durability::of_ticket(waiter)))
    }

    /// Resolves once everything that was accepted before this call is durable.
    pub fn durable(&self) -> Durability<B> {
        let waiter = Waiter::new(&self.shared, Stage::Watching, false);
        let barrier = self.shared.lock().barrier();
        Durability::of_barrier(waiter, barrier)
    }

    /// Lends the log to `closure` between two batches.
    pub async fn with_log<F, T>(&self, closure: F) -> Result<T>
    where
        F: for<'a> FnOnce(&'a mut Aof<B>) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        let (done, mut returned) = oneshot::channel();
        let closure: call::Closure<B> = Box::new(move |log| {
            let lent = closure(log);
            Box::pin(async move {
                // Nobody waits where the caller was dropped.
                drop(done.send(lent.await));
            })
        });
        let mut closure = Some(closure);
        let mut waiter = Waiter::new(&self.shared, Stage::Watching, false);
        let asked = waiter.wait(Then::Continue, |state, id, _| {
            Some(state.check_open().map(|()| {
                if let Some(closure) = closure.take() {
                    state.ask_for_log(id, closure);
                }
            }))
        });
        asked.await?;
        let served = waiter.wait(Then::Leave, |state, id, _| state.tickets.get(id)?.stage.served());
        served.await?;
        match returned.try_recv() {
            Ok(Some(value)) => Ok(value),
            // It was served only after it had returned.
            _ => Err(Error::Closed),
        }
    }

    /// Reads the log from its beginning with a reader of its own.
    pub async fn entries(&self) -> Result<Entries<B::Reader>> {
        let (done, reader) = oneshot::channel();
        self.read(ReadDone::Entries(done), reader).await
    }

    /// Writes what was accepted, makes it durable, and closes the storage.
    pub async fn close(&self) -> Result<()> {
        let mut waiter = Waiter::new(&self.shared, Stage::Asked, false);
        let asked = waiter.wait(Then::Continue, |state, id, _| Some(state.ask_to_close(id)));
        asked.await?;
        waiter.wait(Then::Leave, |state, id, _| state.tickets.get(id)?.stage.served()).await
    }

    /// The last entry that is durable, or that was there when the log was taken over.
    #[must_use]
    pub fn tip(&self) -> Option<Tip> {
        self.shared.lock().tip
    }

    /// How many bytes from the beginning are known to survive a crash.
    #[must_use]
    pub fn durable_len(&self) -> u64 {
        self.shared.lock().durable_len
    }

    async fn commit(&self, bodies: Bodies, len: u64) -> Result<Receipt> {
        let mut waiter = self.enter(bodies, len, false).await?;
        let committed = waiter.wait(Then::Leave, |state, id, _| {
            let number = state.durable();
            durable(&mut state.tickets.get(id)?.stage, number)
        });
        committed.await
    }

    /// Waits until a call is accepted.
    async fn enter(&self, bodies: Bodies, len: u64, wants_written: bool) -> Result<Waiter<B>> {
        let mut waiter = Waiter::new(&self.shared, Stage::Watching, wants_written);
        let (mut bodies, mut fulls) = (Some(bodies), None);
        let entered = waiter.wait(Then::Continue, |state, id, wakes| {
            let before = *fulls.get_or_insert(state.fulls);
            match state.enter(id, &mut bodies, len, wakes) {
                Ok(true) => Some(Ok(())),
                Ok(false) if state.fulls > before => state.full.clone().map(Err),
                Ok(false) => None,
                Err(error) => Some(Err(error)),
            }
        });
        entered.await?;
        // Others on this executor may be about to append: a batch that began here and now, and blocked, would leave
        // each of them to one of its own.
        yield_once().await;
        Ok(waiter)
    }

    async fn read<T>(&self, done: ReadDone<B>, mut reader: oneshot::Receiver<Result<T>>) -> Result<T> {
        let mut done = Some(done);
        let mut waiter = Waiter::new(&self.shared, Stage::Asked, false);
        let asked = waiter.wait(Then::Continue, |state, id, _| {
            let open = if state.closed { Err(Error::Closed) } else { Ok(()) };
            Some(open.and_then(|()| match done.take() {
                Some(done) => state.ask_for_reader(Read { id, done }),
                None => Ok(()),
            }))
        });
        asked.await?;
        waiter.wait(Then::Leave, |state, id, _| state.tickets.get(id)?.stage.served()).await?;
        // It was served only after it had been sent.
        reader.try_recv().ok().flatten().unwrap_or(Err(Error::Closed))
    }
}

/// One entry as a call, and its bytes in the log.
fn one(operation: Operation, body: Vec<u8>) -> Result<(Bodies, u64)> {
    let len = check_body(&body)?;
    Ok((Bodies::One(operation, body), len))
}

/// The bytes in the log of an entry with this body.
fn check_body(body: &[u8]) -> Result<u64> {
    if body.len() > BODY_SIZE_MAX as usize {
        return Err(Error::TooLarge { what: Quantity::Body, size: body.len() as u64, limit: BODY_SIZE_MAX.into() });
    }
    Ok((ENTRY_SIZE_MIN + body.len()) as u64)
}
