//! `aof-openraft` and other Raft logs side by side: contenders that take turns, and the medians of their ratios.
//! `-- append`, `-- open` or `-- read` runs a part.

use aof_benches::cold::cold;
use aof_benches::raft_logs::{CONTESTANTS, PAYLOAD_LEN, RaftLog, append_in_flight, append_in_groups};
use aof_benches::side_by_side::{Contender, side_by_side};
use std::cell::RefCell;
use std::time::Instant;
use tempfile::TempDir;

/// Rounds of every comparison, in turn.
const ROUNDS: usize = 9;
const OPENING_ROUNDS: usize = 3;
/// Entries in the log that is opened and read.
const ENTRIES: u64 = 1_000_000;
/// Entries that one read asks for, as openraft does for a follower.
const RANGE: u64 = 64;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == part);
    println!("what each does before it calls back");
    CONTESTANTS.iter().for_each(|log| println!("  {:<44} {}", log.name, log.promise));
    if is_wanted("append") {
        append("1 in flight", 300, |log, first, count| append_in_flight(log, first..first + count, 1));
        append("64 in flight", 3200, |log, first, count| append_in_flight(log, first..first + count, 64));
        append("64 in one append", 6400, |log, first, count| append_in_groups(log, first..first + count, 64));
    }
    if is_wanted("open") || is_wanted("read") {
        open_and_read(is_wanted("open"), is_wanted("read"));
    }
}

fn append(how: &str, count: u64, round: fn(&mut dyn RaftLog, u64, u64) -> std::time::Duration) {
    let directories: Vec<_> = CONTESTANTS.iter().map(|_| temporary()).collect();
    let mut contenders = Vec::new();
    for (contestant, directory) in CONTESTANTS.iter().zip(&directories) {
        let mut log = (contestant.open)(directory.path());
        let mut next = 1;
        contenders.push(Contender::new(contestant.name, move || {
            let elapsed = round(&mut *log, next, count);
            next += count;
            elapsed
        }));
    }
    side_by_side(
        &format!("durable append of {PAYLOAD_LEN} bytes, {how}, a time an entry"),
        count,
        ROUNDS,
        &mut contenders,
    );
}

fn open_and_read(opens: bool, reads: bool) {
    let directories: Vec<_> = CONTESTANTS.iter().map(|_| temporary()).collect();
    for (contestant, directory) in CONTESTANTS.iter().zip(&directories) {
        let mut log = (contestant.open)(directory.path());
        append_in_groups(&mut *log, 1..ENTRIES + 1, 2000);
        log.close();
    }
    if opens {
        let open = |before: Before| {
            let mut contenders = Vec::new();
            for (contestant, directory) in CONTESTANTS.iter().zip(&directories) {
                contenders.push(Contender::new(contestant.name, move || {
                    if before != Before::Closed {
                        // What a killed process leaves: `hiqlite-wal` looks at its entries only then. Others ignore it.
                        std::fs::write(directory.path().join("lock.hql"), "").expect("the directory takes a file");
                    }
                    if before == Before::Rebooted {
                        cold(directory.path());
                    }
                    let start = Instant::now();
                    let mut log = (contestant.open)(directory.path());
                    let elapsed = start.elapsed();
                    assert_eq!(log.read(ENTRIES..ENTRIES + 1), PAYLOAD_LEN, "{} has its last entry", contestant.name);
                    log.close();
                    elapsed
                }));
            }
            let title = format!("open {ENTRIES} entries after {}, a time an entry", before.describe());
            side_by_side(&title, ENTRIES, OPENING_ROUNDS, &mut contenders);
        };
        open(Before::Rebooted);
        open(Before::Killed);
        open(Before::Closed);
    }
    if reads {
        let logs: Vec<RefCell<Box<dyn RaftLog>>> = CONTESTANTS
            .iter()
            .zip(&directories)
            .map(|(contestant, directory)| RefCell::new((contestant.open)(directory.path())))
            .collect();
        for (what, first) in [("oldest", 1), ("newest", ENTRIES - 20_000)] {
            let mut contenders = Vec::new();
            for (contestant, log) in CONTESTANTS.iter().zip(&logs) {
                contenders.push(Contender::new(contestant.name, move || {
                    let mut log = log.borrow_mut();
                    let start = Instant::now();
                    for from in (first..first + 20_000 - RANGE).step_by(RANGE as usize) {
                        assert_eq!(log.read(from..from + RANGE), RANGE as usize * PAYLOAD_LEN);
                    }
                    start.elapsed()
                }));
            }
            let title = format!("read the {what} 20,000 of {ENTRIES} entries, {RANGE} at a time, a time an entry");
            side_by_side(&title, 20_000, ROUNDS, &mut contenders);
        }
    }
}

/// How the log came to be closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The machine went down: nothing is in the page cache.
    Rebooted,
    Killed,
    Closed,
}

impl Before {
    fn describe(self) -> &'static str {
        match self {
            Before::Rebooted => "a reboot, from the disk",
            Before::Killed => "a kill, in the page cache, which ours does not trust",
            Before::Closed => "a close, in the page cache, which ours does not trust",
        }
    }
}

fn temporary() -> TempDir {
    tempfile::tempdir().expect("the system takes a temporary directory")
}
