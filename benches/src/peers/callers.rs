//! Many callers of one log at once, each on a thread of its own, and how long each of them waits.

use super::DurableLog;
use aof_api::{AofBackend, GroupCommit, Operation};
use futures::executor::block_on;
use futures::future::join_all;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// What came of a round of callers.
#[derive(Debug, Default)]
pub struct Waits {
    /// From when all callers were ready until the last append returned.
    pub elapsed: Duration,
    /// How long each append took.
    pub each: Vec<Duration>,
}

impl Waits {
    /// The wait that so many thousandths of all waits do not exceed. Sorts them.
    pub fn percentile(&mut self, thousandths: usize) -> Duration {
        self.each.sort_unstable();
        let last = self.each.len().saturating_sub(1);
        self.each.get(last * thousandths / 1000).copied().unwrap_or_default()
    }
}

/// As [`call`], with all callers on one thread: each is a task, and nobody but they drives the log.
///
/// # Panics
///
/// When an append fails.
#[must_use]
pub fn call_as_tasks<B: AofBackend + 'static>(
    log: &GroupCommit<B>,
    callers: usize,
    appends: usize,
    payloads: &[&[u8]],
) -> Waits {
    let each = appends.div_ceil(callers);
    let start = Instant::now();
    let tasks = (0..callers).map(|caller| async move {
        let mut waits = Vec::with_capacity(each);
        for number in 0..each {
            let payload = payloads[(caller * each + number) % payloads.len()];
            let start = Instant::now();
            log.append(Operation(200), payload).await.expect("the disk has room and syncs");
            waits.push(start.elapsed());
        }
        waits
    });
    let waits = block_on(join_all(tasks)).concat();
    Waits { elapsed: start.elapsed(), each: waits }
}

/// Lets so many callers append one payload after the other, so many in all.
#[must_use]
pub fn call(log: &dyn DurableLog, callers: usize, appends: usize, payloads: &[&[u8]]) -> Waits {
    let ready = Barrier::new(callers + 1);
    let each = appends.div_ceil(callers);
    std::thread::scope(|scope| {
        let ready = &ready;
        let spawn = |caller: usize| {
            scope.spawn(move || {
                let mut waits = Vec::with_capacity(each);
                ready.wait();
                for number in 0..each {
                    let payload = payloads[(caller * each + number) % payloads.len()];
                    let start = Instant::now();
                    log.append(caller, &[payload]);
                    waits.push(start.elapsed());
                }
                waits
            })
        };
        let threads: Vec<_> = (0..callers).map(spawn).collect();
        ready.wait();
        let start = Instant::now();
        let waits: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("no caller panics")).collect();
        Waits { elapsed: start.elapsed(), each: waits.concat() }
    })
}
