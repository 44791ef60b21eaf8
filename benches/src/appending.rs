//! Appending to memory and to files without checkpoints, against the plain copy of the same bytes: each as a function
//! that does so many appends and returns how long they took.

use aof_api::format::{Checksum, Header, Prepare};
use aof_api::{Aof, AofBackend, DynAofBackend, LogOptions, Operation};
use aof_file::FileBackend;
use aof_memory::{CAPACITY_DEFAULT, MemoryBackend};
use futures::FutureExt;
use std::hint::black_box;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Bytes in each body.
pub const BODY_LEN: usize = 1024;
const ENTRY_LEN: usize = 16 + 256 + BODY_LEN;
/// Appends until the memory is full, about 26,000; then a new one, and what making it costs is not counted.
pub const ROUND: u64 = CAPACITY_DEFAULT / ENTRY_LEN as u64;

fn options() -> LogOptions {
    LogOptions::new().clock(|| 1)
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

/// A memory backend, made from the one of the round before.
///
/// Memory is used again, warm, as the plain copy is: touching new pages would drown everything else.
pub fn memory(used: Option<MemoryBackend>) -> MemoryBackend {
    let mut backend = used.unwrap_or_else(|| MemoryBackend::from_bytes(&vec![1; CAPACITY_DEFAULT as usize]));
    backend.truncate(0).now_or_never().expect("memory is ready").expect("memory can be cut");
    backend
}

/// As [`memory`], in a `Box<dyn>`.
pub fn memory_erased(used: Option<Box<dyn DynAofBackend>>) -> Box<dyn DynAofBackend> {
    let mut backend = used.unwrap_or_else(|| Box::new(memory(None)));
    backend.truncate(0).now_or_never().expect("memory is ready").expect("memory can be cut");
    backend
}

/// A new file in place of the one of the round before.
pub fn file(directory: &TempDir, used: Option<FileBackend>) -> FileBackend {
    drop(used);
    let path = directory.path().join("log.aof");
    let _ = std::fs::remove_file(&path);
    FileBackend::create(path).expect("a temporary directory takes a file")
}

/// As [`file()`], in a `Box<dyn>`.
pub fn file_erased(directory: &TempDir, used: Option<Box<dyn DynAofBackend>>) -> Box<dyn DynAofBackend> {
    drop(used);
    Box::new(file(directory, None))
}

/// The plain copy of an entry into memory as large as the default, advancing.
pub fn plain_copy() -> impl FnMut(u64) -> Duration {
    let entry = prepare().as_entry_bytes().to_vec();
    let mut memory = vec![1_u8; CAPACITY_DEFAULT as usize];
    move |iterations| {
        let step = |at: &mut usize| {
            memory[*at..*at + ENTRY_LEN].copy_from_slice(black_box(&entry));
            *at += ENTRY_LEN;
        };
        rounds(iterations, &mut None, |_| 0, step)
    }
}

/// The two checksums that an append computes, and the plain copy.
pub fn two_checksums_and_plain_copy() -> impl FnMut(u64) -> Duration {
    let entry = prepare().as_entry_bytes().to_vec();
    let mut memory = vec![1_u8; CAPACITY_DEFAULT as usize];
    move |iterations| {
        let step = |at: &mut usize| {
            let entry = black_box(&entry);
            black_box(Checksum::of(&entry[272..]));
            black_box(Checksum::of(&entry[32..272]));
            memory[*at..*at + ENTRY_LEN].copy_from_slice(entry);
            *at += ENTRY_LEN;
        };
        rounds(iterations, &mut None, |_| 0, step)
    }
}

fn log<B: AofBackend>(renew: &mut impl FnMut(Option<B>) -> B, used: Option<Aof<B>>) -> Aof<B> {
    Aof::create(renew(used.map(Aof::into_inner)), options())
        .now_or_never()
        .and_then(Result::ok)
        .expect("a new backend is empty")
}

/// [`Aof::write`] of a prepared message.
pub fn write<B: AofBackend>(mut renew: impl FnMut(Option<B>) -> B) -> impl FnMut(u64) -> Duration {
    let prepare = prepare();
    let mut state = None;
    move |iterations| {
        let step = |log: &mut Aof<B>| {
            log.write(black_box(&prepare)).now_or_never().expect("writes are ready").expect("there is room");
        };
        rounds(iterations, &mut state, |used| log(&mut renew, used), step)
    }
}

/// [`Aof::append`] of a body, with a clock that costs nothing.
pub fn append<B: AofBackend>(mut renew: impl FnMut(Option<B>) -> B) -> impl FnMut(u64) -> Duration {
    let body = [7; BODY_LEN];
    let mut state = None;
    move |iterations| {
        let step = |log: &mut Aof<B>| {
            let appended = log.append(Operation(200), black_box(&body)).now_or_never();
            appended.expect("writes are ready").expect("there is room");
        };
        rounds(iterations, &mut state, |used| log(&mut renew, used), step)
    }
}
