//! What damage costs at worst: a file of headers that each claim the largest body and have none, so that each of them
//! has to be looked at, against reading the file without looking.

use aof_api::format::{HEADER_SIZE, Header, MAGIC, MESSAGE_SIZE_MAX};
use aof_api::{AofReadExt, Entries, Error, Operation, read};
use aof_benches::side_by_side::{Contender, side_by_side};
use aof_file::{FileBackend, FileReader};
use futures::executor::block_on;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use zerocopy::IntoBytes;

const HEADERS: u64 = 40_000;
const ROUNDS: usize = 3;

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("hollow.aof");
    std::fs::write(&path, hollow_log()).expect("the disk has room for 11 MB");
    let reading = || timed(|| read_without_looking(&path));
    let looking = || timed(|| read_past_damage(&path));
    let mut contenders =
        [Contender::new("reading without looking", reading), Contender::new("reading past damage", looking)];
    side_by_side("headers without their bodies", HEADERS, ROUNDS, &mut contenders);
}

fn hollow_log() -> Vec<u8> {
    let mut header = Header::new(Operation(200));
    header.size = MESSAGE_SIZE_MAX.into();
    header.checksum = header.calculate_checksum();
    let entry = [&MAGIC[..], header.as_bytes()].concat();
    assert_eq!(entry.len(), MAGIC.len() + HEADER_SIZE as usize);
    entry.repeat(HEADERS as usize)
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn reader(path: &Path) -> FileReader {
    FileBackend::open_read_only(path).expect("the file is there")
}

fn read_without_looking(path: &Path) -> u64 {
    let mut reader = reader(path);
    // What a reader of entries asks for at once.
    let mut buf = vec![0; 256 << 10];
    let mut total = 0;
    loop {
        match block_on(reader.read_all(&mut buf)).expect("the file can be read") {
            0 => return total,
            count => total += count as u64,
        }
    }
}

fn read_past_damage(path: &Path) -> u64 {
    let mut entries = Entries::new(reader(path), read::Options::new());
    let mut damaged = 0;
    loop {
        match block_on(entries.next()) {
            Ok(None) => break,
            Err(Error::Corrupt { .. }) => {
                block_on(entries.resync()).expect("the file can be read").expect("there is damage");
                damaged += 1;
            }
            Ok(Some(_)) => unreachable!("no entry is whole"),
            Err(error) => unreachable!("the file can be read: {error}"),
        }
    }
    assert_eq!(damaged, HEADERS);
    damaged
}
