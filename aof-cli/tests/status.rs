//! The end of a log for monitors; searching for an account or a transfer.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{ENTRY_LEN, GOLDEN, aof, aof_with_input, directory, log, writer::Writer};

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The code, and the status of `log.aof`, with the flags.
fn status(directory: &Path, flags: &[&str]) -> (i32, Value) {
    let ran = aof(directory, &[&["status", "--json", "log.aof"], flags].concat());
    assert_eq!(ran.err, "");
    (ran.code, objects(&ran.out).pop().unwrap())
}

#[test]
fn the_end_of_a_log_is_reported() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 5);
    let (code, end) = status(directory.path(), &[]);
    let validated = aof(directory.path(), &["validate", "--json", "log.aof"]);
    let summary = objects(&validated.out).pop().unwrap();
    assert_eq!((code, &end["op"], &end["tip"]), (0, &summary["tip_op"], &summary["tip"]));
    assert_eq!((end["bytes"].as_u64(), end["findings"].as_u64()), (Some(bytes.len() as u64), Some(0)));
    let age = end["age_seconds"].as_f64().unwrap();
    assert!((0.0..600.0).contains(&age), "{age}");
}

#[test]
fn only_the_end_of_a_long_log_is_read() {
    let directory = directory();
    let ran = aof(directory.path(), &["append", "--count", "200", "--size", "64KiB", "--sync", "end", "log.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let path = directory.path().join("log.aof");
    let mut bytes = fs::read(&path).unwrap();
    bytes[300] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let (code, end) = status(directory.path(), &[]);
    assert_eq!((code, end["op"].as_u64(), end["findings"].as_u64()), (0, Some(200), Some(0)));
    assert_eq!(end["read_from"].as_u64(), Some(bytes.len() as u64 - (3 << 20)));
    let near_the_end = bytes.len() - 100_000;
    bytes[near_the_end] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let (code, end) = status(directory.path(), &[]);
    assert_eq!((code, end["op"].as_u64(), end["findings"].as_u64()), (1, Some(200), Some(1)));
}

#[test]
fn with_a_state_only_what_is_new_is_judged() {
    let directory = directory();
    let mut bytes = log(directory.path(), "log.aof", 10);
    let path = directory.path().join("log.aof");
    let whole = bytes.clone();
    bytes[2 * ENTRY_LEN + 300] ^= 1;
    fs::write(&path, &bytes[..6 * ENTRY_LEN]).unwrap();
    let flags = ["--state", "state"];
    assert_eq!(status(directory.path(), &flags).0, 1);
    let (code, end) = status(directory.path(), &flags);
    assert_eq!((code, end["findings"].as_u64()), (0, Some(0)));
    // Op 7 is missing in what is new.
    bytes.drain(6 * ENTRY_LEN..7 * ENTRY_LEN);
    fs::write(&path, &bytes).unwrap();
    let (code, end) = status(directory.path(), &flags);
    assert_eq!((code, end["op"].as_u64(), end["findings"].as_u64()), (1, Some(10), Some(1)));
    assert_eq!(status(directory.path(), &flags).0, 0);
    // Rotated: it begins with the last entry of the file before.
    fs::write(&path, &whole[9 * ENTRY_LEN..]).unwrap();
    assert_eq!(status(directory.path(), &flags).0, 0);
    // Replaced by something older.
    fs::write(&path, &whole[..3 * ENTRY_LEN]).unwrap();
    let ran = aof(directory.path(), &["status", "--state", "state", "log.aof"]);
    assert!(ran.code == 1 && ran.out.contains("does not continue after op 10"), "{}", ran.out);
}

#[test]
fn a_torn_end_is_a_finding_unless_somebody_writes() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 3);
    fs::write(directory.path().join("log.aof"), &bytes[..3 * ENTRY_LEN - 7]).unwrap();
    let (code, end) = status(directory.path(), &["--state", "state"]);
    assert_eq!((code, end["op"].as_u64(), end["live"].as_bool()), (1, Some(2), Some(false)));
    assert_eq!(status(directory.path(), &["--state", "state"]).0, 1);
    let mut writer = Writer::start(directory.path(), "log.aof");
    writer.append("again").unwrap();
    let (code, end) = status(directory.path(), &["--state", "state"]);
    assert_eq!((code, end["op"].as_u64(), end["live"].as_bool()), (0, Some(3), Some(true)));
    assert_eq!(writer.end().0, 0);
}

#[test]
fn metrics_have_the_name_of_the_log_escaped() {
    let directory = directory();
    log(directory.path(), "a\"b\\c.aof", 4);
    let ran = aof(directory.path(), &["status", "--prometheus", "a\"b\\c.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("\naof_last_op{log=\"a\\\"b\\\\c.aof\"} 4\n"), "{}", ran.out);
    let samples = ran.out.lines().filter(|line| !line.starts_with('#'));
    assert!(samples.clone().count() >= 6);
    assert!(samples.into_iter().all(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().is_ok()), "{}", ran.out);
}

#[test]
fn an_empty_log_and_a_file_that_is_not_a_state() {
    let directory = directory();
    fs::write(directory.path().join("log.aof"), b"").unwrap();
    let (code, end) = status(directory.path(), &[]);
    assert!(code == 0 && end["op"].is_null() && end["age_seconds"].is_null());
    fs::write(directory.path().join("state"), b"something else").unwrap();
    let ran = aof_with_input(directory.path(), &["status", "--state", "state", "log.aof"], b"");
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert_eq!(fs::read(directory.path().join("state")).unwrap(), b"something else");
}

#[test]
fn an_account_is_found_in_its_creation_and_in_its_transfers() {
    let directory = directory();
    let events = objects(&aof(directory.path(), &["export", "--ids", "decimal", GOLDEN]).out);
    let fields = ["id", "debit_account_id", "credit_account_id", "pending_id"];
    let mut searched = 0;
    for event in &events {
        for field in fields {
            let Some(id) = event[field].as_str() else { continue };
            let creates = |event: &&Value| ["account", "transfer"].contains(&event["event"].as_str().unwrap());
            let has = |event: &&Value| fields.iter().any(|field| event[*field] == id);
            let mut expected: Vec<_> = events.iter().filter(creates).filter(has).map(|event| &event["op"]).collect();
            expected.dedup();
            let hex = format!("0x{:x}", id.parse::<u128>().unwrap());
            if searched < 12 {
                for text in [id, &hex] {
                    let found = objects(&aof(directory.path(), &["inspect", "--json", "--id", text, GOLDEN]).out);
                    let found: Vec<_> = found.iter().map(|entry| &entry["op"]).collect();
                    assert_eq!(found, expected, "{text}");
                }
                searched += 1;
            }
        }
    }
    assert!(searched > 3);
    assert_eq!(aof(directory.path(), &["inspect", "--json", "--id", "12345678", GOLDEN]).out, "");
}

#[test]
fn entries_since_a_time_and_of_the_last_minutes() {
    let directory = directory();
    log(directory.path(), "log.aof", 6);
    let ops = |flags: &[&str]| -> Vec<u64> {
        let ran = aof(directory.path(), &[&["inspect", "--json", "log.aof"], flags].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        objects(&ran.out).iter().map(|entry| entry["op"].as_u64().unwrap()).collect()
    };
    let listed = objects(&aof(directory.path(), &["inspect", "--json", "log.aof"]).out);
    let fourth = listed[3]["timestamp"].as_str().unwrap();
    assert_eq!(ops(&["--since", fourth]), [4, 5, 6]);
    assert_eq!(ops(&["--last", "10m", "--scan"]), [1, 2, 3, 4, 5, 6]);
    assert_eq!(ops(&["--last", "0s"]), [0_u64; 0]);
    for flags in [&["--last", "ten"][..], &["--since", "14:05", "--last", "1m"], &["--scan"]] {
        assert_eq!(aof(directory.path(), &[&["inspect", "log.aof"], flags].concat()).code, 2, "{flags:?}");
    }
    let golden = objects(&aof(directory.path(), &["inspect", "--json", "--last", "1m", GOLDEN]).out);
    assert!(golden.is_empty(), "a log of another year has nothing of the last minute");
}

#[test]
fn the_last_entry_is_found_before_a_long_end_of_zeros() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 20);
    for zeros in [5 << 20, 17 << 20] {
        fs::write(directory.path().join("log.aof"), [&bytes[..], &vec![0; zeros]].concat()).unwrap();
        let (code, end) = status(directory.path(), &[]);
        assert_eq!((code, end["op"].as_u64()), (1, Some(20)), "{zeros} zeros: {end}");
        assert!(end["findings"].as_u64() > Some(0), "{zeros} zeros: {end}");
    }
}
