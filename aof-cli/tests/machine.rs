//! Processes beside each other on one log, and a disk that fails or is full under the tool.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use support::writer::Writer;
use support::{aof, aof_with_input, directory};

#[test]
fn a_log_is_whole_to_every_reader_while_another_process_appends() {
    let directory = directory();
    let path = directory.path();
    aof_with_input(path, &["append", "log.aof"], b"the first\n");
    let mut writer = Command::new(assert_cmd::cargo::cargo_bin!("aof"))
        .args(["append", "--count", "30000", "--size", "3000", "--sync", "group", "log.aof"])
        .current_dir(path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (mut looks, mut entries) = (0, 0);
    while writer.try_wait().unwrap().is_none() {
        let ran = aof(path, &["validate", "--json", "--rule", "linear", "log.aof"]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let summary: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
        let found: u64 = summary["entries"].as_str().unwrap().parse().unwrap();
        assert!(found >= entries, "{found} entries, {entries} before");
        (looks, entries) = (looks + 1, found);
    }
    assert!(looks > 0);
    assert!(writer.wait().unwrap().success());
    assert!(aof(path, &["validate", "--rule", "linear", "log.aof"]).out.contains("entries   30,001\n"));
}

#[test]
fn a_second_writer_is_refused_until_the_first_is_killed() {
    let directory = directory();
    let path = directory.path();
    let mut writer = Writer::start(path, "log.aof");
    for op in 1..=3 {
        assert_eq!(writer.append("a line"), Some(op.to_string()));
        let ran = aof_with_input(path, &["append", "log.aof"], b"another\n");
        assert_eq!(ran.code, 4, "{}", ran.err);
    }
    writer.kill();
    let ran = aof_with_input(path, &["append", "log.aof"], b"another\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("(op 4)"), "{}", ran.out);
}

#[test]
fn whichever_sync_answers_eio_nothing_is_synced_behind_it_and_what_was_acknowledged_is_there() {
    let mut failures = 0;
    for nth in 1.. {
        let directory = directory();
        let path = directory.path();
        fs::write(path.join("lines"), "one\ntwo\nthree\nfour\n").unwrap();
        let inject = format!("inject=fdatasync:error=EIO:when={nth}");
        let traced = Command::new("strace")
            .args(["-f", "-o", "trace", "-e", "trace=fdatasync,fsync", "-e", &inject])
            .arg(assert_cmd::cargo::cargo_bin!("aof"))
            .args(["append", "--ack", "--sync", "every", "log.aof"])
            .current_dir(path)
            .stdin(fs::File::open(path.join("lines")).unwrap())
            .output();
        let trace = fs::read_to_string(path.join("trace")).unwrap_or_default();
        let Some(output) = traced.ok().filter(|_| trace.contains("fdatasync(")) else {
            println!("skipped: system calls cannot be traced here");
            return;
        };
        let syncs: Vec<_> = trace.lines().filter(|line| line.contains("sync(")).collect();
        let acknowledged = String::from_utf8(output.stdout).unwrap().lines().count();
        let err = String::from_utf8(output.stderr).unwrap();
        let Some(failed) = syncs.iter().position(|sync| sync.contains("INJECTED")) else {
            assert_eq!((output.status.code(), acknowledged), (Some(0), 4), "{err}");
            break;
        };
        failures += 1;
        assert_eq!(output.status.code(), Some(3), "sync {nth}: {err}");
        assert!(err.contains("Input/output error"), "sync {nth}: {err}");
        assert_eq!(failed + 1, syncs.len(), "sync {nth}: poisoned, so nothing is synced again: {trace}");
        assert!(acknowledged < 4, "sync {nth}");
        let ran = aof(path, &["validate", "--json", "--rule", "linear", "log.aof"]);
        assert_eq!(ran.code, 0, "sync {nth}: {}", ran.out);
        let summary: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
        let found: usize = summary["entries"].as_str().unwrap().parse().unwrap();
        assert!((acknowledged..=4).contains(&found), "sync {nth}: {found} of {acknowledged}");
        assert_eq!(aof_with_input(path, &["append", "log.aof"], b"goes on\n").code, 0, "sync {nth}");
    }
    assert!(failures >= 4, "{failures} syncs");
}

/// A file system of a mebibyte, mounted until it is dropped.
struct SmallDisk<'path>(&'path Path);

impl SmallDisk<'_> {
    fn mount(at: &Path) -> Option<SmallDisk<'_>> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk(at));
        }
        println!("skipped: a full disk needs root, to mount a small one");
        None
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_loses_nothing_is_read_and_goes_on_when_there_is_room() {
    let directory = directory();
    let path = directory.path();
    let Some(_disk) = SmallDisk::mount(path) else { return };
    fs::write(path.join("other"), vec![1; 200_000]).unwrap();
    let ran = aof(path, &["append", "--count", "5000", "--size", "1000", "--ack", "log.aof"]);
    let acknowledged = ran.out.lines().count();
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("log.aof: no room: 1272 bytes are needed"), "{}", ran.err);
    assert!(ran.err.contains("make room"), "{}", ran.err);
    assert!((1..5000).contains(&acknowledged), "{acknowledged}");
    let entries = || -> usize {
        let ran = aof(path, &["validate", "--json", "--rule", "linear", "log.aof"]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let summary: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
        summary["entries"].as_str().unwrap().parse().unwrap()
    };
    assert_eq!(entries(), acknowledged);
    // It opens where there is no room for anything.
    assert_eq!(aof(path, &["append", "--count", "1", "--size", "1000", "log.aof"]).code, 3);
    assert_eq!(entries(), acknowledged);
    fs::remove_file(path.join("other")).unwrap();
    assert_eq!(aof(path, &["append", "--count", "10", "--size", "1000", "log.aof"]).code, 0);
    assert_eq!(entries(), acknowledged + 10);
}
