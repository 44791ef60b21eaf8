//! Logs in directories of segments, in every command.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{aof, aof_with_input, directory, log, names};

/// The last object that a command prints with `--json`, and its exit code.
fn last(directory: &Path, arguments: &[&str]) -> (i32, Value) {
    let ran = aof(directory, &[&["--json"], arguments].concat());
    (ran.code, serde_json::from_str(ran.out.lines().last().unwrap()).unwrap())
}

/// A log of 100 entries in a file and in segments of 10 entries each, `log.aof` and `log`.
fn divided(directory: &Path) -> Vec<u8> {
    let bytes = log(directory, "log.aof", 100);
    let (code, made) = last(directory, &["split", "--every", "3720", "log.aof", "log"]);
    assert_eq!((code, made["segments"].as_u64(), made["entries"].as_u64()), (0, Some(10), Some(100)));
    bytes
}

/// The segments of a directory, in order.
fn segments(directory: &Path) -> Vec<String> {
    names(directory).into_iter().filter(|name| name.ends_with(".aof")).collect()
}

#[test]
fn the_segments_one_after_the_other_are_the_log() {
    let directory = directory();
    let bytes = divided(directory.path());
    let path = directory.path().join("log");
    let parts: Vec<_> = segments(&path).iter().map(|name| fs::read(path.join(name)).unwrap()).collect();
    assert_eq!(parts.concat(), bytes);
    assert!(parts.iter().all(|part| part.len() <= 3720));
}

#[test]
fn every_reading_command_finds_in_a_directory_what_it_finds_in_the_file() {
    let directory = directory();
    divided(directory.path());
    for command in ["validate", "digest", "stat", "status"] {
        let [file, segments] = ["log.aof", "log"].map(|log| {
            let (code, mut object) = last(directory.path(), &[command, log]);
            // The age grows, and the command that helps names the log.
            ["age_seconds", "next", "log"].iter().for_each(|field| object[*field] = Value::Null);
            (code, object)
        });
        assert_eq!(file, segments, "{command}");
        assert_eq!(file.0, 0, "{command}");
    }
    let [file, segments] = ["log.aof", "log"].map(|log| aof(directory.path(), &["inspect", log, "--op", "9..12"]).out);
    assert_eq!((file.lines().count(), &file), (5, &segments));
}

#[test]
fn copies_merges_and_repairs_of_a_directory_are_the_file() {
    let directory = directory();
    let bytes = divided(directory.path());
    for arguments in [
        &["copy", "log", "out.aof"][..],
        &["merge", "-o", "out.aof", "log"],
        &["repair", "-o", "out.aof", "log"],
        &["join", "log", "out.aof"],
    ] {
        let ran = aof(directory.path(), arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        let out = directory.path().join("out.aof");
        assert!(fs::read(&out).unwrap() == bytes, "{arguments:?}");
        fs::remove_file(out).unwrap();
    }
}

#[test]
fn damage_in_a_segment_is_found_at_its_place_in_the_log() {
    let directory = directory();
    divided(directory.path());
    let segment = directory.path().join("log").join(&segments(&directory.path().join("log"))[3]);
    let mut bytes = fs::read(&segment).unwrap();
    bytes[400] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let ran = aof(directory.path(), &["validate", "--json", "log"]);
    let finding: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!((ran.code, finding["offset"].as_u64()), (1, Some(3 * 3720 + 372)), "{}", ran.out);
}

#[test]
fn a_directory_is_appended_to_and_pruned() {
    let directory = directory();
    divided(directory.path());
    let ran = aof_with_input(directory.path(), &["append", "--segments", "4KiB", "log"], b"one\ntwo\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (_, planned) = last(directory.path(), &["prune", "--before-op", "45", "--dry-run", "log"]);
    assert_eq!(segments(&directory.path().join("log")).len(), 11);
    let (code, pruned) = last(directory.path(), &["prune", "--before-op", "45", "log"]);
    assert_eq!((code, &pruned["segments"], &pruned["start"]), (0, &planned["segments"], &planned["start"]));
    assert_eq!((pruned["segments"].as_u64(), pruned["first_op"].as_u64()), (Some(4), Some(41)));
    let (code, summary) = last(directory.path(), &["validate", "log"]);
    assert_eq!((code, summary["op_first"].as_u64(), summary["op_last"].as_u64()), (0, Some(41), Some(102)));
    assert_eq!(summary["root"], pruned["parent"]);
    let listed = aof(directory.path(), &["inspect", "log", "--limit", "1"]);
    assert!(listed.code == 0 && listed.out.lines().nth(1).unwrap().trim_start().starts_with("41 "), "{}", listed.out);
    let (code, nothing) = last(directory.path(), &["prune", "--keep", "1GiB", "log"]);
    assert_eq!((code, nothing["segments"].as_u64()), (0, Some(0)));
    let (code, aged) = last(directory.path(), &["prune", "--keep-for", "0", "--dry-run", "log"]);
    assert_eq!((code, aged["first_op"].as_u64()), (0, Some(101)));
}

#[test]
fn a_log_is_divided_at_ops_and_adopted_without_copying() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 20);
    let (code, made) = last(directory.path(), &["split", "--at-op", "5", "--at-op", "11", "log.aof", "by-op"]);
    assert_eq!((code, made["segments"].as_u64()), (0, Some(3)));
    let expected = ["00000000000000000000.aof", "00000000000000001488.aof", "00000000000000003720.aof"];
    assert_eq!(segments(&directory.path().join("by-op"))[..3], expected);
    let (code, _) = last(directory.path(), &["split", "--adopt", "log.aof", "adopted"]);
    let adopted = directory.path().join("adopted").join(expected[0]);
    assert_eq!((code, fs::read(adopted).unwrap() == bytes), (0, true));
    assert!(!directory.path().join("log.aof").exists());
    assert_eq!(aof_with_input(directory.path(), &["append", "adopted"], b"more\n").code, 0);
}

#[test]
fn what_needs_a_directory_says_so_of_a_file() {
    let directory = directory();
    log(directory.path(), "log.aof", 2);
    for arguments in [
        &["prune", "--keep", "1MiB", "log.aof"][..],
        &["join", "log.aof", "out.aof"],
        &["append", "--segments", "1MiB", "log.aof"],
    ] {
        let ran = aof(directory.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("aof split log.aof DIRECTORY"), "{}", ran.err);
    }
    fs::create_dir(directory.path().join("other")).unwrap();
    let ran = aof(directory.path(), &["validate", "other"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
}

/// Fails where a segment but the last is smaller than `size`, or larger by more than a quarter and an entry.
fn assert_sizes(path: &Path, size: u64, entry: u64) {
    let mut sizes: Vec<_> = segments(path).iter().map(|name| fs::metadata(path.join(name)).unwrap().len()).collect();
    assert!(sizes.len() > 3, "{sizes:?}");
    assert!(sizes.iter().all(|len| *len <= size + size / 4 + entry), "{size}: {sizes:?}");
    sizes.pop();
    assert!(sizes.iter().all(|len| *len >= size), "{size}: {sizes:?}");
}

#[test]
fn segments_are_as_large_as_was_asked_or_a_quarter_and_an_entry_more() {
    let directory = directory();
    for sync in ["group", "end", "every"] {
        let arguments = ["append", "--segments", "20KiB", "--count", "200", "--size", "700", "--sync", sync, sync];
        let ran = aof(directory.path(), &arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_sizes(&directory.path().join(sync), 20 << 10, 1024);
    }
}

#[test]
fn a_log_is_copied_to_segments_and_the_copy_continues_there() {
    let directory = directory();
    let append = ["append", "--count", "200", "--size", "700", "log.aof"];
    assert_eq!(aof(directory.path(), &append).code, 0);
    let (code, copied) = last(directory.path(), &["copy", "--segments", "32KiB", "log.aof", "copy"]);
    assert_eq!((code, copied["entries"].as_u64(), copied["resumed_at"].as_u64()), (0, Some(200), Some(0)));
    let path = directory.path().join("copy");
    assert_sizes(&path, 32 << 10, 1024);
    assert_eq!(aof(directory.path(), &append).code, 0);
    // It is known to be a directory by now.
    let (code, more) = last(directory.path(), &["copy", "log.aof", "copy"]);
    assert_eq!((code, more["entries"].as_u64(), &more["resumed_at"]), (0, Some(400), &copied["bytes"]));
    let parts: Vec<_> = segments(&path).iter().map(|name| fs::read(path.join(name)).unwrap()).collect();
    assert!(parts.concat() == fs::read(directory.path().join("log.aof")).unwrap());
    // From segments to others.
    assert_eq!(last(directory.path(), &["copy", "--segments", "1MiB", "copy", "other"]).0, 0);
    let ran = aof(directory.path(), &["copy", "--segments", "1MiB", "copy", "log.aof"]);
    assert!(ran.code == 2 && ran.err.contains("needs a directory"), "{}", ran.err);
    fs::create_dir(directory.path().join("empty")).unwrap();
    let ran = aof(directory.path(), &["copy", "log.aof", "empty"]);
    assert!(ran.code == 2 && ran.err.contains("empty is a directory"), "{}", ran.err);
}

#[test]
fn segments_of_no_bytes_are_a_usage_error() {
    let directory = directory();
    log(directory.path(), "log.aof", 5);
    for arguments in [
        &["append", "--segments", "0", "new"][..],
        &["copy", "--segments", "0KiB", "log.aof", "new"],
        &["split", "--every", "0", "log.aof", "new"],
    ] {
        let ran = aof_with_input(directory.path(), arguments, b"one\n");
        assert_eq!((ran.code, ran.err.contains("give at least one byte")), (2, true), "{arguments:?}: {}", ran.err);
        assert!(!directory.path().join("new").exists(), "{arguments:?}");
    }
}

/// The path of the newest segment.
fn newest(log: &Path) -> std::path::PathBuf {
    log.join(segments(log).pop().unwrap())
}

/// What each command says of a log in segments: the line, the exit code, and a text.
fn every_command_says_lost(path: &Path) {
    let lost = "acknowledged data is lost";
    for (line, code, text) in [
        ("validate log", 1, lost),
        ("validate --json log", 1, "\"kind\":\"lost\""),
        ("validate --rule tb log", 1, lost),
        ("digest log", 1, lost),
        ("status log", 1, lost),
        ("stat log", 1, lost),
        ("inspect log", 1, lost),
        ("copy log copy.aof", 0, lost),
        ("join log joined.aof", 0, lost),
        ("merge --dry-run log", 0, lost),
        ("append log", 1, "restore the log from another copy"),
        ("append --tail truncate log", 1, "--ignore-note"),
    ] {
        let ran = aof(path, &line.split(' ').collect::<Vec<_>>());
        let all = format!("{}{}", ran.out, ran.err);
        assert!(ran.code == code && all.contains(text), "{line}: {} {all}", ran.code);
        assert!(!all.contains("LogOptions"), "{line}: {all}");
    }
}

#[test]
fn a_newest_segment_that_is_gone_after_a_clean_end_is_found_by_every_command() {
    let directory = directory();
    let path = directory.path();
    let ran = aof(path, &["append", "--count", "100", "--size", "100", "--segments", "4KiB", "log"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(aof(path, &["validate", "log"]).code, 0);
    fs::remove_file(newest(&path.join("log"))).unwrap();
    every_command_says_lost(path);
    // The way on, where no copy is left.
    assert_eq!(aof_with_input(path, &["append", "--ignore-note", "log"], b"x\n").code, 0);
    assert_eq!(aof(path, &["validate", "log"]).code, 0);
}

#[test]
fn a_torn_end_that_a_note_covers_is_lost_acknowledged_data_and_is_not_cut() {
    let directory = directory();
    let path = directory.path();
    let ran = aof(path, &["append", "--count", "100", "--size", "100", "--every", "4KiB", "log"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let last = newest(&path.join("log"));
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() - 40]).unwrap();
    let ran = aof(path, &["append", "log"]);
    assert!(ran.code == 1 && ran.err.contains("were durable"), "{}", ran.err);
    assert_eq!(fs::read(&last).unwrap().len(), bytes.len() - 40);
    let ran = aof(path, &["validate", "log"]);
    assert!(ran.code == 1 && ran.out.contains("acknowledged data is lost"), "{}", ran.out);
    // Nothing that cuts is advised.
    assert!(!ran.out.contains("aof append"), "{}", ran.out);
}

#[test]
fn damage_in_a_complete_segment_is_seen_when_all_is_to_be_verified() {
    let directory = directory();
    let path = directory.path();
    divided(path);
    let first = path.join("log").join(&segments(&path.join("log"))[1]);
    let mut bytes = fs::read(&first).unwrap();
    bytes[500] ^= 1;
    fs::write(&first, bytes).unwrap();
    let ran = aof(path, &["append", "--verify", "log"]);
    assert!(ran.code == 1 && ran.err.contains("at offset"), "{}", ran.err);
    assert_eq!(aof(path, &["append", "log"]).code, 0);
    assert!(aof(path, &["append", "--help"]).out.contains("--verify"));
}
