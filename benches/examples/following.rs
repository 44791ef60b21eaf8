//! Followers beside 16 writers: each entry once, in order, and none before it is durable.
//!
//! `cargo run --release -p aof-benches --example following [ENTRIES]`

#![allow(clippy::unwrap_used, reason = "a measurement that cannot continue says where it stopped")]

use aof_api::{Aof, GroupCommit, LogOptions, Operation};
use aof_memory::MemoryBackend;
use futures::executor::block_on;
use std::thread;
use std::time::Instant;

const WRITERS: u64 = 16;
const FOLLOWERS: usize = 2;
/// Entries that each writer submits before it waits until they are durable.
const AHEAD: u64 = 64;
const BODY: [u8; 8] = [7; 8];

fn main() {
    let entries: u64 = std::env::args().nth(1).map_or(1_000_000, |entries| entries.parse().unwrap());
    let each = entries / WRITERS;
    let backend = MemoryBackend::with_capacity(entries * (272 + BODY.len() as u64));
    let log = GroupCommit::new(block_on(Aof::create(backend, LogOptions::new())).unwrap());
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..FOLLOWERS {
            scope.spawn(|| {
                let mut follower = block_on(log.follow(None)).unwrap();
                for op in 1..=each * WRITERS {
                    let entry = block_on(follower.next()).unwrap();
                    assert_eq!(entry.op(), op, "an entry is missed, or handed out twice");
                    assert!(log.durable_len() >= op * entry.size_disk(), "op {op} is shown before it is durable");
                }
            });
        }
        for _ in 0..WRITERS {
            scope.spawn(|| {
                for number in 0..each {
                    let (_, durability) = block_on(log.submit(Operation(200), BODY)).unwrap();
                    if number % AHEAD == 0 {
                        block_on(durability).unwrap();
                    }
                }
            });
        }
    });
    let rate = (each * WRITERS) as f64 / start.elapsed().as_secs_f64();
    println!("{} entries, {rate:.0} each second, in order and durable for {FOLLOWERS} followers", each * WRITERS);
}
