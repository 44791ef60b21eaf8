//! This log and others, each by itself: durable appends in groups, by many callers, and opening and reading. The disk
//! sets the pace of most of these and drifts meanwhile; for ratios, see `peers`, where contenders take turns.

use aof_benches::cold::cold;
use aof_benches::peers::callers::call;
use aof_benches::peers::process::in_processes;
use aof_benches::peers::{CALLED, PEERS, Payloads, RECOVERED, read_without_looking};
use criterion::{BenchmarkId, Criterion, Throughput};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn main() -> ExitCode {
    in_processes(&[("append", append), ("callers", callers), ("recover", recover)], |_| true)
}

fn criterion() -> Criterion {
    let criterion = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(300));
    criterion.measurement_time(Duration::from_secs(1)).configure_from_args()
}

fn append(directory: &Path) {
    let mut criterion = criterion();
    let payloads = Payloads::new(10_000);
    let payloads = payloads.all();
    for group_len in [1, 100, 10_000] {
        let mut group = criterion.benchmark_group(format!("durable_append_in_groups_of_{group_len}"));
        group.throughput(Throughput::Elements(group_len as u64));
        for peer in &PEERS {
            let mut made = None;
            group.bench_function(peer.name, |bencher| {
                let made = made.get_or_insert_with(|| peer.make(directory));
                bencher.iter(|| made.log.append(0, &payloads[..group_len]));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}

fn callers(directory: &Path) {
    let mut criterion = criterion();
    let payloads = Payloads::new(10_000);
    let payloads = payloads.all();
    let mut group = criterion.benchmark_group("durable_append_by_callers");
    group.throughput(Throughput::Elements(1));
    for callers in [1, 4, 16, 64] {
        for peer in &CALLED {
            let mut made = None;
            group.bench_function(BenchmarkId::new(peer.name, callers), |bencher| {
                let made = made.get_or_insert_with(|| peer.make(directory));
                bencher.iter_custom(|appends| {
                    // Every caller appends equally often, so that there may be a few more than asked for.
                    let each = (appends as usize).div_ceil(callers);
                    let elapsed = call(&*made.log, callers, each * callers, &payloads).elapsed;
                    elapsed.mul_f64(appends as f64 / (each * callers) as f64)
                });
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

fn recover(directory: &Path) {
    /// An eighth of the log of 2 GiB in `peers`, because criterion reads it often.
    const PAYLOADS: u64 = (256 << 20) / (1024 + 272);
    let mut criterion = criterion();
    let payloads = Payloads::new(1000);
    let mut group = criterion.benchmark_group("open_and_read");
    group.throughput(Throughput::Elements(PAYLOADS));
    let timed = |iterations: u64, directory: &Path, read: &dyn Fn(&Path) -> u64| {
        let one = |_| {
            cold(directory);
            let start = Instant::now();
            std::hint::black_box(read(directory));
            start.elapsed()
        };
        (0..iterations).map(one).sum::<Duration>()
    };
    let mut written = Vec::new();
    for recovered in &RECOVERED {
        let directory = TempDir::new_in(directory).expect("the directory takes another");
        (recovered.write)(directory.path(), &payloads, PAYLOADS);
        group.bench_function(recovered.name, |bencher| {
            bencher.iter_custom(|iterations| timed(iterations, directory.path(), &recovered.read));
        });
        written.push(directory);
    }
    group.bench_function("the file of ours, read without looking", |bencher| {
        bencher.iter_custom(|iterations| timed(iterations, written[0].path(), &read_without_looking));
    });
    group.finish();
    criterion.final_summary();
}
