//! Disk and memory of a log in segments that is pruned while it is written, read along, and killed every few seconds.
//!
//! ```text
//! cargo run --release -p aof-benches --example retaining -- [GIB] [DIRECTORY]
//! ```
//!
//! Writes 20 GiB where nothing else is said, in entries of 64 KiB by a `GroupCommit`, keeps 256 MiB of it, and checks after
//! each kill that the log opens with everything that was acknowledged. Exit code 1 where it does not, or where it held more
//! than it was to keep and what is written between two prunes.

use aof_api::{Aof, GroupCommit, LogOptions, Operation};
use aof_segments::{Holds, Retention, SegmentedOptions};
use futures::executor::block_on;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const KEEP: u64 = 256 << 20;
const SEGMENT: u64 = 16 << 20;
/// The log is pruned after each so many bytes.
const PRUNED_EVERY: u64 = 32 << 20;
/// Beside what is kept: what is written until the next prune, a segment that it cuts in two, and one made ahead.
const MOST: u64 = KEEP + PRUNED_EVERY + 4 * SEGMENT;
const BODY: usize = (64 << 10) - 272;
/// Entries of one durable group.
const GROUP: usize = 32;
const LIFE: Duration = Duration::from_secs(4);

fn options() -> SegmentedOptions {
    SegmentedOptions::new().segment_bytes(SEGMENT)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, path] = &arguments[..]
        && word == "write"
    {
        block_on(write(Path::new(path)));
        return ExitCode::FAILURE;
    }
    let gib = arguments.first().map_or(20, |text| text.parse::<u64>().expect("GIB is a number"));
    let within = arguments.get(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = tempfile::tempdir_in(within).expect("the directory takes another");
    watch(&directory.path().join("log"), gib << 30)
}

/// Appends durably until it is killed, with a follower that reads along, and tells the last durable op of each group.
async fn write(path: &Path) {
    let backend = options().open_or_create(path).expect("the log opens");
    let (log, _) = Aof::open(backend, LogOptions::new()).await.expect("the log is whole");
    let tip = log.tip();
    let group = GroupCommit::new(log);
    let holds = Holds::new();
    let mut hold = holds.hold(tip.map_or(0, |tip| tip.op));
    let mut follower = group.follow(tip).await.expect("the tip is in the log");
    let entries = vec![(Operation(200), vec![7; BODY]); GROUP];
    let mut since_prune = 0;
    loop {
        let appended = group.append_all(entries.clone()).await.expect("the disk has room");
        for _ in &appended {
            let entry = follower.next().await.expect("the log is whole");
            hold.advance(entry.op());
        }
        since_prune += (GROUP * (BODY + 272)) as u64;
        if since_prune >= PRUNED_EVERY {
            since_prune = 0;
            let holds = holds.clone();
            let prune = group.with_log(move |log| {
                Box::pin(async move { Retention::new().keep_bytes(KEEP).prune(log, &holds).await })
            });
            prune.await.expect("the log is lent").expect("the log can be pruned");
        }
        let last = appended.last().map_or(0, |appended| appended.op);
        println!("{last}");
        std::io::stdout().flush().expect("somebody listens");
    }
}

fn watch(path: &Path, len: u64) -> ExitCode {
    let (begun, mut kills, mut acknowledged) = (Instant::now(), 0, 0);
    let (mut disk_max, mut memory_max) = (0, 0);
    while acknowledged * ((BODY + 272) as u64) < len {
        let mut writer = Command::new(std::env::current_exe().expect("this program has a path"))
            .args(["write".as_ref(), path.as_os_str()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process more can be made");
        let mut lines = BufReader::new(writer.stdout.take().expect("it is piped")).lines();
        let life = Instant::now();
        while life.elapsed() < LIFE
            && let Some(Ok(line)) = lines.next()
        {
            acknowledged = line.parse().expect("a writer tells ops");
            disk_max = disk_max.max(disk(path));
            memory_max = memory_max.max(memory(writer.id()));
        }
        writer.kill().expect("it runs");
        writer.wait().expect("it was killed");
        // What it told until then.
        acknowledged = lines.map_while(Result::ok).filter_map(|line| line.parse().ok()).last().unwrap_or(acknowledged);
        kills += 1;
        let backend = options().open(path).expect("the log opens");
        let (log, recovery) = block_on(Aof::open(backend, LogOptions::new())).expect("the log is whole");
        let tip = log.tip().map_or(0, |tip| tip.op);
        if tip < acknowledged {
            println!("op {acknowledged} was acknowledged, and the log ends with op {tip}: {recovery:?}");
            return ExitCode::FAILURE;
        }
        block_on(log.close()).expect("the log closes");
        acknowledged = tip;
    }
    let (mib, written) = (|bytes: u64| bytes >> 20, acknowledged * (BODY + 272) as u64);
    println!(
        "{} MiB written in {:.0} s, {kills} kills; {} MiB kept at the end; at most {} MiB on disk (bound {}), {} MiB resident",
        mib(written),
        begun.elapsed().as_secs_f64(),
        mib(disk(path)),
        mib(disk_max),
        mib(MOST),
        mib(memory_max),
    );
    if disk_max > MOST { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What the files of the log take, in bytes.
fn disk(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let files = path.read_dir().into_iter().flatten().flatten();
    // One that was removed meanwhile takes nothing.
    files.filter_map(|file| file.metadata().ok()).map(|file| file.blocks() * 512).sum()
}

/// The most memory that a process had at once, in bytes.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) << 10
}
