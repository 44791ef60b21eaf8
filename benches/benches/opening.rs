//! Opening a log with and without a visitor, and reading single entries of an open one. The file is in the page cache.

use aof_api::{Aof, LogOptions};
use aof_benches::LogFile;
use aof_benches::side_by_side::{Contender, side_by_side};
use futures::executor::block_on;
use std::hint::black_box;
use std::time::{Duration, Instant};

const FILE_LEN: u64 = 256 << 20;
const ROUNDS: usize = 15;
/// Entries that are read in a round.
const GETS: u64 = 2000;

fn main() {
    for (name, body_len) in [("256 B", 256), ("1 KiB", 1024), ("64 KiB", 65_536)] {
        let log = LogFile::new(body_len, FILE_LEN);
        let timed = |open: fn(&LogFile) -> u64| {
            let log = &log;
            move || {
                let start = Instant::now();
                assert_eq!(open(log), log.entries());
                start.elapsed()
            }
        };
        let mut contenders =
            [Contender::new("open", timed(open)), Contender::new("open_with, a visitor that counts", timed(open_with))];
        let title = format!("open a log of 256 MiB, bodies of {name}, a time an entry");
        side_by_side(&title, log.entries(), ROUNDS, &mut contenders);
        let mut gets = Gets::new(&log);
        let mut contenders = [Contender::new("get(op), ops in random order", move || gets.round())];
        side_by_side(&format!("get, bodies of {name}, a time an entry"), GETS, ROUNDS, &mut contenders);
    }
}

fn open(log: &LogFile) -> u64 {
    let (_, recovery) = block_on(Aof::open(log.backend(), LogOptions::new())).expect("the log is whole");
    recovery.entries
}

fn open_with(log: &LogFile) -> u64 {
    let mut visited = 0;
    let visit = |entry: aof_api::read::LocatedEntry<'_>| {
        visited += black_box(entry.body().len()).min(1) as u64;
        Ok(())
    };
    block_on(Aof::open_with(log.backend(), LogOptions::new(), visit)).expect("the log is whole");
    visited
}

/// Reads entries of an open log.
struct Gets {
    log: Aof<aof_file::FileBackend>,
    entries: u64,
    state: u64,
}

impl Gets {
    fn new(file: &LogFile) -> Gets {
        let (log, _) = block_on(Aof::open(file.backend(), LogOptions::new())).expect("the log is whole");
        Gets { log, entries: file.entries(), state: 1 }
    }

    fn round(&mut self) -> Duration {
        let start = Instant::now();
        for _ in 0..GETS {
            self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let op = 1 + (self.state >> 33) % self.entries;
            let entry = block_on(self.log.get(op)).expect("the log is whole");
            assert!(entry.is_some(), "op {op} is in the log");
        }
        start.elapsed()
    }
}
