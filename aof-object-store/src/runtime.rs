//! The thread on which requests run: HTTP clients need their runtime on the thread that polls them (B16).

use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use futures::future::{Either, select};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::thread;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A thread with a runtime. It ends when the last handle is gone.
#[derive(Debug)]
pub(crate) struct Runtime {
    handle: Handle,
    /// Dropping it ends the thread.
    _stop: oneshot::Sender<()>,
}

impl Runtime {
    /// Starts the thread.
    pub(crate) fn start() -> Result<Arc<Runtime>> {
        let failed = |source| Error::io(IoCall::Open, 0, source);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let (running, runs) = mpsc::channel();
        let run = move || {
            runtime.block_on(async {
                // The runtime turns from here on, so that what is spawned is polled.
                let _ = running.send(());
                let _ = stopped.await;
            });
            runtime.shutdown_background();
        };
        thread::Builder::new().name("aof-object-store".to_owned()).spawn(run).map_err(failed)?;
        let _ = runs.recv();
        Ok(Arc::new(Runtime { handle, _stop: stop }))
    }

    /// Runs `work` on the thread, polled or not, and returns a future of its result that any executor can poll.
    ///
    /// It holds the thread until `work` is done.
    pub(crate) fn run<T: Send + 'static, W: Future<Output = Result<T>> + Send + 'static>(
        self: &Arc<Runtime>,
        work: W,
    ) -> impl Future<Output = Result<T>> + Send + use<T, W> {
        let (answer, answered) = oneshot::channel();
        let thread = Arc::clone(self);
        self.handle.spawn(async move {
            let _ = answer.send(work.await);
            drop(thread);
        });
        async move { answered.await.unwrap_or_else(|_| Err(panicked())) }
    }

    /// As [`run`](Runtime::run), until the future that it returns is dropped.
    pub(crate) fn run_while_wanted<T: Send + 'static>(
        self: &Arc<Runtime>,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send + 'static {
        let (mut answer, answered) = oneshot::channel();
        let thread = Arc::clone(self);
        self.handle.spawn(async move {
            let done = match select(pin!(work), pin!(answer.closed())).await {
                Either::Left((done, _)) => Some(done),
                Either::Right(_) => None,
            };
            if let Some(done) = done {
                let _ = answer.send(done);
            }
            drop(thread);
        });
        async move { answered.await.unwrap_or_else(|_| Err(panicked())) }
    }

    /// An error for a request that cannot be made any more.
    pub(crate) fn interrupted() -> io::Error {
        io::Error::new(io::ErrorKind::Interrupted, "the backend was dropped while the request was tried again")
    }
}

fn panicked() -> Error {
    Error::Panicked { message: "a store panicked inside a request, whose outcome is not known".into() }
}
