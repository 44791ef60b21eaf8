//! Listing several files as one log, the last entries of a log, and from the last to the first.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use std::path::Path;
use support::{ENTRY_LEN, Ran, aof, aof_with_input, directory, log};

/// The ops of the entries that were listed.
fn ops(ran: &Ran) -> Vec<u64> {
    let objects = ran.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    objects.filter(|object| object["type"] == "entry").map(|object| object["op"].as_u64().unwrap()).collect()
}

fn listed(path: &Path, line: &str) -> Vec<u64> {
    let ran = aof(path, &[&["inspect", "--json"][..], &line.split(' ').collect::<Vec<_>>()].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{line}: {}", ran.out);
    ops(&ran)
}

fn rotated(path: &Path) {
    let whole = log(path, "whole.aof", 20);
    fs::write(path.join("rot-1"), &whole[..10 * ENTRY_LEN]).unwrap();
    fs::write(path.join("rot-2"), &whole[9 * ENTRY_LEN..]).unwrap();
}

#[test]
fn several_files_are_listed_as_one_log_with_each_entry_once() {
    let directory = directory();
    let path = directory.path();
    rotated(path);
    let all: Vec<u64> = (1..=20).collect();
    assert_eq!(listed(path, "rot-1 rot-2"), all);
    assert_eq!(listed(path, "--reverse rot-1 rot-2"), all.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(listed(path, "--op 9..12 rot-1 rot-2"), [9, 10, 11, 12]);
    assert_eq!(listed(path, "--limit 11 rot-1 rot-2"), (1..=11).collect::<Vec<_>>());
    assert_eq!(listed(path, "--tail 12 rot-1 rot-2"), (9..=20).collect::<Vec<_>>());
    assert_eq!(listed(path, "--tail 12 --reverse rot-1 rot-2"), (9..=20).rev().collect::<Vec<_>>());
    assert_eq!(listed(path, "--reverse --limit 11 rot-1 rot-2"), (10..=20).rev().collect::<Vec<_>>());

    let ran = aof(path, &["inspect", "rot-1", "rot-2"]);
    assert!(ran.out.contains("\nrot-1:\n") && ran.out.contains("\nrot-2:\n"), "{}", ran.out);
    let ran = aof(path, &["inspect", "--json", "--op", "12", "rot-1", "rot-2"]);
    assert!(ran.out.contains("\"log\":\"rot-2\",\"op\":12,\"offset\":744,"), "{}", ran.out);
    // One file is not named on each line.
    assert!(!aof(path, &["inspect", "--json", "rot-1"]).out.contains("\"log\""));
}

#[test]
fn the_last_entries_are_those_that_the_filters_let_through() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 20);
    for operation in ["200", "201", "200"] {
        aof_with_input(path, &["append", "--operation", operation, "log.aof"], b"x\ny\n");
    }
    assert_eq!(listed(path, "--tail 3 log.aof"), [24, 25, 26]);
    assert_eq!(listed(path, "--tail 3 --operation 200 log.aof"), [22, 25, 26]);
    assert_eq!(listed(path, "--reverse --operation 201 log.aof"), [24, 23]);
    assert_eq!(listed(path, "--tail 2 --op 3..6 log.aof"), [5, 6]);
    assert_eq!(listed(path, "--tail 0 log.aof"), [0_u64; 0]);
    assert_eq!(listed(path, "--tail 100 log.aof").len(), 26);
}

#[test]
fn a_long_log_is_read_back_from_its_end_only() {
    let directory = directory();
    let path = directory.path();
    let ran = aof(path, &["append", "--count", "20000", "--size", "1000", "--sync", "end", "long.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    // Damage far before the end is not seen, and damage within it is.
    let mut bytes = fs::read(path.join("long.aof")).unwrap();
    bytes[300] ^= 1;
    fs::write(path.join("long.aof"), &bytes).unwrap();
    assert_eq!(listed(path, "--tail 2 long.aof"), [19_999, 20_000]);
    assert_eq!(listed(path, "--tail 9000 --reverse long.aof"), (11_001..=20_000).rev().collect::<Vec<_>>());
    let len = bytes.len();
    bytes[len - 2 * 1272 + 400] ^= 1;
    fs::write(path.join("long.aof"), &bytes).unwrap();
    for (line, expected) in [("--tail=2", [19_998, 20_000]), ("--tail=2 --reverse", [20_000, 19_998])] {
        let ran = aof(path, &[&["inspect", "--json", "long.aof"][..], &line.split(' ').collect::<Vec<_>>()].concat());
        assert_eq!((ran.code, ops(&ran)), (1, expected.to_vec()), "{}", ran.out);
        // What is damaged, and the op that is missing for it.
        for kind in ["\"type\":\"damage\"", "\"missing_first\":19999"] {
            assert_eq!(ran.out.matches(kind).count(), 1, "{}", ran.out);
        }
    }
    let ran = aof(path, &["inspect", "--reverse", "long.aof"]);
    assert_eq!(
        (ran.code, ran.out.lines().count(), ran.err.matches("damage long.aof").count()),
        (1, 19_999, 2),
        "{}",
        ran.err
    );
}

#[test]
fn a_segmented_log_is_listed_backwards_and_a_stream_is_refused() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "log.aof", 20);
    assert_eq!(aof(path, &["split", "--every", "2KiB", "log.aof", "segments"]).code, 0);
    assert_eq!(listed(path, "--tail 7 --reverse segments"), (14..=20).rev().collect::<Vec<_>>());
    for flag in ["--reverse", "--tail=3"] {
        let ran = aof_with_input(path, &["inspect", flag, "-"], &whole);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains("standard input is a stream"), "{}", ran.err);
    }
    assert_eq!(aof(path, &["inspect", "--follow", "log.aof", "segments"]).code, 2);
    assert_eq!(aof(path, &["inspect", "--follow", "--reverse", "log.aof"]).code, 2);
}

#[test]
fn the_listing_has_the_view_and_the_client() {
    let directory = directory();
    let ran = aof(directory.path(), &["inspect", support::GOLDEN]);
    let lines: Vec<Vec<&str>> = ran.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["op", "offset", "size", "view", "time", "(UTC)", "operation", "client", "checksum"]);
    let json = aof(directory.path(), &["inspect", "--json", support::GOLDEN]);
    for (line, object) in lines[1..].iter().zip(json.out.lines()) {
        let object: serde_json::Value = serde_json::from_str(object).unwrap();
        assert_eq!(line[3], object["view"].to_string());
        let client = object["client"].as_str().unwrap();
        assert_eq!(line[6], if client.trim_matches('0').is_empty() { "-" } else { client });
    }
}
