//! Processes beside each other on one log, and a disk that fails or is full under the tool.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

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
        let found = summary["entries"].as_u64().unwrap();
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
        let found = summary["entries"].as_u64().unwrap() as usize;
        assert!((acknowledged..=4).contains(&found), "sync {nth}: {found} of {acknowledged}");
        assert_eq!(aof_with_input(path, &["append", "log.aof"], b"goes on\n").code, 0, "sync {nth}");
    }
    assert!(failures >= 4, "{failures} syncs");
}

/// The first line, which an `error` follows.
fn first_object(out: &str) -> serde_json::Value {
    serde_json::from_str(out.lines().next().unwrap()).unwrap()
}

/// `aof copy source.aof copy.aof`, where reading the source fails from the `nth` time on; none where it cannot be made to.
fn copied_until_the_source_fails(path: &Path, nth: u32, json: bool) -> Option<(i32, String, String)> {
    let inject = format!("inject=read,pread64:error=EIO:when={nth}+");
    let traced = Command::new("strace")
        .args(["-f", "-o", "trace", "-P", "source.aof", "-e", "trace=read,pread64", "-e", &inject])
        .arg(assert_cmd::cargo::cargo_bin!("aof"))
        .args(["copy", "--threads", "1", "source.aof", "copy.aof"])
        .args(json.then_some("--json"))
        .current_dir(path)
        .output();
    if !fs::read_to_string(path.join("trace")).unwrap_or_default().contains("INJECTED") {
        println!("skipped: system calls cannot be traced here");
        return None;
    }
    let output = traced.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some((output.status.code().unwrap(), text(output.stdout), text(output.stderr)))
}

#[test]
fn a_copy_names_the_source_that_cannot_be_read_and_what_the_destination_holds() {
    let directory = directory();
    let path = directory.path();
    aof(path, &["append", "--count", "3000", "--size", "1000", "--sync", "end", "source.aof"]);
    let next = "\n  aof merge -o OUT source.aof ANOTHER-COPY   fills in what another copy of the log has: copy that instead\
                \n  aof repair -o OUT source.aof   writes what is whole, and reports what is lost\
                \n  aof copy source.aof copy.aof   continues there, once the source can be read\n";
    let (mut nothing, mut some) = (0, 0);
    for nth in 1..=8 {
        let Some((code, out, err)) = copied_until_the_source_fails(path, nth, false) else { return };
        assert_eq!(code, 3, "read {nth}: {err}");
        assert!(err.contains("error: read source.aof at offset ") && err.ends_with(next), "read {nth}: {err}");
        assert!(err.contains(" failed: Input/output error"), "read {nth}: {err}");
        if fs::exists(path.join("copy.aof")).unwrap() {
            some += 1;
            assert!(err.contains("the copy ends there, after op ") && out.starts_with("copied    "), "{out}{err}");
            let copy = fs::read(path.join("copy.aof")).unwrap();
            assert!(!copy.is_empty() && fs::read(path.join("source.aof")).unwrap().starts_with(&copy), "read {nth}");
            assert_eq!(aof(path, &["validate", "--rule", "linear", "copy.aof"]).code, 0);
            let Some((code, out, _)) = copied_until_the_source_fails(path, nth, true) else { return };
            let summary = first_object(&out);
            assert_eq!((code, &summary["complete"]), (3, &false.into()), "{summary}");
            assert!(summary["failed"].as_str().unwrap().starts_with("read source.aof at offset "), "{summary}");
            assert_eq!(summary["destination_len"], copy.len(), "{summary}");
            assert_eq!(summary["next"][1], "aof repair -o OUT source.aof", "{summary}");
            let ran = aof(path, &["copy", "source.aof", "copy.aof"]);
            assert!(ran.code == 0 && ran.out.contains("resumed   "), "{}{}", ran.out, ran.err);
            fs::remove_file(path.join("copy.aof")).unwrap();
        } else {
            nothing += 1;
            assert!(err.contains("; nothing was copied\n") && out.is_empty(), "read {nth}: {out}{err}");
        }
    }
    assert!(nothing > 1 && some > 1, "{nothing} times nothing, {some} times some");
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
        summary["entries"].as_u64().unwrap() as usize
    };
    assert_eq!(entries(), acknowledged);
    // It opens where there is no room for anything.
    assert_eq!(aof(path, &["append", "--count", "1", "--size", "1000", "log.aof"]).code, 3);
    assert_eq!(entries(), acknowledged);
    fs::remove_file(path.join("other")).unwrap();
    assert_eq!(aof(path, &["append", "--count", "10", "--size", "1000", "log.aof"]).code, 0);
    assert_eq!(entries(), acknowledged + 10);
}

#[test]
fn an_output_that_finds_no_room_is_refused_before_it_is_written_and_told_what_to_do() {
    let directory = directory();
    let path = directory.path();
    aof(path, &["append", "--count", "2000", "--size", "1000", "--sync", "end", "long.aof"]);
    fs::create_dir(path.join("disk")).unwrap();
    let small = path.join("disk");
    let Some(_disk) = SmallDisk::mount(&small) else { return };
    let next = "make room or choose another disk, then run the command again";
    for command in [&["merge", "-o", "disk/out.aof", "long.aof"][..], &["repair", "-o", "disk/out.aof", "long.aof"]] {
        let ran = aof(path, command);
        assert_eq!(ran.code, 3, "{command:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("error: disk/out.aof: no room: 2544000 bytes are needed"), "{}", ran.err);
        assert!(ran.err.contains(next) && !ran.err.contains("appended"), "{command:?}: {}", ran.err);
        assert_eq!(support::names(&small), [""; 0], "{command:?}");
    }
    let ran = aof(path, &["stat", "--html", "disk/page.html", "long.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    // A copy keeps what fits, whole entries of it, and continues when there is room.
    let ran = aof(path, &["copy", "long.aof", "disk/copy.aof"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("what was copied is kept: make room, then run the command again"), "{}", ran.err);
    let copy = fs::read(small.join("copy.aof")).unwrap();
    assert!(fs::read(path.join("long.aof")).unwrap().starts_with(&copy));
    // A damaged log that fills the disk is not repaired in place, and stays as it is.
    fs::remove_file(small.join("copy.aof")).unwrap();
    let mut bytes = fs::read(path.join("long.aof")).unwrap()[..600 * 1272].to_vec();
    bytes[10 * 1272 + 500] ^= 1;
    fs::write(small.join("log.aof"), &bytes).unwrap();
    let ran = aof(path, &["repair", "--gaps", "--in-place", "disk/log.aof"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("error: disk/log.aof: no room") && ran.err.contains(next), "{}", ran.err);
    assert_eq!(support::names(&small), ["log.aof", "page.html"]);
    assert_eq!(fs::read(small.join("log.aof")).unwrap(), bytes);
}
