//! A log as it was at an op or a time.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use support::{ENTRY_LEN, aof, directory, golden, log};

fn summary(out: &str) -> serde_json::Value {
    let mut objects = out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    objects.rfind(|object| object["type"] == "summary").unwrap()
}

/// Each command that writes a log, with the flags of a point in time before its files.
fn writing<'a>(flag: &'a str, value: &'a str) -> [Vec<&'a str>; 3] {
    [
        vec!["merge", flag, value, "-o", "out.aof", "log.aof"],
        vec!["repair", flag, value, "-o", "out.aof", "log.aof"],
        vec!["copy", flag, value, "log.aof", "out.aof"],
    ]
}

#[test]
fn an_op_ends_what_merge_repair_and_copy_write() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 20);
    for arguments in writing("--until-op", "7") {
        let ran = aof(directory.path(), &arguments);
        assert_eq!(ran.code, 0, "{arguments:?} {} {}", ran.out, ran.err);
        let out = fs::read(directory.path().join("out.aof")).unwrap();
        assert_eq!(out, bytes[..7 * ENTRY_LEN], "{arguments:?}");
        fs::remove_file(directory.path().join("out.aof")).unwrap();
    }
}

#[test]
fn a_time_ends_what_merge_repair_and_copy_write_and_is_included() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 20);
    let listed = aof(directory.path(), &["inspect", "--json", "--op", "7", "log.aof"]).out;
    let entry: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let time = entry["timestamp"].as_str().unwrap();
    for arguments in writing("--until", time) {
        let ran = aof(directory.path(), &arguments);
        assert_eq!(ran.code, 0, "{arguments:?} {} {}", ran.out, ran.err);
        assert_eq!(fs::read(directory.path().join("out.aof")).unwrap(), bytes[..7 * ENTRY_LEN], "{arguments:?}");
        fs::remove_file(directory.path().join("out.aof")).unwrap();
    }
}

#[test]
fn damage_past_the_op_does_not_matter_and_damage_before_it_does() {
    let directory = directory();
    let mut bytes = log(directory.path(), "log.aof", 20);
    bytes[7 * ENTRY_LEN + 300] ^= 1; // in op 8
    fs::write(directory.path().join("log.aof"), &bytes).unwrap();
    for (until, code) in [("7", 0), ("8", 1), ("12", 1)] {
        for arguments in writing("--until-op", until) {
            let ran = aof(directory.path(), &arguments);
            assert_eq!(ran.code, code, "{arguments:?} {} {}", ran.out, ran.err);
            let _ = fs::remove_file(directory.path().join("out.aof"));
        }
    }
}

#[test]
fn an_op_that_is_missing_before_the_point_is_a_gap() {
    let directory = directory();
    let mut bytes = log(directory.path(), "log.aof", 20);
    bytes.drain(6 * ENTRY_LEN..8 * ENTRY_LEN); // ops 7 and 8
    fs::write(directory.path().join("log.aof"), &bytes).unwrap();
    let ran = aof(directory.path(), &["merge", "--json", "--until-op", "7", "-o", "out.aof", "log.aof"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains(r#""type":"gap""#) && !summary(&ran.out)["whole"].as_bool().unwrap(), "{}", ran.out);
    fs::remove_file(directory.path().join("out.aof")).unwrap();
    let ran = aof(directory.path(), &["merge", "--until-op", "6", "-o", "out.aof", "log.aof"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
}

#[test]
fn a_point_before_everything_and_one_after_it_are_said() {
    let directory = directory();
    log(directory.path(), "log.aof", 5);
    for arguments in writing("--until-op", "0") {
        let ran = aof(directory.path(), &arguments);
        assert_eq!(ran.code, 1, "{arguments:?} {} {}", ran.out, ran.err);
        assert!(!directory.path().join("out.aof").exists(), "{arguments:?}");
    }
    let ran = aof(directory.path(), &["merge", "--until-op", "9", "-o", "out.aof", "log.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("ends with op 5, before op 9"), "{}", ran.err);
}

#[test]
fn a_log_is_not_shortened_in_place() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 5);
    let ran = aof(directory.path(), &["repair", "--in-place", "--until-op", "3", "log.aof"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(fs::read(directory.path().join("log.aof")).unwrap(), bytes);
}

#[test]
fn a_log_of_a_restarted_server_ends_at_an_op_too() {
    let directory = directory();
    let Some(()) = golden(directory.path(), "tigerbeetle-restart.aof") else { return };
    for command in ["merge", "repair"] {
        let out = format!("{command}.aof");
        let arguments = [command, "--json", "--until-op", "300", "-o", &out, "tigerbeetle-restart.aof"];
        let ran = aof(directory.path(), &arguments);
        assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
        let summary = summary(&ran.out);
        assert_eq!((summary["entries"].as_u64(), summary["op_last"].as_u64()), (Some(300), Some(300)));
    }
    let ran = aof(directory.path(), &["copy", "--until-op", "300", "tigerbeetle-restart.aof", "copy.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let same = fs::read(directory.path().join("copy.aof")).unwrap();
    assert_eq!(same, fs::read(directory.path().join("merge.aof")).unwrap());
}
