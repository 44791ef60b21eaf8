//! Many schedules: tasks are polled only when they were woken, dropped, or never polled again, and nobody is stranded.

use crate::gate::{Gated, Handle, gated};
use crate::lending::rotate;
use crate::polling::OPERATION;
use aof_api::{GroupCommit, Result};
use aof_memory::MemoryBackend;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake};

const SCHEDULES: u64 = 400;

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Woken>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Task {
    what: &'static str,
    future: BoxFuture<'static, Result<()>>,
    woken: Arc<Woken>,
    /// It is kept and never polled again.
    parked: bool,
}

impl Task {
    fn is_ready(&self) -> bool {
        !self.parked && self.woken.0.load(Ordering::SeqCst)
    }
}

/// Numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

struct Schedule {
    seed: u64,
    random: Random,
    log: GroupCommit<Gated>,
    /// Of each storage that the log was in.
    gates: Vec<Handle>,
    tasks: Vec<Task>,
}

impl Schedule {
    fn new(seed: u64) -> Schedule {
        let (log, gate) = gated(MemoryBackend::with_capacity(64 << 10));
        let random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Schedule { seed, random, log, gates: vec![gate], tasks: Vec::new() }
    }

    fn spawn(&mut self, what: &'static str, future: BoxFuture<'static, Result<()>>) {
        self.tasks.push(Task { what, future, woken: Arc::new(Woken(AtomicBool::new(true))), parked: false });
    }

    fn call(&mut self) {
        let log = self.log.clone();
        let gate = Handle::default();
        match self.random.below(20) {
            0..8 => self.spawn("append", async move { log.append(OPERATION, "one").await.map(drop) }.boxed()),
            8..12 => self.spawn("submit", async move { log.submit(OPERATION, "two").await?.1.await }.boxed()),
            12..14 => {
                let entries = [(OPERATION, "three"), (OPERATION, "four")];
                self.spawn("append_all", async move { log.append_all(entries).await.map(drop) }.boxed());
            }
            14..16 => self.spawn("durable", async move { log.durable().await }.boxed()),
            16 => self.spawn("entries", async move { log.entries().await.map(drop) }.boxed()),
            17 => {
                let lend = async move {
                    let appended = log.with_log(|log| log.append(OPERATION, b"five").boxed()).await?;
                    appended.map(drop)
                };
                self.spawn("with_log", lend.boxed());
            }
            18 => {
                self.gates.push(gate.clone());
                let rotation = async move {
                    log.append(OPERATION, "before").await?;
                    log.with_log(|log| rotate(log, gate)).await?.map(drop)
                };
                self.spawn("rotation", rotation.boxed());
            }
            _ => {
                let follow = async move {
                    let mut follower = log.follow(None).await?;
                    let first = follower.next().await?.op();
                    assert_eq!(follower.next().await?.op(), first + 1);
                    assert!(log.tip().is_some_and(|tip| tip.op > first));
                    Ok(())
                };
                self.spawn("follow", follow.boxed());
            }
        }
    }

    /// Polls one of those who were woken; returns whether there was one.
    fn poll(&mut self) -> bool {
        let ready: Vec<_> = (0..self.tasks.len()).filter(|at| self.tasks[*at].is_ready()).collect();
        if ready.is_empty() {
            return false;
        }
        let at = ready[self.random.below(ready.len())];
        let task = &mut self.tasks[at];
        task.woken.0.store(false, Ordering::SeqCst);
        let waker = Arc::clone(&task.woken).into();
        if let std::task::Poll::Ready(outcome) = task.future.poll_unpin(&mut Context::from_waker(&waker)) {
            let what = self.tasks.swap_remove(at).what;
            outcome.unwrap_or_else(|error| panic!("seed {}: {what} fails: {error}", self.seed));
        }
        true
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..60 => drop(self.poll()),
            60..80 => self.call(),
            80..85 if !self.tasks.is_empty() => {
                let at = self.random.below(self.tasks.len());
                drop(self.tasks.swap_remove(at));
            }
            85..88 if !self.tasks.is_empty() => {
                let at = self.random.below(self.tasks.len());
                self.tasks[at].parked = true;
            }
            88..94 => self.gates.iter().for_each(Handle::shut),
            _ => self.gates.iter().for_each(Handle::open),
        }
    }

    /// With the gates open, every task ends that is polled when it is woken.
    fn finish(mut self) {
        self.gates.iter().for_each(Handle::open);
        while self.poll() {}
        for _ in 0..2 {
            // Followers need something to follow, also where the log was rotated last.
            let log = self.log.clone();
            self.spawn("last", async move { log.append(OPERATION, "last").await.map(drop) }.boxed());
            while self.poll() {}
        }
        let stranded: Vec<_> = self.tasks.iter().filter(|task| !task.parked).map(|task| task.what).collect();
        assert!(stranded.is_empty(), "seed {}: stranded: {stranded:?}", self.seed);
        block_on(self.log.close()).unwrap();
    }
}

#[test]
fn whoever_is_woken_gets_on_in_every_schedule() {
    for seed in 1..=SCHEDULES {
        let mut schedule = Schedule::new(seed);
        for _ in 0..schedule.random.below(120) {
            schedule.step();
        }
        schedule.finish();
    }
}
