//! Making records durable: one sync under way, which serves everybody who waits.

use super::shared::Shared;
use crate::codec::Codec;
use crate::error::to_io;
use aof_api::{AofBackend, Error};
use futures::channel::oneshot;
use openraft::RaftTypeConfig;
use openraft::storage::IOFlushed;
use openraft::type_config::TypeConfigExt;
use std::io;
use std::sync::Arc;

/// Who waits, and what is known of failures.
pub(crate) struct Queue<C: RaftTypeConfig> {
    waiting: Vec<Waiter<C>>,
    /// Records below this op may be pruned once everything before is durable.
    prune: Option<u64>,
    /// A task makes records durable, and looks here again before it ends.
    is_running: bool,
    /// The storage can give something back, as far as is known.
    prunes: bool,
    failure: Option<Error>,
}

enum Waiter<C: RaftTypeConfig> {
    Callback(IOFlushed<C>),
    Call(oneshot::Sender<Result<(), Error>>),
}

impl<C: RaftTypeConfig> Waiter<C> {
    fn complete(self, outcome: Result<(), Error>) {
        match self {
            Waiter::Callback(callback) => callback.io_completed(outcome.map_err(to_io)),
            // A caller that was dropped needs no result.
            Waiter::Call(call) => drop(call.send(outcome)),
        }
    }
}

impl<C: RaftTypeConfig> Queue<C> {
    pub(crate) fn new() -> Queue<C> {
        Queue { waiting: Vec::new(), prune: None, is_running: false, prunes: true, failure: None }
    }

    /// Whether the store takes more records.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// The store takes no more records; the first failure is the one that is reported.
    pub(crate) fn fail(&mut self, failure: Error) -> Error {
        self.failure.get_or_insert(failure).clone()
    }

    pub(crate) fn prunes(&self) -> bool {
        self.prunes
    }
}

impl<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> Shared<C, B, K> {
    /// Calls back once everything that was written before is durable.
    pub(crate) fn call_back(self: &Arc<Self>, callback: IOFlushed<C>) {
        self.begin(|queue| queue.waiting.push(Waiter::Callback(callback)));
    }

    /// Prunes records below `op`, once everything that was written before is durable.
    pub(crate) fn prune_later(self: &Arc<Self>, op: u64) {
        self.begin(|queue| queue.prune = queue.prune.max(Some(op)));
    }

    /// Waits until everything that was written before is durable.
    pub(crate) async fn durable(self: &Arc<Self>) -> io::Result<()> {
        let (done, outcome) = oneshot::channel();
        self.begin(|queue| queue.waiting.push(Waiter::Call(done)));
        // The task reports to every caller; it is dropped without that only together with its runtime.
        outcome.await.unwrap_or(Err(Error::Closed)).map_err(to_io)
    }

    fn begin(self: &Arc<Self>, enter: impl FnOnce(&mut Queue<C>)) {
        let mut queue = self.queue();
        enter(&mut queue);
        if !std::mem::replace(&mut queue.is_running, true) {
            drop(queue);
            let task = Task { shared: Arc::clone(self), served: Vec::new(), is_done: false };
            // Nobody joins it: those who wait hear from it.
            drop(C::spawn(task.run()));
        }
    }
}

/// The task that makes records durable, until nobody waits.
struct Task<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> {
    shared: Arc<Shared<C, B, K>>,
    /// Those whom the sync under way serves.
    served: Vec<Waiter<C>>,
    is_done: bool,
}

impl<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> Task<C, B, K> {
    async fn run(mut self) {
        while let Some(prune) = self.next() {
            let outcome = self.sync().await;
            // A closed log is no failure of it.
            if let Err(error) = &outcome
                && !matches!(error, Error::Closed)
            {
                self.shared.queue().fail(error.poison());
            }
            for waiter in self.served.drain(..) {
                waiter.complete(outcome.clone());
            }
            if let (Some(op), Ok(())) = (prune, outcome) {
                self.prune(op).await;
            }
        }
    }

    /// What is to be pruned after the next sync; `None` when nobody waits for one.
    fn next(&mut self) -> Option<Option<u64>> {
        let mut queue = self.shared.queue();
        let prune = queue.prune.take();
        if prune.is_none() && queue.waiting.is_empty() {
            queue.is_running = false;
            self.is_done = true;
            return None;
        }
        Some(prune)
    }

    async fn sync(&mut self) -> Result<(), Error> {
        let checkpoint = {
            let mut locked = self.shared.lock().await;
            // Taken after the log is locked: this sync covers everything written until now.
            let mut queue = self.shared.queue();
            self.served.append(&mut queue.waiting);
            queue.check()?;
            drop(queue);
            locked.log()?.checkpoint()
        };
        match checkpoint.await {
            // The bytes are durable; the name is for the one who moved it to settle, and is checked when the log is opened again.
            Ok(_) | Err(Error::Moved { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives storage back. What fails here is no loss, and is tried again after the next purge.
    async fn prune(&mut self, op: u64) {
        let mut locked = self.shared.lock().await;
        let Ok(log) = locked.log() else { return };
        match log.prune(op).await {
            Ok(start) => tracing::debug!(op, start, "pruned"),
            Err(Error::Unsupported { what }) => {
                tracing::debug!(what, "the storage gives nothing back");
                self.shared.queue().prunes = false;
            }
            Err(error) => tracing::warn!(%error, op, "pruning failed"),
        }
    }
}

impl<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> Drop for Task<C, B, K> {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        // The runtime ended, or the storage panicked: those who wait must hear of it, and no later task may take over.
        let mut queue = self.shared.queue();
        let failure = Error::Panicked { message: "the task that makes the log durable was stopped".into() };
        let failure = queue.fail(failure.poison());
        queue.is_running = false;
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        for waiter in self.served.drain(..).chain(waiting) {
            waiter.complete(Err(failure.clone()));
        }
    }
}
