//! Appending to memory and to a file, without checkpoints: what the log costs above the copy of its bytes.

use aof_api::{Aof, AofBackend, Checksum, DynAofBackend, Header, Operation, Options, Prepare};
use aof_file::FileBackend;
use aof_memory::{CAPACITY_DEFAULT, MemoryBackend};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use futures::FutureExt;
use std::hint::black_box;
use std::time::{Duration, Instant};

const BODY_LEN: usize = 1024;
const ENTRY_LEN: usize = 16 + 256 + BODY_LEN;
/// Writes until the memory is full, about 26,000; then a new one, and what making it costs is not counted.
const ROUND: u64 = CAPACITY_DEFAULT / ENTRY_LEN as u64;

fn options() -> Options {
    Options::new().clock(|| 1)
}

fn prepare() -> Prepare {
    let mut header = Header::new(Operation(200));
    header.op = 1.into();
    Prepare::seal(header, &[7; BODY_LEN]).expect("a body of 1 KiB is below the limit")
}

/// Runs rounds of at most `ROUND` calls of `step`, each on what `renew` makes of the round before, and times the steps
/// only.
fn rounds<T>(
    iterations: u64,
    state: &mut Option<T>,
    mut renew: impl FnMut(Option<T>) -> T,
    mut step: impl FnMut(&mut T),
) -> Duration {
    let mut elapsed = Duration::ZERO;
    let mut left = iterations;
    while left > 0 {
        let count = left.min(ROUND);
        let renewed = renew(state.take());
        let current = state.insert(renewed);
        let start = Instant::now();
        for _ in 0..count {
            step(current);
        }
        elapsed += start.elapsed();
        left -= count;
    }
    elapsed
}

/// Memory is used again, warm, as the plain copy is: touching new pages would drown everything else.
fn memory(used: Option<MemoryBackend>) -> MemoryBackend {
    let mut backend = used.unwrap_or_else(|| MemoryBackend::from_bytes(&vec![1; CAPACITY_DEFAULT as usize]));
    backend.truncate(0).now_or_never().expect("memory is ready").expect("memory can be cut");
    backend
}

fn file(directory: &tempfile::TempDir, used: Option<FileBackend>) -> FileBackend {
    drop(used);
    let path = directory.path().join("log.aof");
    let _ = std::fs::remove_file(&path);
    FileBackend::create(path).expect("a temporary directory takes a file")
}

fn erased(renewed: impl AofBackend + 'static) -> Box<dyn DynAofBackend> {
    Box::new(renewed)
}

fn copy(group: &mut BenchmarkGroup<'_, WallTime>) {
    let entry = prepare().as_entry_bytes().to_vec();
    let mut memory = vec![1_u8; CAPACITY_DEFAULT as usize];
    group.bench_function("plain_copy", |bencher| {
        bencher.iter_custom(|iterations| {
            rounds(
                iterations,
                &mut None,
                |_| 0,
                |at: &mut usize| {
                    memory[*at..*at + ENTRY_LEN].copy_from_slice(black_box(&entry));
                    *at += ENTRY_LEN;
                },
            )
        });
    });
}

fn log<B: AofBackend>(renew: &mut impl FnMut(Option<B>) -> B, used: Option<Aof<B>>) -> Aof<B> {
    Aof::create(renew(used.map(Aof::into_inner)), options())
        .now_or_never()
        .and_then(Result::ok)
        .expect("a new backend is empty")
}

fn write<B: AofBackend>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut renew: impl FnMut(Option<B>) -> B) {
    let prepare = prepare();
    let mut state = None;
    group.bench_function(format!("write/{name}"), |bencher| {
        bencher.iter_custom(|iterations| {
            rounds(
                iterations,
                &mut state,
                |used| log(&mut renew, used),
                |log| {
                    log.write(black_box(&prepare)).now_or_never().expect("writes are ready").expect("there is room");
                },
            )
        });
    });
}

fn append<B: AofBackend>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut renew: impl FnMut(Option<B>) -> B) {
    let body = [7; BODY_LEN];
    let mut state = None;
    group.bench_function(format!("append/{name}"), |bencher| {
        bencher.iter_custom(|iterations| {
            rounds(
                iterations,
                &mut state,
                |used| log(&mut renew, used),
                |log| {
                    let appended = log.append(Operation(200), black_box(&body)).now_or_never();
                    appended.expect("writes are ready").expect("there is room");
                },
            )
        });
    });
}

fn checksums_and_copy(group: &mut BenchmarkGroup<'_, WallTime>) {
    let entry = prepare().as_entry_bytes().to_vec();
    let mut memory = vec![1_u8; CAPACITY_DEFAULT as usize];
    group.bench_function("two_checksums_and_plain_copy", |bencher| {
        bencher.iter_custom(|iterations| {
            rounds(
                iterations,
                &mut None,
                |_| 0,
                |at: &mut usize| {
                    let entry = black_box(&entry);
                    black_box(Checksum::of(&entry[272..]));
                    black_box(Checksum::of(&entry[32..272]));
                    memory[*at..*at + ENTRY_LEN].copy_from_slice(entry);
                    *at += ENTRY_LEN;
                },
            )
        });
    });
}

fn benches(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut group = criterion.benchmark_group("append_1KiB");
    group.throughput(Throughput::Elements(1));
    copy(&mut group);
    write(&mut group, "memory", memory);
    let mut erased_memory = |used: Option<Box<dyn DynAofBackend>>| {
        let mut backend = used.unwrap_or_else(|| erased(memory(None)));
        backend.truncate(0).now_or_never().expect("memory is ready").expect("memory can be cut");
        backend
    };
    write(&mut group, "memory_erased", &mut erased_memory);
    checksums_and_copy(&mut group);
    append(&mut group, "memory", memory);
    append(&mut group, "memory_erased", &mut erased_memory);
    let mut erased_file = |used| {
        drop(used);
        erased(file(&directory, None))
    };
    write(&mut group, "file", |used| file(&directory, used));
    write(&mut group, "file_erased", &mut erased_file);
    append(&mut group, "file", |used| file(&directory, used));
    append(&mut group, "file_erased", &mut erased_file);
    group.finish();
}

criterion_group!(append_group, benches);
criterion_main!(append_group);
