//! Many concurrent writers, few checkpoints.

use crate::chain::tip::Tip;
use crate::format::appended::Appended;
use crate::format::layout::{BODY_SIZE_MAX, ENTRY_SIZE_MAX, ENTRY_SIZE_MIN};
use crate::format::operation::Operation;
use crate::log::aof::Aof;
use crate::read::entries::Entries;
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Quantity, Result};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{BoxFuture, Either, Shared, select};
use std::future::poll_fn;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;

/// How many bytes may wait for a batch, unless [`GroupCommit::with_queue_len_max`] says otherwise.
const QUEUE_LEN_MAX: u64 = 64 << 20;

/// A handle over a log for many concurrent writers: clone it, append from anywhere.
///
/// [`append`](GroupCommit::append) resolves when its entry is durable. Callers that arrive while a checkpoint runs
/// share the next one. There is no thread and no runtime behind it: whoever waits drives the batch that is under way,
/// so a caller may be dropped or left unpolled at any moment without stopping the others. The order in the log is the
/// order in which entries were accepted.
///
/// Whoever would begin a batch first lets the others go, once on its executor and then, while more callers keep coming
/// than wait already, on the other threads: a batch that began with one entry would make all others wait for two
/// checkpoints. Nothing sleeps for that, and a caller that is alone waits for nobody.
///
/// Works over every backend. Over files, [`SyncOn::Helper`](https://docs.rs/aof-file) keeps the executor's threads free
/// while the disk works.
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
pub struct GroupCommit<B: AofBackend> {
    shared: Arc<Mutex<State<B>>>,
}

impl<B: AofBackend> Clone for GroupCommit<B> {
    fn clone(&self) -> GroupCommit<B> {
        GroupCommit { shared: Arc::clone(&self.shared) }
    }
}

/// An entry that waits for a batch, and who waits for it.
struct Queued {
    operation: Operation,
    body: Vec<u8>,
    done: oneshot::Sender<Result<Appended>>,
}

/// A batch that is under way: it owns the log, and everybody who waits polls it.
type Batch = Shared<BoxFuture<'static, ()>>;

struct State<B: AofBackend> {
    /// None while a batch has it, and after a close.
    log: Option<Box<Aof<B>>>,
    batch: Option<Batch>,
    queue: Vec<Queued>,
    queue_len: u64,
    queue_len_max: u64,
    readers: Vec<oneshot::Sender<Result<Entries<B::Reader>>>>,
    closing: Vec<oneshot::Sender<Result<()>>>,
    /// No more entries are taken.
    closed: bool,
    /// How many callers there were when the last batch ended: those that it answered, and those that waited then.
    callers: usize,
    tip: Option<Tip>,
    durable_len: u64,
}

impl<B: AofBackend + 'static> GroupCommit<B> {
    /// Takes a log over. At most 64 MiB wait for a batch.
    #[must_use]
    pub fn new(log: Aof<B>) -> GroupCommit<B> {
        GroupCommit::with_queue_len_max(log, QUEUE_LEN_MAX)
    }

    /// Takes a log over. At most `bytes` wait for a batch, counted as in the log, and not less than one entry of the
    /// largest size; who finds no room waits for it.
    #[must_use]
    pub fn with_queue_len_max(log: Aof<B>, bytes: u64) -> GroupCommit<B> {
        let state = State {
            tip: log.tip(),
            durable_len: log.durable_len(),
            log: Some(Box::new(log)),
            batch: None,
            queue: Vec::new(),
            queue_len: 0,
            queue_len_max: bytes.max(ENTRY_SIZE_MAX as u64),
            readers: Vec::new(),
            closing: Vec::new(),
            closed: false,
            callers: 0,
        };
        GroupCommit { shared: Arc::new(Mutex::new(state)) }
    }

    /// Appends an entry; it is durable on return.
    ///
    /// When the future is dropped before it was polled, nothing happens; later, the entry was accepted, and is written
    /// by whoever drives the next batch, a later call or [`close`](GroupCommit::close) at the latest.
    ///
    /// # Errors
    ///
    /// As [`Aof::append`] and [`Aof::checkpoint`]: a failure reaches everyone who waited on it. Without room
    /// ([`Error::Full`]), the entries of a batch are tried one by one. [`Error::Closed`] after a close.
    pub async fn append(&self, operation: Operation, body: impl Into<Vec<u8>>) -> Result<Appended> {
        let body = body.into();
        if body.len() > BODY_SIZE_MAX as usize {
            return Err(Error::TooLarge { what: Quantity::Body, size: body.len() as u64, limit: BODY_SIZE_MAX.into() });
        }
        let len = (ENTRY_SIZE_MIN + body.len()) as u64;
        let (done, waiting) = oneshot::channel();
        let mut queued = Some(Queued { operation, body, done });
        loop {
            let full = {
                let mut state = self.lock();
                if state.closed {
                    return Err(Error::Closed);
                }
                if state.queue_len + len <= state.queue_len_max {
                    state.queue_len += len;
                    state.queue.extend(queued.take());
                    if state.batch.is_some() {
                        break;
                    }
                    None
                } else {
                    self.batch(&mut state)
                }
            };
            match full {
                Some(batch) => batch.await,
                None => {
                    // Others on this executor may be about to append: a batch that began here and now, and blocked,
                    // would leave each of them to one of its own.
                    yield_once().await;
                    break;
                }
            }
        }
        self.drive(waiting).await
    }

    /// Reads the log from its beginning with a reader of its own, which goes on while the log is written.
    ///
    /// # Errors
    ///
    /// As [`Aof::entries`]; [`Error::Closed`] after a close.
    pub async fn entries(&self) -> Result<Entries<B::Reader>> {
        let (done, waiting) = oneshot::channel();
        {
            let mut state = self.lock();
            if state.closed {
                return Err(Error::Closed);
            }
            state.readers.push(done);
        }
        self.drive(waiting).await
    }

    /// Writes what was accepted, makes it durable, and closes the storage. Handles that are left answer
    /// [`Error::Closed`].
    ///
    /// # Errors
    ///
    /// As [`Aof::close`]; [`Error::Closed`] when it was closed before.
    pub async fn close(&self) -> Result<()> {
        let (done, waiting) = oneshot::channel();
        {
            let mut state = self.lock();
            if state.closed && state.log.is_none() && state.batch.is_none() {
                return Err(Error::Closed);
            }
            state.closed = true;
            state.closing.push(done);
        }
        self.drive(waiting).await
    }

    /// The last entry that is durable, or that was there when the log was taken over.
    #[must_use]
    pub fn tip(&self) -> Option<Tip> {
        self.lock().tip
    }

    /// How many bytes from the beginning are known to survive a crash.
    #[must_use]
    pub fn durable_len(&self) -> u64 {
        self.lock().durable_len
    }

    /// Drives batches until the answer is there.
    async fn drive<T>(&self, mut waiting: oneshot::Receiver<Result<T>>) -> Result<T> {
        loop {
            // Before looking for a batch: the last one may have answered.
            match waiting.try_recv() {
                Ok(Some(answer)) => return answer,
                Ok(None) => {}
                Err(oneshot::Canceled) => return Err(Error::Closed),
            }
            let batch = {
                let mut state = self.lock();
                self.batch(&mut state)
            };
            let Some(batch) = batch else { return Err(Error::Closed) };
            // A batch goes on after it has answered, until the log is back in its place; nobody need wait for that.
            if let Either::Left((answer, _)) = select(&mut waiting, batch).await {
                return answer.unwrap_or(Err(Error::Closed));
            }
        }
    }

    /// The batch that is under way, or a new one; `None` after a close.
    fn batch(&self, state: &mut State<B>) -> Option<Batch> {
        if state.batch.is_none() {
            let log = state.log.take()?;
            state.batch = Some(run(Arc::downgrade(&self.shared), log).boxed().shared());
        }
        state.batch.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State<B>> {
        lock(&self.shared)
    }
}

fn lock<B: AofBackend>(shared: &Mutex<State<B>>) -> MutexGuard<'_, State<B>> {
    // Nothing is done under the lock that could panic half way.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One batch: everything that waits when it is first polled.
///
/// The handles own the state, which owns the batch, so the batch must not own the state: when the last handle goes, the
/// log goes too, and its lock with it.
async fn run<B: AofBackend>(shared: Weak<Mutex<State<B>>>, mut log: Box<Aof<B>>) {
    gather(&shared);
    let Some((queue, readers, closing)) = with(&shared, |state| {
        state.queue_len = 0;
        (take(&mut state.queue), take(&mut state.readers), take(&mut state.closing))
    }) else {
        return;
    };
    let answers = commit(&mut log, &queue).await;
    for reader in readers {
        // Nobody waits where a caller was dropped, here and below.
        let _ = reader.send(log.entries().await);
    }
    let to_close = with(&shared, |state| {
        // Whoever is answered is to see what it was answered, and to find the log in its place.
        state.durable_len = log.durable_len();
        if let Some(Ok(last)) = answers.iter().rev().find(|answer| answer.is_ok()) {
            state.tip = Some(Tip { op: last.op, checksum: last.checksum });
        }
        state.callers = answers.len() + state.queue.len();
        if !closing.is_empty() {
            return Some(log);
        }
        state.log = Some(log);
        state.batch = None;
        None
    });
    for (queued, answer) in queue.into_iter().zip(answers) {
        let _ = queued.done.send(answer);
    }
    if let Some(Some(log)) = to_close {
        let closed = log.close().await;
        with(&shared, |state| state.batch = None);
        for closing in closing {
            let _ = closing.send(closed.clone());
        }
    }
}

/// How often in a row a gathering looks and finds nobody new before it ends.
const FRUITLESS_LOOKS_MAX: usize = 8;

/// Lets threads run that are about to append, so that a batch does not begin with a few callers and leave the others to
/// the next one: those whom the last batch answered usually come back at once. One caller alone waits for nobody.
fn gather<B: AofBackend>(shared: &Weak<Mutex<State<B>>>) {
    let (mut queued, mut fruitless) = (0, 0);
    while fruitless < FRUITLESS_LOOKS_MAX {
        let Some((found, expected)) = with(shared, |state| (state.queue.len(), state.callers)) else { return };
        if found >= expected {
            return;
        }
        fruitless = if found > queued { 0 } else { fruitless + 1 };
        queued = found;
        std::thread::yield_now();
    }
}

/// Lets the others on this executor run.
async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn with<B: AofBackend, T>(shared: &Weak<Mutex<State<B>>>, change: impl FnOnce(&mut State<B>) -> T) -> Option<T> {
    shared.upgrade().map(|shared| change(&mut lock(&shared)))
}

/// Appends entries and makes them durable. Answers each.
async fn commit<B: AofBackend>(log: &mut Aof<B>, queue: &[Queued]) -> Vec<Result<Appended>> {
    if queue.is_empty() {
        return Vec::new();
    }
    let bodies: Vec<_> = queue.iter().map(|queued| (queued.operation, &queued.body)).collect();
    let mut answers: Vec<Result<Appended>> = match log.append_all(&bodies).await {
        Ok(appended) => appended.into_iter().map(Ok).collect(),
        // One entry that cannot be must not fail the others, and a small one may fit where all do not.
        Err(error @ (Error::Poisoned { .. } | Error::Fenced { .. } | Error::Closed | Error::Io { .. })) => {
            queue.iter().map(|_| Err(error.clone())).collect()
        }
        Err(_) => {
            let mut answers = Vec::with_capacity(queue.len());
            for (operation, body) in &bodies {
                answers.push(log.append(*operation, body).await);
            }
            answers
        }
    };
    if answers.iter().any(Result::is_ok)
        && let Err(error) = log.checkpoint().await
    {
        // `Moved` is told too, though the bytes are durable then: the caller must hear of it.
        answers.iter_mut().filter(|answer| answer.is_ok()).for_each(|answer| *answer = Err(error.clone()));
    }
    answers
}
