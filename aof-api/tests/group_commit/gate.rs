//! A backend whose checkpoints wait at a gate, and that fails and panics on demand.

use aof_api::storage::IoCall;
use aof_api::storage::delegate_read;
use aof_api::{Aof, AofBackend, AofRead, Error, GroupCommit, LogOptions, Result};
use aof_memory::{MemoryBackend, MemoryReader};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::{BoxFuture, poll_fn};
use std::io::IoSlice;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

/// Where foreign code panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Write,
    Checkpoint,
    Poll,
    Reader,
    Close,
    Drop,
}

/// What a test sees of its backend, and how it holds it up.
#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) shut: bool,
    /// What checkpoints that pass the gate fail with.
    pub(crate) fail: Option<Error>,
    pub(crate) panics: Vec<Place>,
    /// What other threads do while a checkpoint blocks the one that polls it.
    pub(crate) meanwhile: Option<Box<dyn FnOnce() + Send>>,
    pub(crate) wakers: Vec<Waker>,
    pub(crate) checkpoints: u64,
    pub(crate) writes: u64,
    pub(crate) durable_len: u64,
    pub(crate) dropped: bool,
    /// What every call after a failure returns.
    poison: Option<Error>,
}

#[derive(Clone, Default)]
pub(crate) struct Handle(Arc<Mutex<Gate>>);

impl Handle {
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Gate) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    pub(crate) fn open(&self) {
        let wakers = self.with(|gate| {
            gate.shut = false;
            std::mem::take(&mut gate.wakers)
        });
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn shut(&self) {
        self.with(|gate| gate.shut = true);
    }

    /// Another writer takes over: later writes and checkpoints fail, and those under way keep their outcome.
    pub(crate) fn fence(&self) {
        self.with(|gate| gate.poison = Some(Error::Fenced { what: "the log".into() }));
    }

    fn check(&self) -> Result<()> {
        self.with(|gate| gate.poison.clone().map_or(Ok(()), Err))
    }

    /// Panics if the test wants that here, outside of the lock.
    fn pass(&self, place: Place) {
        let panics = self.with(|gate| gate.panics.contains(&place));
        assert!(!panics, "the backend panics in {place:?}");
    }
}

/// Memory whose checkpoints wait at a gate.
pub(crate) struct Gated {
    memory: MemoryBackend,
    gate: Handle,
}

impl Gated {
    pub(crate) fn new(memory: MemoryBackend, gate: &Handle) -> Gated {
        Gated { memory, gate: gate.clone() }
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        self.gate.with(|gate| gate.dropped = true);
        self.gate.pass(Place::Drop);
    }
}

impl AofRead for Gated {
    delegate_read!(memory);
}

impl AofBackend for Gated {
    type Reader = MemoryReader;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.gate.check()?;
        self.gate.pass(Place::Write);
        self.gate.with(|gate| gate.writes += 1);
        self.memory.write(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        if let Err(poison) = self.gate.check() {
            return async { Err(poison) }.boxed();
        }
        self.gate.pass(Place::Checkpoint);
        self.gate.with(|gate| gate.checkpoints += 1);
        let (gate, settled) = (self.gate.clone(), self.memory.checkpoint(note));
        async move {
            poll_fn(|context| {
                gate.pass(Place::Poll);
                let meanwhile = gate.with(|gate| gate.meanwhile.take());
                meanwhile.into_iter().for_each(|others_do| others_do());
                gate.with(|gate| {
                    if gate.shut {
                        gate.wakers.push(context.waker().clone());
                        return Poll::Pending;
                    }
                    Poll::Ready(())
                })
            })
            .await;
            let len = settled.await?;
            gate.with(|gate| match &gate.fail {
                None => {
                    gate.durable_len = gate.durable_len.max(len);
                    Ok(len)
                }
                Some(error) => {
                    match error {
                        Error::Moved { .. } => gate.durable_len = gate.durable_len.max(len),
                        Error::Full { .. } => {}
                        Error::Fenced { .. } => gate.poison = Some(error.clone()),
                        _ => gate.poison = Some(error.poison()),
                    }
                    Err(error.clone())
                }
            })
        }
        .boxed()
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.memory.truncate(len).await
    }

    async fn reader(&mut self) -> Result<MemoryReader> {
        self.gate.pass(Place::Reader);
        self.memory.reader().await
    }

    async fn close(&mut self) -> Result<()> {
        self.gate.pass(Place::Close);
        self.memory.close().await
    }

    fn len(&self) -> u64 {
        self.memory.len()
    }

    fn durable_len(&self) -> u64 {
        self.gate.with(|gate| gate.durable_len)
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.memory.prune(to).await
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.memory.note()
    }
}

/// A log behind an open gate.
pub(crate) fn log_behind(gate: &Handle, options: LogOptions) -> Aof<Gated> {
    block_on(Aof::create(Gated::new(MemoryBackend::new(), gate), options)).unwrap()
}

pub(crate) fn gated(memory: MemoryBackend) -> (GroupCommit<Gated>, Handle) {
    let gate = Handle::default();
    let log = block_on(Aof::create(Gated::new(memory, &gate), LogOptions::new())).unwrap();
    (GroupCommit::new(log), gate)
}

pub(crate) fn shut() -> (GroupCommit<Gated>, Handle) {
    let (log, gate) = gated(MemoryBackend::new());
    gate.shut();
    (log, gate)
}

pub(crate) fn disk_is_gone() -> Error {
    Error::io(IoCall::Sync, 0, std::io::Error::other("the disk is gone"))
}
