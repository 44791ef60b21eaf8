//! This log and others side by side, on the same promise: contenders that take turns, and the medians of their ratios.
//! `-- append`, `-- callers`, `-- recover` or `-- retain` runs a part. `-- callers --svg=FILE` also plots how long callers wait.

use aof_benches::cold::{cold, disk_bytes};
use aof_benches::peers::callers::{Waits, call, call_as_tasks};
use aof_benches::peers::plot::{Line, plot};
use aof_benches::peers::process::in_processes;
use aof_benches::peers::retained::RETAINED;
use aof_benches::peers::{CALLED, PEERS, Payloads, RECOVERED, group_commit, read_without_looking};
use aof_benches::side_by_side::{Contender, side_by_side};
use std::cell::RefCell;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Rounds of every comparison, in turn.
const ROUNDS: usize = 9;
/// Payloads in a group, and how many groups are a round.
const GROUPS: [(usize, usize); 3] = [(1, 300), (100, 100), (10_000, 8)];
/// Callers, and how many appends all of them do in a round.
const CALLERS: [(usize, usize); 4] = [(1, 300), (4, 800), (16, 2400), (64, 6400)];
/// A log of ours of 2 GiB has so many payloads of 1 KiB.
const RECOVERED_PAYLOADS: u64 = (2 << 30) / (1024 + 272);
const RECOVERY_ROUNDS: usize = 3;

/// The callers of ours that are tasks of one thread.
const TASKS: &str = "aof GroupCommit, callers are tasks of one thread";

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    in_processes(&[("append", append), ("callers", callers), ("recover", recover), ("retain", retain)], |part| {
        wanted.is_empty() || wanted.iter().any(|wanted| wanted == part)
    })
}

fn append(directory: &Path) {
    println!("what each promises when an append returns");
    PEERS.iter().for_each(|peer| println!("  {:<44} {}", peer.name, peer.promise));
    let payloads = Payloads::new(10_000);
    let payloads = payloads.all();
    for (group, count) in GROUPS {
        let made: Vec<_> = PEERS.iter().map(|peer| peer.make(directory)).collect();
        let mut contenders = Vec::new();
        for (peer, made) in PEERS.iter().zip(&made) {
            let round = || {
                let start = Instant::now();
                for at in 0..count {
                    let first = at * group % payloads.len();
                    made.log.append(0, &payloads[first..first + group]);
                }
                start.elapsed()
            };
            contenders.push(Contender::new(peer.name, round));
        }
        let title = format!("durable append of 1 KiB, one thread, in groups of {group}, a time an entry");
        side_by_side(&title, (group * count) as u64, ROUNDS, &mut contenders);
    }
}

fn callers(directory: &Path) {
    let payloads = Payloads::new(10_000);
    let payloads = payloads.all();
    let mut lines: Vec<_> = CALLED.iter().map(|peer| Line::new(peer.name)).collect();
    for (callers, appends) in CALLERS {
        let made: Vec<_> = CALLED.iter().map(|peer| peer.make(directory)).collect();
        let waits: Vec<_> = CALLED.iter().map(|_| RefCell::new(Waits::default())).collect();
        let tasks_directory = TempDir::new_in(directory).expect("the directory takes another");
        let tasks = group_commit(tasks_directory.path());
        let task_waits = RefCell::new(Waits::default());
        let mut contenders = Vec::new();
        for ((peer, made), waits) in CALLED.iter().zip(&made).zip(&waits) {
            let payloads = &payloads;
            let round = move || {
                let round = call(&*made.log, callers, appends, payloads);
                waits.borrow_mut().each.extend(round.each);
                round.elapsed
            };
            contenders.push(Contender::new(peer.name, round));
        }
        contenders.push(Contender::new(TASKS, || {
            let round = call_as_tasks(&tasks, callers, appends, &payloads);
            task_waits.borrow_mut().each.extend(round.each);
            round.elapsed
        }));
        let title = format!("durable append of 1 KiB, {callers} callers, a time an entry");
        side_by_side(&title, appends as u64, ROUNDS, &mut contenders);
        drop(contenders);
        println!("  a caller's wait: median, 99th percentile");
        for ((peer, waits), line) in CALLED.iter().zip(waits).zip(&mut lines) {
            let mut waits = waits.into_inner();
            let [median, high] = [500, 990].map(|thousandths| waits.percentile(thousandths).as_secs_f64() * 1e6);
            println!("  {:<44} {median:>9.0} µs {high:>9.0} µs", peer.name);
            line.push(callers as f64, median, high);
        }
        let mut waits = task_waits.into_inner();
        let [median, high] = [500, 990].map(|thousandths| waits.percentile(thousandths).as_secs_f64() * 1e6);
        println!("  {TASKS:<44} {median:>9.0} µs {high:>9.0} µs");
    }
    if let Some(file) = std::env::args().find_map(|argument| argument.strip_prefix("--svg=").map(ToOwned::to_owned)) {
        let kept: Vec<_> = CALLED.iter().zip(lines).filter(|(peer, _)| peer.durable).map(|(_, line)| line).collect();
        plot(Path::new(&file), "How long a caller waits until its entry of 1 KiB is durable", &kept);
        println!("plotted to {file}");
    }
}

fn recover(directory: &Path) {
    let payloads = Payloads::new(1000);
    let directories: Vec<_> = RECOVERED.iter().map(|_| TempDir::new_in(directory).expect("a directory")).collect();
    for (recovered, directory) in RECOVERED.iter().zip(&directories) {
        (recovered.write)(directory.path(), &payloads, RECOVERED_PAYLOADS);
    }
    let timed = |directory: &Path, read: &dyn Fn(&Path) -> u64, expected: Option<u64>| -> Duration {
        cold(directory);
        let start = Instant::now();
        let count = read(directory);
        let elapsed = start.elapsed();
        assert!(expected.is_none_or(|expected| expected == count), "{count} payloads were read");
        elapsed
    };
    let plain = || timed(directories[0].path(), &read_without_looking, None);
    let mut contenders = vec![Contender::new("the file of ours, read without looking", plain)];
    for (recovered, directory) in RECOVERED.iter().zip(&directories) {
        let round = move || timed(directory.path(), &recovered.read, Some(RECOVERED_PAYLOADS));
        contenders.push(Contender::new(recovered.name, round));
    }
    let title =
        format!("open and read {RECOVERED_PAYLOADS} payloads of 1 KiB, not in the page cache, a time a payload");
    side_by_side(&title, RECOVERED_PAYLOADS, RECOVERY_ROUNDS, &mut contenders);
}

/// Opening a log of 2 GiB so that it can be appended to, and what is left of it on the disk after all but 64 MiB was given back.
fn retain(directory: &Path) {
    const ROUNDS: usize = 5;
    const KEPT_PAYLOADS: u64 = (64 << 20) / (1024 + 272);
    let payloads = Payloads::new(1000);
    let directories: Vec<_> = RETAINED.iter().map(|_| TempDir::new_in(directory).expect("a directory")).collect();
    let mut contenders = Vec::new();
    for (retained, directory) in RETAINED.iter().zip(&directories) {
        (retained.write)(directory.path(), &payloads, RECOVERED_PAYLOADS);
        contenders.push(Contender::new(retained.name, || {
            cold(directory.path());
            let start = Instant::now();
            (retained.open)(directory.path());
            start.elapsed()
        }));
    }
    let title = format!("open and close a log of {RECOVERED_PAYLOADS} payloads of 1 KiB, not in the page cache");
    side_by_side(&title, 1, ROUNDS, &mut contenders);
    drop(contenders);
    println!("on the disk, before and after all but the newest {KEPT_PAYLOADS} payloads were given back");
    for (retained, directory) in RETAINED.iter().zip(&directories) {
        let before = disk_bytes(directory.path());
        (retained.purge)(directory.path(), KEPT_PAYLOADS);
        let [before, after] = [before, disk_bytes(directory.path())].map(|bytes| bytes >> 20);
        println!("  {:<44} {before:>6} MiB {after:>6} MiB  {}", retained.name, retained.purges);
    }
}
