//! `--json` is a contract: every line of every command parses, and is one of the types of `docs/json.md` with its fields.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot continue says where it stopped")]

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use support::page::Page;
use support::{ENTRY_LEN, GOLDEN, aof_with_input, directory, log};

#[test]
fn every_line_of_every_command_is_on_the_page() {
    let directory = directory();
    let path = directory.path();
    let (page, mut seen) = (Page::read(), BTreeSet::new());
    let whole = log(path, "whole.aof", 20);
    let mut damaged = whole.clone();
    damaged[5 * ENTRY_LEN + 300] ^= 1;
    let write = |name: &str, bytes: &[u8]| fs::write(path.join(name), bytes).unwrap();
    write("damaged.aof", &damaged);
    write("again.aof", &[&whole[..], &whole[4 * ENTRY_LEN..]].concat());
    write("torn.aof", &whole[..whole.len() - 1]);
    write("empty.aof", b"");
    write("text", b"hello\n");
    write("tail.aof", &whole[10 * ENTRY_LEN..]);
    write("holes.aof", &[&whole[..4 * ENTRY_LEN], &whole[5 * ENTRY_LEN..]].concat());
    write("other.aof", &whole[..15 * ENTRY_LEN]);
    aof_with_input(path, &["append", "other.aof"], b"another history\n");
    aof_with_input(path, &["append", "--cluster", "5", "cluster.aof"], b"x\n");
    let url = format!("file://{}/store", path.display());
    write("odd.aof", b"\x00\xff\x80text");
    let commands: [&[&str]; 75] = [
        &["append", "new.aof"],
        &["append", "--ack", "new.aof"],
        &["append", "torn.aof"],
        &["append", "--count", "3", "new.aof"],
        &["append", "damaged.aof"],
        &["append", "text"],
        &["append", "--expected-tip", "00000000000000000000000000000001", "new.aof"],
        &["append", "nowhere/log.aof"],
        &["append", "-"],
        &["inspect", "whole.aof"],
        &["inspect", "--body", "text", "new.aof"],
        &["inspect", "--body", "hex", "new.aof"],
        &["inspect", "--decode", "tigerbeetle", GOLDEN],
        &["inspect", "damaged.aof"],
        &["inspect", "tail.aof"],
        &["inspect", "missing.aof"],
        &["inspect", "--op", "10-20", "whole.aof"],
        &["validate", "whole.aof"],
        &["validate", "damaged.aof"],
        &["validate", "--rule", "linear", "again.aof"],
        &["validate", "again.aof"],
        &["validate", "whole.aof", "other.aof"],
        &["validate", "whole.aof", "cluster.aof"],
        &["validate", "tail.aof", "whole.aof"],
        &["validate", "empty.aof"],
        &["validate", "text"],
        &["validate", "--tip", "00000000000000000000000000000001", "whole.aof"],
        &["validate", "--rule", "tb", "holes.aof"],
        &["digest", "whole.aof"],
        &["digest", "damaged.aof"],
        &["digest", "-"],
        &["merge", "-o", "out.aof", "damaged.aof"],
        &["merge", "--force", "-o", "out.aof", "damaged.aof", "whole.aof"],
        &["merge", "-o", "fork.aof", "whole.aof", "other.aof"],
        &["merge", "-o", "out.aof", "whole.aof"],
        &["merge", "-o", "clusters.aof", "whole.aof", "cluster.aof"],
        &["merge", "-o", "text.aof", "text"],
        &["repair", "--dry-run", "damaged.aof"],
        &["repair", "-o", "repaired.aof", "damaged.aof"],
        &["repair", "--dry-run", "whole.aof"],
        &["copy", "holes.aof", "copy.aof"],
        &["copy", "damaged.aof", "part.aof"],
        &["copy", "whole.aof", "other.aof"],
        &["ship", "--once", "whole.aof", &url],
        &["ship", "--once", "whole.aof", "nowhere"],
        &["fetch", &url, "fetched.aof"],
        &["doctor", &url],
        &["compact", "--take-over", &url],
        &["diff", "whole.aof", "other.aof"],
        &["merge", "--dry-run", "holes.aof", "damaged.aof"],
        &["export", GOLDEN],
        &["hexdump", "damaged.aof", "--offset", "1860"],
        &["status", "whole.aof"],
        &["status", "torn.aof"],
        &["status", "missing.aof"],
        &["split", "--every", "2000", "whole.aof", "segments"],
        &["split", "whole.aof", "segments"],
        &["prune", "--dry-run", "--before-op", "12", "segments"],
        &["prune", "--before-op", "12", "segments"],
        &["prune", "--before-op", "12", "whole.aof"],
        &["join", "segments", "joined.aof"],
        &["join", "missing", "another.aof"],
        &["status", "segments"],
        &["validate", "segments"],
        &["hexdump", "whole.aof", "--offset", "999999"],
        &["export", "damaged.aof"],
        &["diff", "whole.aof", "missing.aof"],
        &["man", "nosuch"],
        &["stat", "again.aof"],
        &["stat", "--decode", "openraft", "whole.aof"],
        &["validate", "--decode", "openraft", "whole.aof"],
        &["stat", "tail.aof", "damaged.aof"],
        &["completions", "bash"],
        &["man", "inspect"],
        &["--help"],
    ];
    for arguments in commands {
        let input: &[u8] = if arguments.ends_with(&["-"]) { &whole } else { b"one\n\xff\xfe\n" };
        page.run(&mut seen, path, arguments, input);
    }
    for arguments in [&["--version"][..], &["nosuch"], &["validate"], &["validate", "--help"]] {
        page.run(&mut seen, path, arguments, b"");
    }
    // A table that is on the page and never printed would be one that nobody checks. Some need a live log or a signal, and
    // have tests of their own.
    let apart = ["inspect`/rotated", "inspect`/cut", "append`/rotated", "append`/durable"];
    let others: Vec<_> = page.tables().into_iter().filter(|table| !seen.contains(table)).collect();
    let unseen = |table: &String| !table.starts_with("Objects") && !apart.iter().any(|name| table.ends_with(name));
    assert_eq!(others.into_iter().filter(unseen).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn counts_are_numbers_and_a_verdict_can_be_asked_for() {
    let directory = directory();
    let path = directory.path();
    let mut bytes = log(path, "log.aof", 20);
    let summary = |name: &str| -> Value {
        let ran = aof_with_input(path, &["validate", "--json", name], b"");
        serde_json::from_str(ran.out.lines().last().unwrap()).unwrap()
    };
    let whole = summary("log.aof");
    assert_eq!((&whole["findings"], &whole["whole"], &whole["bytes"]), (&0.into(), &true.into(), &7440.into()));
    bytes[5 * ENTRY_LEN + 300] ^= 1;
    fs::write(path.join("log.aof"), bytes).unwrap();
    let damaged = summary("log.aof");
    assert_eq!((&damaged["findings"], &damaged["whole"]), (&2.into(), &false.into()), "{damaged}");
    assert_eq!(damaged["next"][0], "aof merge -o OUT log.aof ANOTHER-COPY");
}

#[test]
fn text_is_text_once_and_other_bytes_are_hexadecimal() {
    let directory = directory();
    let path = directory.path();
    let lines = "tab\there \\ \"quoted\" gr\u{fc}n \u{1b}[1m\n";
    aof_with_input(path, &["append", "log.aof"], &[lines.as_bytes(), b"\xff\x00\n"].concat());
    let ran = aof_with_input(path, &["inspect", "--json", "--body", "text", "log.aof"], b"");
    let entries: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries[0]["body"], lines.trim_end_matches('\n'));
    assert_eq!((&entries[1]["body"], &entries[1]["body_hex"]), (&Value::Null, &"ff00".into()));
    // A number that people read, and one that scripts do.
    let time = entries[0]["time"].as_str().unwrap();
    assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
    assert!(entries[0]["timestamp"].as_str().unwrap().parse::<u64>().is_ok());
}

#[test]
fn acknowledgements_and_errors_are_objects() {
    let directory = directory();
    let path = directory.path();
    let ran = aof_with_input(path, &["append", "--json", "--ack", "log.aof"], b"one\ntwo\n");
    let objects: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<_> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["acknowledged", "acknowledged", "summary"]);
    assert_eq!((&objects[0]["op"], &objects[1]["op"]), (&1.into(), &2.into()));

    let holder = aof_file::FileBackend::open(path.join("log.aof")).unwrap();
    let ran = aof_with_input(path, &["append", "--json", "log.aof"], b"three\n");
    let error: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &error["type"], &error["code"]), (4, &"error".into(), &4.into()), "{error}");
    assert!(error["message"].as_str().unwrap().starts_with("log.aof is held by another writer"), "{error}");
    assert_eq!(error["log"], "log.aof", "{error}");
    drop(holder);

    let long = vec![b'x'; 2 << 20];
    let ran = aof_with_input(path, &["append", "--json", "log.aof"], &[b"three\n", &long[..]].concat());
    let objects: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&objects[0]["type"], &objects[0]["entries"]), (&"durable".into(), &1.into()));
    assert_eq!((&objects[0]["op"], &objects[0]["next_line"]), (&3.into(), &2.into()));
    assert_eq!((&objects[1]["type"], &objects[1]["code"]), (&"error".into(), &2.into()));
}

#[test]
fn a_signal_leaves_whole_lines_and_an_append_says_what_is_durable() {
    use std::io::{Read, Write};
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};
    let directory = directory();
    let path = directory.path();
    let (page, mut seen) = (Page::read(), BTreeSet::new());
    let bytes = log(path, "log.aof", 20);
    for arguments in [&["append", "--ack", "new.aof"][..], &["validate", "-"], &["inspect", "-"], &["stat", "-"]] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("aof"))
            .arg("--json")
            .args(arguments)
            .current_dir(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let is_append = arguments[0] == "append";
        let input = if is_append { b"one\ntwo\n" } else { &bytes[..] };
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(input).unwrap();
        let mut out = Vec::new();
        if is_append {
            // Both are durable when the second one is acknowledged.
            while out.iter().filter(|byte| **byte == b'\n').count() < 2 {
                let mut byte = [0];
                child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
                out.push(byte[0]);
            }
        } else {
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(2), "{arguments:?}");
        if is_append {
            let objects = page.check(&mut seen, "append", 0, &out);
            let last = objects.last().unwrap();
            assert_eq!(
                (&last["type"], &last["entries"], &last["next_line"]),
                (&"durable".into(), &2.into(), &3.into())
            );
            assert_eq!(last["signal"], "SIGINT", "{last}");
        } else if !out.is_empty() {
            page.check(&mut seen, arguments[0], 0, &out);
        }
    }
    assert!(seen.contains("`aof append`/durable"), "{seen:?}");
}
