//! The same without a log: numbered records, each written at its place and synced, to see what the file system does.

use crate::events::{now_ns, tell};
use crate::random::Random;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const RECORD_LEN: usize = 1024;

/// The record with this number, which tells its round and cannot be mistaken for another.
fn record(seed: u64, round: u64, number: u64) -> Vec<u8> {
    let mut random = Random(seed ^ round.rotate_left(32) ^ number.wrapping_mul(0x1234_5678_9abc_def1));
    (0..RECORD_LEN / 8).flat_map(|_| random.next().to_le_bytes()).collect()
}

/// Writes until it is killed; a record is acknowledged once `fdatasync` has returned `Ok`.
pub(crate) fn write(path: &Path, seed: u64, round: u64) -> io::Result<()> {
    let file = File::create_new(path)?;
    file.sync_all()?;
    File::open(path.parent().unwrap())?.sync_all()?;
    tell("S");
    for number in 0.. {
        let record = record(seed, round, number);
        tell(format_args!("T {number}"));
        file.write_all_at(&record, number * RECORD_LEN as u64)?;
        file.sync_data()?;
        tell(format_args!("A {} {number} {}", number + 1, now_ns()));
    }
    Ok(())
}

/// The numbers of the records that are there, up to the first that is not.
pub(crate) fn read(path: &Path, seed: u64, round: u64) -> io::Result<Vec<String>> {
    let bytes = std::fs::read(path)?;
    let whole =
        bytes.chunks_exact(RECORD_LEN).zip(0..).take_while(|(found, number)| *found == record(seed, round, *number));
    Ok(whole.map(|(_, number)| number.to_string()).collect())
}
