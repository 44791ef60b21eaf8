//! A log in segments against one file: durable appends, how long the slowest of them wait while segments are sealed, opening,
//! and pruning under a live writer. `-- append`, `-- tail`, `-- open` or `-- prune` runs a part.
//!
//! The disk sets the pace of most of this: contenders take turns, and only ratios of one run say anything.

use aof_api::log::blocking::Aof;
use aof_api::{AofBackend, LogOptions, Operation};
use aof_benches::long_log::LongLog;
use aof_benches::side_by_side::{Contender, side_by_side};
use aof_file::{FileOptions, SyncOn};
use aof_segments::{SegmentedBackend, SegmentedOptions};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BODY: [u8; 1024] = [7; 1024];
/// Zeros ahead, so that a sync of one entry writes no metadata.
const AHEAD: u64 = 4 << 20;

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    if wanted("append") {
        appends();
    }
    if wanted("tail") {
        tails();
    }
    if wanted("open") {
        opening();
    }
    if wanted("prune") {
        pruning();
    }
}

fn file_options(ahead: u64) -> FileOptions {
    FileOptions::new().preallocate_bytes(ahead)
}

fn single(directory: &TempDir, options: FileOptions) -> Aof<aof_file::FileBackend> {
    let backend = options.create(directory.path().join("log.aof")).expect("a temporary directory takes a file");
    Aof::create(backend, LogOptions::new()).expect("a new file is empty")
}

fn segmented(directory: &TempDir, options: &SegmentedOptions) -> Aof<SegmentedBackend> {
    let backend = options.create(directory.path().join("log")).expect("a temporary directory takes another");
    Aof::create(backend, LogOptions::new()).expect("a new log is empty")
}

/// One entry, durable on return, and how long that took.
fn append<B: AofBackend>(log: &mut Aof<B>) -> Duration {
    let start = Instant::now();
    log.append(Operation(200), &BODY).expect("the disk has room");
    log.checkpoint().expect("the disk syncs");
    start.elapsed()
}

fn appends() {
    const APPENDS: u64 = 250;
    for (name, sync_on) in [("the calling thread", SyncOn::Caller), ("a helper thread", SyncOn::Helper)] {
        for ahead in [AHEAD, 0] {
            let directories = [(); 2].map(|()| tempfile::tempdir().expect("a temporary directory"));
            let mut single = single(&directories[0], file_options(ahead).sync_on(sync_on));
            let options = SegmentedOptions::new().file(file_options(ahead)).sync_on(sync_on);
            let mut segmented = segmented(&directories[1], &options);
            let mut contenders = [
                Contender::new("one file", || (0..APPENDS).map(|_| append(&mut single)).sum()),
                Contender::new("segments of 64 MiB", || (0..APPENDS).map(|_| append(&mut segmented)).sum()),
            ];
            let title = format!("durable append of 1 KiB, one by one, {} MiB ahead, {name} syncs", ahead >> 20);
            side_by_side(&title, APPENDS, 21, &mut contenders);
        }
    }
}

fn tails() {
    const TURNS: usize = 40;
    /// A little over one segment of 1 MiB.
    const APPENDS: usize = 850;
    let directories = [(); 3].map(|()| tempfile::tempdir().expect("a temporary directory"));
    // Zeros ahead in pieces of one size, which is what the slowest appends wait for: a piece for each segment of 1 MiB.
    let ahead = file_options(1 << 20);
    let mut single = single(&directories[0], ahead.clone());
    let options = SegmentedOptions::new().file(ahead);
    let mut large = segmented(&directories[1], &options);
    let mut small = segmented(&directories[2], &options.clone().segment_bytes(1 << 20));
    let mut times = [(); 3].map(|()| Vec::with_capacity(TURNS * APPENDS));
    // Of appends that seal, and of those right after, which wait for what is left of the seal.
    let mut around_seals = [vec![], vec![]];
    for _ in 0..TURNS {
        times[0].extend((0..APPENDS).map(|_| append(&mut single)));
        times[1].extend((0..APPENDS).map(|_| append(&mut large)));
        let mut sealed = false;
        for _ in 0..APPENDS {
            let segments = small.backend().segments().len();
            let time = append(&mut small);
            if sealed {
                around_seals[1].push(time);
            }
            sealed = small.backend().segments().len() > segments;
            if sealed {
                around_seals[0].push(time);
            }
            times[2].push(time);
        }
    }
    let seals = around_seals[0].len();
    println!("durable append of 1 KiB, one by one ({TURNS} turns of {APPENDS}; {seals} seals in segments of 1 MiB)");
    println!("  {:<24} {:>10} {:>10} {:>10} {:>10} {:>10}", "", "median", "99 %", "99.9 %", "99.99 %", "longest");
    for (name, mut times) in ["one file", "segments of 64 MiB", "segments of 1 MiB"].iter().zip(times) {
        times.sort();
        let quantile = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
        let texts = [0.5, 0.99, 0.999, 0.9999, 1.0].map(|share| format!("{:.2} ms", millis(quantile(share))));
        println!("  {name:<24} {:>10} {:>10} {:>10} {:>10} {:>10}", texts[0], texts[1], texts[2], texts[3], texts[4]);
    }
    for (name, mut times) in ["appends that seal", "appends after one that seals"].iter().zip(around_seals) {
        times.sort();
        println!("  {name:<34} median {:.2} ms", millis(times[times.len() / 2]));
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn open(path: &Path) -> Duration {
    let start = Instant::now();
    let backend = SegmentedBackend::open(path).expect("the log is whole");
    let (log, _) = Aof::open(backend, LogOptions::new()).expect("the log is whole");
    let elapsed = start.elapsed();
    drop(log);
    elapsed
}

fn opening() {
    /// With its entry, 64 KiB; 16 of them a segment of 1 MiB.
    const BODY_LEN: usize = (64 << 10) - 272;
    let (one, many) = (LongLog::new(1, 16, BODY_LEN), LongLog::new(1000, 16, BODY_LEN));
    let mut contenders = [
        Contender::new("1 segment of 1 MiB", || open(&one.path())),
        Contender::new("1,000 segments of 1 MiB", || open(&many.path())),
    ];
    side_by_side("open a log", 1, 31, &mut contenders);
    drop(contenders);
    drop(many);
    let longest = LongLog::new(1600, 64, (1 << 20) - 272);
    assert!(longest.len_bytes() >= 100 << 30, "{} bytes", longest.len_bytes());
    let mut contenders = [
        Contender::new("1 segment of 1 MiB", || open(&one.path())),
        Contender::new("1,600 segments of 64 MiB: 100 GiB", || open(&longest.path())),
    ];
    side_by_side("open a long log", 1, 31, &mut contenders);
}

fn pruning() {
    const ROUNDS: usize = 11;
    /// Appends beside the removal.
    const APPENDS: usize = 100;
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let (mut syncs, mut prunes, mut before, mut beside, mut gone) = (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        syncs.push(directory_sync(&scratch, round));
        // Each of 1 MiB.
        let long = LongLog::new(1001, 1, (1 << 20) - 272);
        let options = SegmentedOptions::new().file(file_options(AHEAD));
        let backend = options.open(long.path()).expect("the log is whole");
        let (mut log, _) = Aof::open(backend, LogOptions::new()).expect("the log is whole");
        before.extend((0..APPENDS).map(|_| append(&mut log)));
        let start = Instant::now();
        let op = log.tip().expect("the log has entries").op;
        log.prune(op).expect("the log can be pruned");
        prunes.push(start.elapsed());
        assert!(log.start() >= 1000 << 20, "{} bytes are pruned", log.start());
        beside.extend((0..APPENDS).map(|_| append(&mut log)));
        let is_left = || fs::read_dir(long.path()).into_iter().flatten().flatten().count() > 20;
        while is_left() {
            std::thread::sleep(Duration::from_millis(1));
        }
        gone.push(start.elapsed());
    }
    println!("prune 1,000 segments of 1 MiB under a live writer (medians of {ROUNDS} rounds)");
    let all = [
        ("a new name and a directory sync", syncs),
        ("prune", prunes),
        ("until the last segment is removed", gone),
        ("durable append before", before),
        ("durable append beside the removal", beside),
    ];
    for (name, mut times) in all {
        times.sort();
        let (median, longest) = (millis(times[times.len() / 2]), millis(times[times.len() - 1]));
        println!("  {name:<44} {median:>9.2} ms, at most {longest:>9.2} ms");
    }
}

/// What the start of a pruned log costs at least: a small file, synced, under a new name, and its directory, synced.
fn directory_sync(scratch: &TempDir, round: usize) -> Duration {
    let (next, name) = (scratch.path().join("next"), scratch.path().join(format!("name-{round}")));
    let file = File::create(&next).expect("a temporary directory takes a file");
    file.sync_all().expect("the disk syncs");
    let directory = File::open(scratch.path()).expect("it is there");
    let start = Instant::now();
    fs::rename(next, name).expect("the name is free");
    directory.sync_all().expect("the disk syncs");
    start.elapsed()
}
