//! Many concurrent writers, few checkpoints.

mod call;
mod durability;
mod duty;
mod engine;
pub(crate) mod feed;
pub(crate) mod feeding;
mod pace;
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
use shared::{Owner, Shared};
use std::sync::Arc;
use ticket::{Receipt, Stage, durable};
use waiter::{Then, Waiter, yield_once};

/// How many bytes may be accepted and not durable, unless [`GroupCommit::with_queue_len_max`] says otherwise.
const QUEUE_LEN_MAX: u64 = 64 << 20;

/// A handle over a log for many concurrent writers: clone it, append from anywhere.
///
/// | call | returns when |
/// |---|---|
/// | [`append`](GroupCommit::append), [`append_all`](GroupCommit::append_all) | the entries are durable |
/// | [`submit`](GroupCommit::submit) | the entry is written, so that readers see it; its durability is a value to await |
/// | [`durable`](GroupCommit::durable) | (a value to await) everything accepted before is durable |
/// | [`with_log`](GroupCommit::with_log) | a closure that was lent the log has returned |
/// | [`entries`](GroupCommit::entries) | there is a reader of what is written |
/// | [`close`](GroupCommit::close) | everything is durable and the storage is closed |
///
/// One checkpoint is under way at most. Entries that arrive meanwhile are written at once, and the next checkpoint covers
/// all of them. The order in the log is the order in which entries were accepted.
/// Before it calls the next checkpoint, the driving caller lets other threads run until the callers of `append` that the
/// last one released are back, or no more arrive; a caller that is alone waits for nobody, and nothing sleeps.
///
/// It has no thread and no runtime: the callers that wait drive the writes and the checkpoint. Any of them may
/// be dropped, or kept and never polled again, without stopping the others. Works on any executor, and without one:
/// `block_on(log.append(..))` from many plain threads shares checkpoints as tasks do. Handles and
/// [`Durability`] are `Send` and `Sync` over every storage; all futures are `Send`.
///
/// ```
/// use aof_api::{Aof, GroupCommit, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let log = GroupCommit::new(Aof::create(MemoryBackend::new(), LogOptions::new()).await?);
/// let other = log.clone(); // for another task
/// let (one, two) = futures::join!(log.append(Operation(128), "one"), other.append(Operation(128), "two"));
/// assert_eq!((one?.op, two?.op), (1, 2)); // both are durable, after one checkpoint
/// assert_eq!(log.durable_len(), 2 * 272 + 6);
/// log.close().await?;
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
///
/// # Bounds
///
/// At most 64 MiB, or [`LogOptions::unflushed_max`](crate::LogOptions::unflushed_max) where that is less, are accepted and
/// not durable; further calls wait. A call that is larger than the bound is accepted when nothing else is undurable.
///
/// # Failures
///
/// - [`Error::Full`]: the entries are **not** in the log. Where not all calls of a batch fit, each call is tried alone.
/// - [`Error::Undecided`]: the entry is in the log, and making it durable failed; a crash may keep it or not. After a
///   cause of [`Error::Full`] the handle stays usable, and the next checkpoint covers the entry.
/// - [`Error::Moved`]: the entries of a checkpoint that finds it are durable, and their callers get `Ok`. It is returned
///   by [`close`](GroupCommit::close), by [`durable`](GroupCommit::durable), and by the next append, which writes nothing.
/// - [`Error::Poisoned`] and [`Error::Fenced`] reach every waiting caller, and every later one.
/// - A panic in foreign code (the clock, the storage, a closure of [`with_log`](GroupCommit::with_log)) is caught. The log
///   is dropped, and its lock with it; every caller fails with [`Error::Poisoned`], with [`Error::Panicked`] as the cause.
///   A checkpoint that had begun keeps its own outcome.
///
/// # Blocking
///
/// A caller that waits polls the storage. Where the storage blocks in its calls, as a file does that syncs on the polling
/// thread, one caller at a time blocks its thread for as long as a sync takes; on an executor, this holds up the other
/// tasks of that thread. Over files, [`SyncOn::Helper`](https://docs.rs/aof-file) syncs on a thread of its own, and no
/// call blocks for longer than a write to the page cache takes. The closure of [`with_log`](GroupCommit::with_log) and the
/// clock of the log run on whichever thread polls.
///
/// No call waits for a lock that is held during I/O. To append from code that is not async, use plain threads:
///
/// ```
/// use aof_api::{Aof, GroupCommit, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
/// use futures::executor::block_on;
///
/// let log = GroupCommit::new(block_on(Aof::create(MemoryBackend::new(), LogOptions::new()))?);
/// std::thread::scope(|scope| {
///     for _ in 0..16 {
///         scope.spawn(|| block_on(log.append(Operation(128), "from a thread")).unwrap());
///     }
/// });
/// assert_eq!(log.tip().unwrap().op, 16);
/// # Ok::<(), aof_api::Error>(())
/// ```
///
/// On an executor, a storage that blocks is kept away from its threads like this:
///
/// ```no_run
/// # use aof_api::{Appended, GroupCommit, Operation, Result};
/// # use aof_memory::MemoryBackend;
/// # use futures::executor::block_on;
/// # async fn append(log: GroupCommit<MemoryBackend>) -> Result<Appended> {
/// tokio::task::spawn_blocking(move || block_on(log.append(Operation(128), "one"))).await.expect("append does not panic")
/// # }
/// ```
pub struct GroupCommit<B: AofBackend> {
    shared: Arc<Owner<B>>,
}

impl<B: AofBackend> Clone for GroupCommit<B> {
    fn clone(&self) -> GroupCommit<B> {
        GroupCommit { shared: Arc::clone(&self.shared) }
    }
}

impl<B: AofBackend + 'static> GroupCommit<B> {
    /// Takes a log over, with [`with_queue_len_max`](GroupCommit::with_queue_len_max) at 64 MiB.
    #[must_use]
    pub fn new(log: Aof<B>) -> GroupCommit<B> {
        GroupCommit::with_queue_len_max(log, QUEUE_LEN_MAX)
    }

    /// Takes a log over. At most `bytes` are accepted and not durable, counted as in the log; at least one entry of the
    /// largest size. [`LogOptions::unflushed_max`](crate::LogOptions::unflushed_max) counts too, where it is less.
    #[must_use]
    pub fn with_queue_len_max(log: Aof<B>, bytes: u64) -> GroupCommit<B> {
        GroupCommit { shared: Shared::with_log(log, bytes.max(ENTRY_SIZE_MAX as u64)) }
    }

    /// Appends an entry; it is durable on return.
    ///
    /// When the future is dropped before it was polled, nothing happens. Dropped later, the entry may be in the log: once
    /// it was accepted, the next call that drives the log writes it, [`close`](GroupCommit::close) at the latest.
    ///
    /// # Errors
    ///
    /// As [`Aof::append`]; nothing was written. [`Error::Undecided`] where it was written and not made durable.
    /// [`Error::Moved`] where an earlier checkpoint found it; nothing was written. [`Error::Closed`] after a close.
    pub async fn append(&self, operation: Operation, body: impl Into<Vec<u8>>) -> Result<Appended> {
        let (bodies, len) = one(operation, body.into())?;
        match self.commit(bodies, len).await? {
            Receipt::One(appended) => Ok(appended),
            // One entry has one receipt.
            Receipt::Many(_) => Err(Error::Closed),
        }
    }

    /// Appends entries in one write; they are durable on return. All are accepted or none; a crash before the return may
    /// keep some of them, from the first on.
    ///
    /// # Errors
    ///
    /// As [`append`](GroupCommit::append); [`Error::TooLarge`] above [`WRITE_LEN_MAX`](crate::storage::WRITE_LEN_MAX)
    /// bytes in all. [`Error::Undecided`] names the first of the entries.
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

    /// Appends an entry and returns when it is **written**: every reader sees it, and a crash may still take it. The
    /// second value resolves when it is durable; dropping it loses nothing.
    ///
    /// # Errors
    ///
    /// As [`append`](GroupCommit::append); nothing was written.
    ///
    /// ```
    /// # use aof_api::{Aof, GroupCommit, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # futures::executor::block_on(async {
    /// let log = GroupCommit::new(Aof::create(MemoryBackend::new(), LogOptions::new()).await?);
    /// let (appended, durability) = log.submit(Operation(128), "one").await?;
    /// assert_eq!(appended.op, 1);
    /// assert_eq!(log.entries().await?.next().await?.unwrap().body(), b"one");
    /// durability.await?;
    /// assert_eq!(log.durable_len(), 275);
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
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

    /// Resolves once everything that was accepted before this call is durable. The value borrows nothing, and awaiting it
    /// drives the checkpoint.
    ///
    /// # Errors
    ///
    /// Of the value: the failure of the checkpoint; [`Error::Moved`] where the entries are durable and the name of the log
    /// no longer means it.
    pub fn durable(&self) -> Durability<B> {
        let waiter = Waiter::new(&self.shared, Stage::Watching, false);
        let barrier = self.shared.lock().barrier();
        Durability::of_barrier(waiter, barrier)
    }

    /// Lends the log to `closure`, between two batches: to rotate it, prune it, or write prepares.
    ///
    /// Everything that was accepted before the call is written and made durable first; where that meets [`Error::Full`],
    /// the log is lent all the same. While the closure runs, every other call of the handle waits. Afterwards the handle
    /// continues with the log as it is then, also in another storage: callers and followers see its tip and its durable
    /// length, and what the closure left undurable is covered by the next checkpoint.
    ///
    /// The closure must not await a call of this handle, which would wait for the closure: that fails with
    /// [`Error::Lent`] where it can be noticed, which is in the future of the closure itself; on another task it waits
    /// forever. A closure that puts another log in the place of the one it is lent poisons the handle.
    ///
    /// When this future is dropped after it was polled, the closure may run all the same.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after a close; the failure that ended the log. The closure did not run, or panicked.
    ///
    /// ```
    /// # use aof_api::{Aof, GroupCommit, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # futures::executor::block_on(async {
    /// let log = GroupCommit::new(Aof::create(MemoryBackend::new(), LogOptions::new()).await?);
    /// log.append(Operation(128), "one").await?;
    /// let seam = log.with_log(|log| Box::pin(log.seam())).await??;
    /// assert_eq!(seam.unwrap().prepare().body(), b"one");
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
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

    /// Reads the log from its beginning with a reader of its own, which continues while the log is written. It shows
    /// entries as soon as they are written: a crash may still take the last ones.
    ///
    /// # Errors
    ///
    /// As [`Aof::entries`]; [`Error::Closed`] after a close.
    pub async fn entries(&self) -> Result<Entries<B::Reader>> {
        let (done, reader) = oneshot::channel();
        self.read(ReadDone::Entries(done), reader).await
    }

    /// Writes what was accepted, makes it durable, and closes the storage. The lock is gone on return, with an error too.
    /// Calls of the remaining handles fail with [`Error::Closed`].
    ///
    /// A close that is dropped is finished by the next one.
    ///
    /// # Errors
    ///
    /// The failure that ended the log; [`Error::Full`] where accepted entries did not become durable; [`Error::Moved`]
    /// where all are durable and the name of the log no longer means it; the failure of [`AofBackend::close`].
    /// [`Error::Closed`] when it was closed before.
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
