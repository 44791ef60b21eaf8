//! What the log costs over the requests that it makes, on a store where each takes 20 ms (`AOF_STORE_DELAY_MS`). Each line
//! compares the log with bare requests of the same objects in the same run.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot continue says where it stopped")]

#[path = "../../tests/around/mod.rs"]
mod around;
mod slow;

use aof_api::{Aof, AofRead, GroupCommit, LogOptions, Operation};
use aof_file::{FileBackend, FileOptions, SyncOn};
use aof_object_store::{ObjectReader, ObjectStoreBackend, Options, Shipper};
use futures::TryStreamExt;
use futures::executor::block_on;
use futures::future::join_all;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use slow::{Slow, slow};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const OPERATION: Operation = Operation(200);

async fn create(store: &Slow) -> Aof<ObjectStoreBackend> {
    let backend = ObjectStoreBackend::open(Arc::new(store.clone()), "log", Options::new().take_over()).await.unwrap();
    Aof::create(backend, LogOptions::new()).await.unwrap()
}

/// The chunks of a log, in order, without fences.
async fn chunks(store: &Slow) -> Vec<(Path, u64)> {
    let listed: Vec<_> = store.list(Some(&Path::from("log/c"))).try_collect().await.unwrap();
    listed.into_iter().filter(|meta| meta.size > 512).map(|meta| (meta.location, meta.size)).collect()
}

/// How long the bare PUTs of objects of the same sizes take, one after the other.
async fn bare_puts(store: &Slow) -> (usize, Duration) {
    let chunks = chunks(store).await;
    let payloads: Vec<_> = chunks.iter().map(|(_, size)| vec![7_u8; *size as usize]).collect();
    let began = Instant::now();
    for (number, payload) in payloads.into_iter().enumerate() {
        let key = Path::from(format!("bare/{number:020}"));
        store.put_opts(&key, payload.into(), PutOptions::from(PutMode::Create)).await.unwrap();
    }
    (chunks.len(), began.elapsed())
}

/// Runs what uses timers of tokio.
fn with_timers<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn large_appends(delay: Duration) {
    let store = slow(delay);
    let body = vec![7; (1 << 20) - 512];
    let took = block_on(async {
        let mut log = create(&store).await;
        let began = Instant::now();
        for _ in 0..256 {
            log.append(OPERATION, &body).await.unwrap();
        }
        log.checkpoint().await.unwrap();
        began.elapsed()
    });
    let (count, bare) = with_timers(bare_puts(&store));
    println!(
        "append 1 MiB, 256 times      {:7.1} MB/s in {count} PUTs, {:.2}x of bare PUTs",
        256.0 * 1.048576 / took.as_secs_f64(),
        bare.as_secs_f64() / took.as_secs_f64()
    );
}

fn small_appends(delay: Duration, callers: usize) {
    const ROUNDS: usize = 100;
    let store = slow(delay);
    let took = block_on(async {
        let log = GroupCommit::new(create(&store).await);
        let began = Instant::now();
        let call = || async {
            for _ in 0..ROUNDS {
                log.append(OPERATION, vec![7; 1024]).await.unwrap();
            }
        };
        join_all((0..callers).map(|_| call())).await;
        began.elapsed()
    });
    let (count, bare) = with_timers(bare_puts(&store));
    println!(
        "append 1 KiB, {callers:2} callers     {:7.0} appends/s in {count} PUTs, {:.2}x of bare PUTs",
        (ROUNDS * callers) as f64 / took.as_secs_f64(),
        bare.as_secs_f64() / took.as_secs_f64()
    );
}

fn opening(delay: Duration) {
    let store = slow(Duration::ZERO);
    block_on(async {
        let mut log = create(&store).await;
        for _ in 0..10_000 {
            log.append(OPERATION, &[7; 100]).await.unwrap();
            log.checkpoint().await.unwrap();
        }
        log.close().await.unwrap();
    });
    store.way.set(delay);
    let began = Instant::now();
    with_timers(chunks(&store));
    let listed = began.elapsed();
    let began = Instant::now();
    block_on(ObjectReader::open(Arc::new(store.clone()), "log", Options::new())).unwrap();
    let reading = began.elapsed();
    let began = Instant::now();
    block_on(async {
        let options = Options::new().take_over();
        let backend = ObjectStoreBackend::open(Arc::new(store.clone()), "log", options).await.unwrap();
        Aof::open(backend, LogOptions::new()).await.unwrap();
    });
    println!(
        "open 10,000 chunks           {:7.0} ms to read, {:.0} ms to write; their LIST takes {:.0} ms",
        reading.as_secs_f64() * 1e3,
        began.elapsed().as_secs_f64() * 1e3,
        listed.as_secs_f64() * 1e3
    );
}

fn sequential_read(delay: Duration) {
    let store = slow(Duration::ZERO);
    block_on(async {
        let mut log = create(&store).await;
        for _ in 0..256 {
            log.append(OPERATION, &vec![7; (1 << 20) - 512]).await.unwrap();
        }
        log.close().await.unwrap();
    });
    store.way.set(delay);
    let (took, total) = block_on(async {
        let mut reader = ObjectReader::open(Arc::new(store.clone()), "log", Options::new()).await.unwrap();
        let (mut buf, mut total, end) = (vec![0; 1 << 20], 0, reader.end().await.unwrap());
        let began = Instant::now();
        while total < end {
            total += reader.read(&mut buf).await.unwrap() as u64;
        }
        (began.elapsed(), total)
    });
    let bare = with_timers(async {
        let chunks = chunks(&store).await;
        let began = Instant::now();
        for (key, size) in chunks {
            let mut at = 512;
            while at < size {
                let end = size.min(at + (4 << 20));
                store.get_range(&key, at..end).await.unwrap();
                at = end;
            }
        }
        began.elapsed()
    });
    println!(
        "read {:.0} MB in order         {:7.1} MB/s, {:.2}x of bare GETs of 4 MiB",
        total as f64 / 1e6,
        total as f64 / 1e6 / took.as_secs_f64(),
        bare.as_secs_f64() / took.as_secs_f64()
    );
}

/// A writer of 50 MB/s, and a copy that follows it.
fn shipping(delay: Duration) {
    const SECONDS: u64 = 10;
    const BODY_LEN: usize = 64 << 10;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.aof");
    // When the log had which length, and was durable up to there.
    let written = Arc::new(Mutex::new(Vec::<(u64, Instant)>::new()));
    let ended = Arc::new(AtomicBool::new(false));
    let backend = FileOptions::new().sync_on(SyncOn::Caller).create(&path).unwrap();
    let writer = std::thread::spawn({
        let (written, ended) = (Arc::clone(&written), Arc::clone(&ended));
        move || {
            block_on(async {
                let mut log = Aof::create(backend, LogOptions::new()).await.unwrap();
                let (body, began) = (vec![7; BODY_LEN], Instant::now());
                while began.elapsed() < Duration::from_secs(SECONDS) {
                    // 50 MB/s, in steps of 10 ms.
                    while (log.len() as f64) < began.elapsed().as_secs_f64() * 50e6 {
                        log.append(OPERATION, &body).await.unwrap();
                    }
                    written.lock().unwrap().push((log.len(), Instant::now()));
                    std::thread::sleep(Duration::from_millis(10));
                }
                log.checkpoint().await.unwrap();
            });
            ended.store(true, Ordering::Release);
        }
    });
    let store = slow(delay);
    let (mut lag, mut copied, mut steps) = (Duration::ZERO, 0, 0);
    block_on(async {
        let options = Options::new().take_over();
        let copy = ObjectStoreBackend::open(Arc::new(store.clone()), "log", options).await.unwrap();
        let mut shipper = Shipper::open(copy).await.unwrap();
        let mut source = FileBackend::open_read_only(&path).unwrap();
        loop {
            let is_last = ended.load(Ordering::Acquire);
            let shipped = shipper.step(&mut source).await.unwrap();
            // The oldest byte of this step was written at the first time that the log was longer than the copy was.
            let times = written.lock().unwrap();
            if let Some((_, at)) = times.iter().find(|(len, _)| *len > copied).filter(|(len, _)| *len <= shipped.len) {
                lag = lag.max(at.elapsed());
            }
            drop(times);
            (copied, steps) = (shipped.len, steps + 1);
            if is_last && shipped.bytes_behind == 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    writer.join().unwrap();
    println!(
        "ship beside 50 MB/s          {:7.1} MB/s in {steps} steps, at most {:.0} ms old when durable in the copy",
        copied as f64 / 1e6 / SECONDS as f64,
        lag.as_secs_f64() * 1e3
    );
}

fn main() {
    let delay = std::env::var("AOF_STORE_DELAY_MS").map_or(20, |delay| delay.parse().unwrap());
    let delay = Duration::from_millis(delay);
    println!("each request takes {} ms", delay.as_millis());
    if std::env::args().any(|argument| argument == "appends") {
        return (0..5).for_each(|_| large_appends(delay));
    }
    large_appends(delay);
    for callers in [1, 16, 64] {
        small_appends(delay, callers);
    }
    opening(delay);
    sequential_read(delay);
    shipping(delay);
}
