//! A backend whose checkpoints wait at a gate.

use aof_api::storage::IoCall;
use aof_api::{Aof, AofBackend, AofRead, Error, GroupCommit, LogOptions, Result};
use aof_memory::{MemoryBackend, MemoryReader};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::{BoxFuture, poll_fn};
use std::io::IoSlice;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

/// What a test sees of its backend, and how it holds it up.
#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) shut: bool,
    pub(crate) fail: bool,
    pub(crate) wakers: Vec<Waker>,
    pub(crate) checkpoints: u64,
    pub(crate) writes: u64,
    pub(crate) durable_len: u64,
    pub(crate) dropped: bool,
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
}

/// Memory whose checkpoints wait at a gate.
pub(crate) struct Gated {
    memory: MemoryBackend,
    gate: Handle,
    poisoned: Arc<Mutex<Option<Error>>>,
}

impl Drop for Gated {
    fn drop(&mut self) {
        self.gate.with(|gate| gate.dropped = true);
    }
}

impl AofRead for Gated {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.memory.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.memory.read(buf).await
    }

    async fn start(&mut self) -> Result<u64> {
        self.memory.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        self.memory.end().await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.memory.changed(end).await
    }
}

impl AofBackend for Gated {
    type Reader = MemoryReader;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        if let Some(poisoned) = &*self.poisoned.lock().unwrap() {
            return Err(poisoned.clone());
        }
        self.gate.with(|gate| gate.writes += 1);
        self.memory.write(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        if let Some(poisoned) = &*self.poisoned.lock().unwrap() {
            let poisoned = poisoned.clone();
            return async { Err(poisoned) }.boxed();
        }
        self.gate.with(|gate| gate.checkpoints += 1);
        // What the memory says is durable shows no more than the checkpoint: readers of the length ask the gate first.
        let (gate, poison, settled) = (self.gate.clone(), Arc::clone(&self.poisoned), self.memory.checkpoint(note));
        async move {
            poll_fn(|context| {
                gate.with(|gate| {
                    if gate.shut {
                        gate.wakers.push(context.waker().clone());
                        return Poll::Pending;
                    }
                    Poll::Ready(())
                })
            })
            .await;
            if gate.with(|gate| gate.fail) {
                let error = Error::io(IoCall::Sync, 0, std::io::Error::other("the disk is gone"));
                *poison.lock().unwrap() = Some(error.poison());
                return Err(error);
            }
            let settled = settled.await;
            if let Ok(len) = settled {
                gate.with(|gate| gate.durable_len = gate.durable_len.max(len));
            }
            settled
        }
        .boxed()
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.memory.truncate(len).await
    }

    async fn reader(&mut self) -> Result<MemoryReader> {
        self.memory.reader().await
    }

    async fn close(&mut self) -> Result<()> {
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

pub(crate) fn gated(memory: MemoryBackend) -> (GroupCommit<Gated>, Handle) {
    let gate = Handle::default();
    let backend = Gated { memory, gate: gate.clone(), poisoned: Arc::default() };
    (GroupCommit::new(block_on(Aof::create(backend, LogOptions::new())).unwrap()), gate)
}

pub(crate) fn shut() -> (GroupCommit<Gated>, Handle) {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.shut = true);
    (log, gate)
}
