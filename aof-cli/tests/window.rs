//! A window of ops in a log of a restarted server.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use support::{aof, directory};

/// The log goes back to op 90 only after op 140, which is past the window.
#[test]
fn what_is_recorded_again_long_after_the_window_is_listed_too() {
    let directory = directory();
    let path = directory.path();
    let ran = aof(path, &["append", "--count", "600", "--size", "64KiB", "--sync", "end", "log.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let bytes = fs::read(path.join("log.aof")).unwrap();
    let entry_len = bytes.len() / 600;
    let again = [&bytes[..140 * entry_len], &bytes[89 * entry_len..]].concat();
    fs::write(path.join("again.aof"), again).unwrap();
    let ran = aof(path, &["inspect", "--json", "--op", "30..98", "again.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ops: Vec<u64> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["op"].as_u64().unwrap())
        .collect();
    let expected: Vec<u64> = (30..=98).chain(90..=98).collect();
    assert_eq!(ops, expected);
}
