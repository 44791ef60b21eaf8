//! Every walk over a log reads each byte a few times at most, whatever the bytes are, with any number of threads.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, forged};
use crate::support::random::Random;
use aof_api::copy::{self, copy};
use aof_api::format::MAGIC;
use aof_api::merge::{self, Merger};
use aof_api::read::find::{Target, find};
use aof_api::validate::{self, Validator};
use aof_api::{Aof, LogOptions, Rule, read};
use std::sync::OnceLock;

/// Enough for several stripes of 4 MiB.
const LONG: usize = 9 << 20;

/// A walk reads a byte once to find what is there, once more where the thread that meets damage is not the one that passes
/// it, and once for what was read ahead in vain.
const TIMES_MAX: f64 = 3.0;

fn log_of(len: usize) -> Vec<u8> {
    Log::of((0..len.div_ceil(20_000)).map(|number| vec![number as u8; 19_000])).bytes()
}

/// Logs with long stretches that hold no entry, and with many short ones.
fn logs() -> &'static [(&'static str, Vec<u8>)] {
    static LOGS: OnceLock<Vec<(&'static str, Vec<u8>)>> = OnceLock::new();
    LOGS.get_or_init(make_logs)
}

fn make_logs() -> Vec<(&'static str, Vec<u8>)> {
    let log = log_of(1 << 20);
    let mut junk = Random(7).junk(LONG);
    let magics = MAGIC.repeat(LONG / MAGIC.len());
    let around = |middle: &[u8]| [&log[..], middle, &log].concat();
    let mut sieve = log_of(LONG);
    for at in (10_000..sieve.len()).step_by(300_000) {
        sieve[at] ^= 1;
    }
    let small = Log::history(3_000);
    let every_other: Vec<u8> = small
        .prepares
        .iter()
        .enumerate()
        .flat_map(|(number, prepare)| {
            let mut bytes = prepare.as_entry_bytes().to_vec();
            bytes[20] ^= (number % 2) as u8;
            bytes
        })
        .collect();
    // Headers far apart that claim bodies that are not there.
    let hollow = forged(|header| header.size = aof_api::format::MESSAGE_SIZE_MAX.into());
    for at in (0..LONG).step_by(700_000) {
        junk[at..at + hollow.len()].copy_from_slice(&hollow);
    }
    vec![
        ("zeros at the end", [&log[..], &vec![0; LONG]].concat()),
        ("nothing but zeros", vec![0; LONG]),
        ("zeros between", around(&vec![0; LONG])),
        ("junk and hollow headers at the end", [&log[..], &junk].concat()),
        ("junk and hollow headers between", around(&junk)),
        ("magics", around(&magics)),
        ("damage every 300 kB", sieve),
        ("every other small entry damaged", every_other),
        ("a whole log", log_of(LONG)),
    ]
}

/// How often the log is read by `walk`.
fn times_read(bytes: &[u8], walk: impl FnOnce(Disk)) -> f64 {
    let disk = Disk::with(bytes);
    walk(disk.clone());
    disk.read_bytes() as f64 / bytes.len() as f64
}

fn assert_linear(what: &str, walk: impl Fn(Disk, read::Options, usize)) {
    for (name, bytes) in logs() {
        for threads in [1, 3] {
            let options = read::Options::new().verify_threads(threads);
            let times = times_read(bytes, |disk| walk(disk, options, threads));
            assert!(times <= TIMES_MAX, "{what}, {name}, {threads} threads: read {times:.2} times");
        }
    }
}

#[test]
fn opening_is_linear() {
    assert_linear("open", |disk, read, threads| {
        let options = LogOptions::new().read(read).read_threads(threads);
        // A log that is refused was read as well.
        let _ = block_on(Aof::open(disk, options));
    });
}

#[test]
fn validation_is_linear() {
    for rule in [Rule::Linear, Rule::SeenParent] {
        assert_linear("validate", |disk, read, threads| {
            let mut validator = Validator::new(validate::Options::new().rule(rule).read(read));
            block_on(validator.read_striped(vec![disk; threads], |_| {})).unwrap();
            assert!(validator.finish().bytes > 0);
        });
    }
}

#[test]
fn reading_the_inputs_of_a_merge_is_linear() {
    assert_linear("merge", |disk, read, _| {
        let mut merger = Merger::new(merge::Options::new().read(read));
        block_on(merger.read(disk)).unwrap();
        assert_eq!(merger.report().inputs.len(), 1);
    });
}

#[test]
fn copying_is_linear_in_the_source() {
    assert_linear("copy", |disk, read, _| {
        // A damaged log is copied up to the damage.
        let _ = block_on(copy(disk, &mut Disk::new(), copy::Options::new().read(read)));
    });
}

#[test]
fn finding_is_linear() {
    for op in [60] {
        assert_linear("find", |disk, read, _| {
            block_on(find(disk, Target::Op(op), read)).unwrap();
        });
    }
}
