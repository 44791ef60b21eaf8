//! Durable appends of 1 KiB payloads by one thread, the sync on its own thread: the ways to sync, bare, beside the options
//! of the file backend, taking turns. `-- 1`, `-- 100` or `-- 10000` runs one size of groups.
//!
//! The bare ways write as many bytes as an entry has, so that what differs is the log.

use aof_api::log::blocking::Aof;
use aof_api::{LogOptions, Operation};
use aof_benches::side_by_side::{Contender, side_by_side};
use aof_file::{FileBackend, FileOptions, SyncOn};
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const BODY: [u8; 1024] = [7; 1024];
const ENTRY: [u8; 16 + 256 + 1024] = [7; 16 + 256 + 1024];
const ROUNDS: usize = 7;
/// Entries to a checkpoint, and checkpoints to a round.
const GROUPS: [(usize, u64); 3] = [(1, 400), (100, 100), (10_000, 8)];
/// Of the bare ways too, so that no round reaches the end.
const AHEAD_BYTES: u64 = 128 << 20;
const BUFFER_BYTES: usize = 256 << 10;
/// As large as the pieces with which the file backend lets the disk begin.
#[cfg(target_os = "linux")]
const PIECE_LEN: usize = 2 << 20;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| directory.path().join(name);
    for (group, checkpoints) in GROUPS {
        if !wanted.is_empty() && !wanted.contains(&group.to_string()) {
            continue;
        }
        let ahead = FileOptions::new().preallocate_bytes(AHEAD_BYTES);
        let buffered = FileOptions::new().write_buffer_bytes(BUFFER_BYTES);
        let both = ahead.clone().write_buffer_bytes(BUFFER_BYTES);
        let mut contenders = vec![
            bare("write + fdatasync, allocated ahead", at("a"), group, checkpoints, Sync::Data, true),
            bare("write + fdatasync", at("b"), group, checkpoints, Sync::Data, false),
        ];
        #[cfg(target_os = "linux")]
        contenders.extend([
            bare("O_DSYNC write, allocated ahead", at("c"), group, checkpoints, Sync::OpenedSo, true),
            bare("RWF_DSYNC write, allocated ahead", at("d"), group, checkpoints, Sync::EachWrite, true),
        ]);
        #[cfg(target_os = "linux")]
        if ENTRY.len() * group >= PIECE_LEN {
            let name = "write in pieces, begun early + fdatasync, allocated ahead";
            contenders.push(bare(name, at("k"), group, checkpoints, Sync::DataBegunEarly, true));
        }
        contenders.extend([
            log("append", at("e"), group, checkpoints, FileOptions::new(), false),
            log("append, allocated ahead", at("f"), group, checkpoints, ahead.clone(), false),
            log("append, buffered", at("g"), group, checkpoints, buffered, false),
            log("append, buffered, allocated ahead", at("h"), group, checkpoints, both, false),
            log("append_all", at("i"), group, checkpoints, FileOptions::new(), true),
            log("append_all, allocated ahead", at("j"), group, checkpoints, ahead, true),
        ]);
        let entries = group as u64 * checkpoints;
        side_by_side(&format!("durable entries of 1 KiB, {group} to a checkpoint"), entries, ROUNDS, &mut contenders);
    }
}

/// How bytes are made durable.
#[derive(Clone, Copy, PartialEq)]
enum Sync {
    Data,
    #[cfg(target_os = "linux")]
    OpenedSo,
    #[cfg(target_os = "linux")]
    EachWrite,
    /// Each piece is written out at once, before the sync.
    #[cfg(target_os = "linux")]
    DataBegunEarly,
}

impl Sync {
    /// Whether a call after the writes is needed.
    fn is_separate(self) -> bool {
        match self {
            Sync::Data => true,
            #[cfg(target_os = "linux")]
            Sync::DataBegunEarly => true,
            #[cfg(target_os = "linux")]
            Sync::OpenedSo | Sync::EachWrite => false,
        }
    }
}

/// One positioned write for each group, without a log.
fn bare(name: &str, path: PathBuf, group: usize, checkpoints: u64, sync: Sync, ahead: bool) -> Contender<'static> {
    let bytes = ENTRY.repeat(group);
    Contender::new(name, move || {
        let file = new_file(&path, sync);
        if ahead {
            let zeros = vec![0; bytes.len()];
            (0..checkpoints).for_each(|index| write(&file, &zeros, index * zeros.len() as u64, Sync::Data));
            file.sync_all().expect("the disk works");
        }
        let start = Instant::now();
        for index in 0..checkpoints {
            write(&file, &bytes, index * bytes.len() as u64, sync);
            if sync.is_separate() {
                file.sync_data().expect("the disk works");
            }
        }
        start.elapsed()
    })
}

fn new_file(path: &PathBuf, sync: Sync) -> File {
    let _ = std::fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(target_os = "linux")]
    if sync == Sync::OpenedSo {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::DSYNC.bits() as i32);
    }
    let _ = sync;
    options.open(path).expect("a temporary directory takes a file")
}

fn write(file: &File, bytes: &[u8], offset: u64, sync: Sync) {
    #[cfg(target_os = "linux")]
    if sync == Sync::EachWrite {
        let parts = [std::io::IoSlice::new(bytes)];
        let written = rustix::io::pwritev2(file, &parts, offset, rustix::io::ReadWriteFlags::DSYNC);
        assert_eq!(written, Ok(bytes.len()), "the disk has room");
        return;
    }
    #[cfg(target_os = "linux")]
    if sync == Sync::DataBegunEarly {
        let mut offset = offset;
        for piece in bytes.chunks(PIECE_LEN) {
            write(file, piece, offset, Sync::Data);
            let len = std::num::NonZeroU64::new(piece.len() as u64);
            rustix::fs::fadvise(file, offset, len, rustix::fs::Advice::DontNeed).expect("the file system takes hints");
            offset += piece.len() as u64;
        }
        return;
    }
    let _ = sync;
    #[cfg(unix)]
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset).expect("the disk has room");
    #[cfg(windows)]
    assert_eq!(std::os::windows::fs::FileExt::seek_write(file, bytes, offset).expect("the disk has room"), bytes.len());
}

/// The log, a new one for each round; a checkpoint of a group before that does not count, so that the file has what it
/// allocates, in pieces as they fit the groups.
fn log(
    name: &str,
    path: PathBuf,
    group: usize,
    checkpoints: u64,
    options: FileOptions,
    at_once: bool,
) -> Contender<'static> {
    let entries = vec![(Operation(200), BODY); group];
    let options = options.sync_on(SyncOn::Caller);
    Contender::new(name, move || {
        let _ = std::fs::remove_file(&path);
        let backend = options.create(&path).expect("a temporary directory takes a file");
        let mut log = Aof::create(backend, LogOptions::new()).expect("a new file is empty");
        log.append_all(&entries).expect("the disk has room");
        log.checkpoint().expect("the disk works");
        timed(&mut log, checkpoints, |log| {
            if at_once {
                log.append_all(&entries).expect("the disk has room");
            } else {
                for (operation, body) in &entries {
                    log.append(*operation, body).expect("the disk has room");
                }
            }
        })
    })
}

fn timed(log: &mut Aof<FileBackend>, checkpoints: u64, mut group: impl FnMut(&mut Aof<FileBackend>)) -> Duration {
    let start = Instant::now();
    for _ in 0..checkpoints {
        group(log);
        log.checkpoint().expect("the disk works");
    }
    start.elapsed()
}
