//! How long an entry takes until readers see it, until it is durable, and until a follower has it, where a sync takes 5 ms
//! and an entry arrives every 50 µs.
//!
//! `cargo run --release -p aof-benches --example pipelining [SECONDS]`

#![allow(clippy::unwrap_used, reason = "a measurement that cannot continue says where it stopped")]

use aof_api::storage::delegate_read;
use aof_api::{Aof, AofBackend, AofRead, GroupCommit, LogOptions, Operation, Result};
use aof_memory::{MemoryBackend, MemoryReader};
use futures::channel::{mpsc, oneshot};
use futures::executor::block_on;
use futures::future::{BoxFuture, select};
use futures::stream::{FuturesUnordered, StreamExt};
use futures::{FutureExt, future::Either, poll};
use std::io::IoSlice;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc as blocking;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

const SYNC: Duration = Duration::from_millis(5);
const PERIOD: Duration = Duration::from_micros(50);

/// Memory with a helper thread on which each sync takes its time.
struct Slow {
    memory: MemoryBackend,
    durable_len: Arc<AtomicU64>,
    helper: blocking::Sender<(u64, oneshot::Sender<u64>)>,
}

/// How long the syncs really took: a busy machine wakes a sleeping thread late.
type Took = Arc<Mutex<Vec<Sync>>>;

struct Sync {
    took: Duration,
    end: Instant,
}

impl Slow {
    fn new(memory: MemoryBackend, took: Took) -> Slow {
        let (helper, syncs) = blocking::channel::<(u64, oneshot::Sender<u64>)>();
        let durable_len = Arc::new(AtomicU64::new(0));
        let settled = Arc::clone(&durable_len);
        thread::spawn(move || {
            for (len, done) in syncs {
                let begin = Instant::now();
                thread::sleep(SYNC);
                took.lock().unwrap().push(Sync { took: begin.elapsed(), end: Instant::now() });
                settled.store(len, Ordering::Release);
                // Nobody waits where the checkpoint was dropped.
                let _ = done.send(len);
            }
        });
        Slow { memory, durable_len, helper }
    }
}

impl AofRead for Slow {
    delegate_read!(memory);
}

impl AofBackend for Slow {
    type Reader = MemoryReader;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.memory.write(parts).await
    }

    fn checkpoint(&mut self, _note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let (done, synced) = oneshot::channel();
        self.helper.send((self.memory.len(), done)).unwrap();
        synced.map(|len| Ok(len.unwrap())).boxed()
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.memory.truncate(len).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.memory.prune(to).await
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
        self.durable_len.load(Ordering::Acquire)
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        None
    }
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(3, |seconds| seconds.parse().unwrap());
    let count = Duration::from_secs(seconds).as_micros() as u64 / PERIOD.as_micros() as u64;
    let took = Took::default();
    let backend = Slow::new(MemoryBackend::with_capacity(count * 400), Arc::clone(&took));
    let log = GroupCommit::new(block_on(Aof::create(backend, LogOptions::new())).unwrap());

    let mut follower = block_on(log.follow(None)).unwrap();
    let ends = Arc::clone(&took);
    let following = thread::spawn(move || {
        let mut late = Vec::new();
        for op in 1..=count {
            let mut next = follower.next().boxed();
            let waited = block_on(async { poll!(&mut next) });
            let entry = match waited {
                Poll::Ready(entry) => entry,
                Poll::Pending => {
                    let entry = block_on(next);
                    late.push(ends.lock().unwrap().last().unwrap().end.elapsed());
                    entry
                }
            };
            assert_eq!(entry.unwrap().op(), op);
        }
        late
    });

    let (submitted, arriving) = mpsc::unbounded();
    let waiting = thread::spawn(move || block_on(wait_for_each(arriving)));
    let mut readable = Vec::new();
    let start = Instant::now();
    for number in 0..count {
        // Spinning, because a sleep is longer than the period.
        let due = start + PERIOD * number as u32;
        while Instant::now() < due {
            std::hint::spin_loop();
        }
        let begin = Instant::now();
        let (_, durability) = block_on(log.submit(Operation(200), vec![7; 64])).unwrap();
        readable.push(begin.elapsed());
        submitted.unbounded_send((begin, durability)).unwrap();
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    drop(submitted);
    let durable = waiting.join().unwrap();
    let late = following.join().unwrap();
    block_on(log.close()).unwrap();

    println!("{count} entries, {rate:.0} each second, a sync of {SYNC:?}");
    print("a sync", took.lock().unwrap().iter().map(|sync| sync.took).collect());
    print("until readable", readable);
    print("until durable", durable);
    print("from the end of a sync until a follower that waits has an entry", late);
}

/// How long each entry took until it was durable.
async fn wait_for_each(
    mut arriving: mpsc::UnboundedReceiver<(Instant, aof_api::log::Durability<Slow>)>,
) -> Vec<Duration> {
    let mut waits = Vec::new();
    let mut waiting = FuturesUnordered::new();
    let timed = |(begin, durability): (Instant, aof_api::log::Durability<Slow>)| {
        durability.map(move |durable| {
            durable.unwrap();
            begin.elapsed()
        })
    };
    loop {
        if waiting.is_empty() {
            match arriving.next().await {
                Some(next) => waiting.push(timed(next)),
                None => return waits,
            }
        }
        match select(arriving.next(), waiting.next()).await {
            Either::Left((Some(next), _)) => waiting.push(timed(next)),
            Either::Left((None, _)) => {
                waits.extend(waiting.by_ref().collect::<Vec<_>>().await);
                return waits;
            }
            Either::Right((wait, _)) => waits.extend(wait),
        }
    }
}

fn print(what: &str, mut waits: Vec<Duration>) {
    waits.sort_unstable();
    let at = |thousandths: usize| waits[(waits.len() - 1) * thousandths / 1000];
    println!("{what}: median {:?}, 99 % {:?}, 99.9 % {:?}, longest {:?}", at(500), at(990), at(999), at(1000));
}
