//! Reading a log in a file with and without looking at it.

use crate::LogFile;
use aof_api::validate::{self, Validator, validate};
use aof_api::{AofReadExt, Entries, Rule, read};
use futures::executor::block_on;

/// Bodies in bytes, from small to the largest.
pub const BODIES: [(&str, usize); 4] = [("256B", 256), ("1KiB", 1024), ("64KiB", 65_536), ("max", 1_048_320)];

/// What every reader here asks for at once, which is the default.
const CHUNK_LEN: usize = 256 << 10;

/// Reads the file in the same chunks as a validation does. Returns how many bytes.
///
/// # Panics
///
/// When the file cannot be read.
pub fn read_without_looking(log: &LogFile) -> u64 {
    let mut reader = log.reader();
    let mut buf = vec![0; CHUNK_LEN];
    let mut total = 0;
    loop {
        match block_on(reader.read_all(&mut buf)).expect("the file is there") {
            0 => return total,
            count => total += count as u64,
        }
    }
}

/// Reads entry by entry, each verified. Returns how many.
///
/// # Panics
///
/// When the log is not whole.
pub fn scan(log: &LogFile, threads: usize) -> u64 {
    let mut entries = Entries::new(log.reader(), read::Options::new().verify_threads(threads));
    let mut count = 0;
    block_on(async {
        while entries.next().await.expect("the log is whole").is_some() {
            count += 1;
        }
    });
    count
}

/// Validates by one reader. Returns how many entries there are.
///
/// # Panics
///
/// When the log is not whole.
pub fn validated(log: &LogFile, rule: Rule, threads: usize) -> u64 {
    let options = validate::Options::new().rule(rule).verify_threads(threads);
    let validation = block_on(validate(log.reader(), options, None)).expect("the log can be read");
    assert!(validation.is_clean());
    validation.entries
}

/// Validates by a reader for each of so many threads, as `aof validate` does. Returns how many entries there are.
///
/// # Panics
///
/// When the log is not whole.
pub fn validated_striped(log: &LogFile, threads: usize) -> u64 {
    let mut validator = Validator::new(validate::Options::new());
    let readers = (0..threads).map(|_| log.reader()).collect();
    let mut problems = 0;
    block_on(validator.read_striped(readers, |_| problems += 1)).expect("the log can be read");
    assert_eq!(problems, 0);
    validator.finish().entries
}
