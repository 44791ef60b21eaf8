//! Copying, following, streams and the manual, as operators use them.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

use assert_cmd::Command;
use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Output, Stdio};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../aof-api/tests/data/tigerbeetle-solo-12.aof");

fn aof(directory: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::cargo_bin("aof").unwrap();
    command.current_dir(directory).args(arguments).write_stdin(input).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn append(directory: &Path, log: &str, lines: &str) {
    let output = aof(directory, &["append", log], lines.as_bytes());
    assert!(output.status.success(), "{}", err(&output));
}

/// Where each entry begins, and where the last one ends.
fn bounds(bytes: &[u8]) -> Vec<usize> {
    let mut bounds = vec![0];
    let mut at = 0;
    while at < bytes.len() {
        at += 16 + u32::from_le_bytes(bytes[at + 112..at + 116].try_into().unwrap()) as usize;
        bounds.push(at);
    }
    bounds
}

/// `aof inspect --follow --json log.aof`, ended when dropped.
struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn start(directory: &Path) -> Following {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("aof"))
            .args(["inspect", "--follow", "--json", "log.aof"])
            .current_dir(directory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Following { child, lines }
    }

    fn ops(&mut self, count: usize) -> Vec<String> {
        let objects = self.lines.by_ref().map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        let entries = objects.filter(|object: &serde_json::Value| object["type"] == "entry");
        entries.take(count).map(|entry| entry["op"].as_u64().unwrap().to_string()).collect()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_rotated_log_is_followed_and_its_seam_printed_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    append(path, "log.aof", "one\ntwo\n");
    let mut following = Following::start(path);
    assert_eq!(following.ops(2), ["1", "2"]);
    let bytes = fs::read(path.join("log.aof")).unwrap();
    fs::rename(path.join("log.aof"), path.join("old.aof")).unwrap();
    append(path, "old.aof", "three\n");
    assert_eq!(following.ops(1), ["3"]);
    let bytes_now = fs::read(path.join("old.aof")).unwrap();
    fs::write(path.join("next.aof"), &bytes_now[bytes.len()..]).unwrap();
    fs::rename(path.join("next.aof"), path.join("log.aof")).unwrap();
    append(path, "log.aof", "four\n");
    assert_eq!(following.ops(1), ["4"]);
}

#[test]
fn a_log_that_is_cut_is_followed_behind_the_cut() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    append(path, "log.aof", "one\ntwo\nthree\n");
    let mut following = Following::start(path);
    assert_eq!(following.ops(3), ["1", "2", "3"]);
    let bytes = fs::read(path.join("log.aof")).unwrap();
    let file = fs::OpenOptions::new().write(true).open(path.join("log.aof")).unwrap();
    file.set_len(bounds(&bytes)[2] as u64).unwrap();
    append(path, "log.aof", "another three\nfour\n");
    assert_eq!(following.ops(2), ["3", "4"]);
}

#[test]
fn zeros_that_are_preallocated_are_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    append(path, "whole.aof", "one\ntwo\n");
    let bytes = fs::read(path.join("whole.aof")).unwrap();
    let second = bounds(&bytes)[1];
    let mut preallocated = bytes[..second].to_vec();
    preallocated.resize(1 << 20, 0);
    fs::write(path.join("log.aof"), &preallocated).unwrap();
    let mut following = Following::start(path);
    assert_eq!(following.ops(1), ["1"]);
    std::os::unix::fs::FileExt::write_all_at(
        &fs::OpenOptions::new().write(true).open(path.join("log.aof")).unwrap(),
        &bytes[second..],
        second as u64,
    )
    .unwrap();
    assert_eq!(following.ops(1), ["2"]);
}

#[test]
fn a_copy_is_resumed_and_never_overwrites() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let golden = fs::read(GOLDEN).unwrap();
    fs::write(path.join("part.aof"), &golden[..10_000]).unwrap();
    let output = aof(path, &["copy", GOLDEN, "part.aof"], b"");
    assert!(output.status.success(), "{}", err(&output));
    // The last whole entry ends there; the torn one after it is copied again.
    assert!(out(&output).contains("resumed   800 bytes were there already"), "{}", out(&output));
    assert_eq!(fs::read(path.join("part.aof")).unwrap(), golden);

    append(path, "other.aof", "one\n");
    let other = fs::read(path.join("other.aof")).unwrap();
    let output = aof(path, &["copy", GOLDEN, "other.aof"], b"");
    assert_eq!(output.status.code(), Some(4));
    assert!(err(&output).contains("nothing was changed"), "{}", err(&output));
    assert_eq!(fs::read(path.join("other.aof")).unwrap(), other);

    fs::write(path.join("text"), b"hello\n").unwrap();
    assert_eq!(aof(path, &["copy", "text", "new.aof"], b"").status.code(), Some(1));
    assert!(!path.join("new.aof").exists());
    assert_eq!(aof(path, &["copy", "part.aof", "./part.aof"], b"").status.code(), Some(4));
    assert_eq!(aof(path, &["copy", "-", "piped.aof"], &golden).status.code(), Some(0));
    assert_eq!(fs::read(path.join("piped.aof")).unwrap(), golden);
}

#[test]
fn a_copy_of_a_damaged_log_says_how_much_it_is_and_what_to_do_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let golden = fs::read(GOLDEN).unwrap();
    let mut bytes = golden.clone();
    let at = bounds(&bytes)[5];
    bytes[at + 300] ^= 1;
    fs::write(path.join("damaged.aof"), &bytes).unwrap();
    let output = aof(path, &["copy", "damaged.aof", "my copy.aof"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(at, 17_360);
    assert!(
        out(&output).starts_with("copied    5 entries, 17,360 bytes") && out(&output).contains("(op 5)\n"),
        "{}",
        out(&output)
    );
    for line in [
        &format!(
            "error: damaged.aof: at offset {at}: damaged body (checksum mismatch); the copy ends there, after op 5"
        ),
        "  aof merge -o OUT damaged.aof ANOTHER-COPY   fills in",
        "  aof repair -o OUT damaged.aof   writes what is whole",
        "  aof copy damaged.aof 'my copy.aof'   continues there",
    ] {
        assert!(err(&output).contains(line), "{line}: {}", err(&output));
    }
    assert_eq!(fs::read(path.join("my copy.aof")).unwrap(), golden[..at]);

    let output = aof(path, &["copy", "--json", "damaged.aof", "my copy.aof"], b"");
    assert_eq!(output.status.code(), Some(1));
    // The summary, and the error.
    let lines = out(&output);
    let (summary, error) = lines.trim().split_once('\n').unwrap();
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap();
    let error: serde_json::Value = serde_json::from_str(error).unwrap();
    assert_eq!((&error["code"], &error["next"]), (&1.into(), &summary["next"]), "{error}");
    assert_eq!((&summary["complete"], &summary["entries"]), (&false.into(), &5.into()), "{summary}");
    assert_eq!((&summary["tip_op"], &summary["stopped_at"]), (&5.into(), &at.into()), "{summary}");
    assert_eq!(summary["damage"]["op"], 6, "{summary}");
    assert_eq!(summary["next"][0], "aof merge -o OUT damaged.aof ANOTHER-COPY", "{summary}");

    // Mended, it continues.
    fs::write(path.join("damaged.aof"), &golden).unwrap();
    let output = aof(path, &["copy", "--json", "damaged.aof", "my copy.aof"], b"");
    let summary: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((&summary["complete"], &summary["resumed_at"]), (&true.into(), &at.into()), "{summary}");
    assert_eq!(fs::read(path.join("my copy.aof")).unwrap(), golden);
}

#[test]
fn a_copy_of_a_damaged_log_to_a_longer_destination_says_that_this_may_be_the_good_copy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let golden = fs::read(GOLDEN).unwrap();
    fs::write(path.join("good.aof"), &golden).unwrap();
    for (entry, ends) in
        [(5, "the copy ends there, after op 5; all of good.aof up to there"), (0, "nothing was copied; ")]
    {
        let mut bytes = golden.clone();
        bytes[bounds(&golden)[entry] + 200] ^= 1;
        fs::write(path.join("damaged.aof"), &bytes).unwrap();
        let output = aof(path, &["copy", "damaged.aof", "good.aof"], b"");
        assert_eq!(output.status.code(), Some(1));
        let beyond = "good.aof continues to 29,120 bytes, which were not compared: it may be the good copy\n";
        let next = "  aof validate good.aof   reports whether what the destination holds is whole\n  \
                    aof merge -o OUT damaged.aof good.aof   takes each entry from the one that has it whole";
        for line in [ends, beyond, next] {
            assert!(err(&output).contains(line), "{line}: {}", err(&output));
        }
        let told =
            out(&output).contains("beyond    the destination continues to 29,120 bytes, which were not compared\n");
        assert_eq!(told, entry > 0, "{}", out(&output));
        let output = aof(path, &["copy", "--json", "damaged.aof", "good.aof"], b"");
        let summary: serde_json::Value = serde_json::from_str(out(&output).lines().next().unwrap()).unwrap();
        assert_eq!((&summary["entries"], &summary["destination_len"]), (&entry.into(), &29_120.into()));
        assert_eq!(summary["next"][1], "aof merge -o OUT damaged.aof good.aof", "{summary}");
        assert_eq!(fs::read(path.join("good.aof")).unwrap(), golden);
        // What is advised helps.
        assert_eq!(aof(path, &["validate", "good.aof"], b"").status.code(), Some(0));
        let output = aof(path, &["merge", "--force", "-o", "out.aof", "damaged.aof", "good.aof"], b"");
        assert_eq!((output.status.code(), fs::read(path.join("out.aof")).unwrap()), (Some(0), golden.clone()));
    }
}

#[test]
fn a_new_file_into_which_nothing_came_is_not_left_behind() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let long = vec![b'x'; 2 << 20];
    let tip = "11112222333344445555666677778888";
    let cases: [(&[&str], &[u8], i32); 4] = [
        (&["append", "log.aof"], &long, 2),
        (&["append", "--expected-tip", tip, "log.aof"], b"one\n", 1),
        (&["copy", "-", "log.aof"], b"no log\n", 1),
        (&["copy", "--json", "-", "log.aof"], b"no log\n", 1),
    ];
    for (arguments, input, code) in cases {
        let output = aof(path, arguments, input);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", err(&output));
        assert!(!path.join("log.aof").exists(), "{arguments:?}");
    }
    // What was there stays, and what came before the line that is too long is appended.
    fs::write(path.join("log.aof"), b"").unwrap();
    assert_eq!(aof(path, &["append", "log.aof"], &long).status.code(), Some(2));
    assert!(path.join("log.aof").exists());
    let output = aof(path, &["append", "new.aof"], &[b"one\n", &long[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("1 entry is durable, up to op 1; continue with line 2"), "{}", err(&output));
    assert_eq!(bounds(&fs::read(path.join("new.aof")).unwrap()).len(), 2);
}

#[test]
fn streams_are_read_like_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut bytes = fs::read(GOLDEN).unwrap();
    let offset = bounds(&bytes)[5];
    for damaged in [false, true] {
        if damaged {
            bytes[offset + 20] ^= 1;
        }
        fs::write(path.join("log.aof"), &bytes).unwrap();
        for command in [&["validate"][..], &["validate", "--rule", "linear"], &["inspect", "--op", "3..8"], &["digest"]]
        {
            let file = aof(path, &[command, &["log.aof"]].concat(), b"");
            let stream = aof(path, &[command, &["-"]].concat(), &bytes);
            assert_eq!(file.status.code(), stream.status.code(), "{command:?}");
            // What is to be pasted must name a file.
            let expected = out(&file).replace(" OUT log.aof", " OUT LOG").replace("log.aof", "standard input");
            assert_eq!(expected, out(&stream), "{command:?}");
        }
    }
    assert_eq!(aof(path, &["validate", "-", "-"], b"").status.code(), Some(2));
    assert_eq!(aof(path, &["inspect", "--follow", "-"], b"").status.code(), Some(2));
}

#[test]
fn a_window_is_listed_wherever_entries_were_recorded_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let golden = fs::read(GOLDEN).unwrap();
    fs::write(path.join("twice.aof"), [&golden[..], &golden[..]].concat()).unwrap();
    let listed = |arguments: &[&str]| {
        let output = aof(path, &[&["inspect", "--json", "twice.aof"], arguments].concat(), b"");
        assert!(output.status.success(), "{}", err(&output));
        let op =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["op"].as_u64().unwrap().to_string();
        out(&output).lines().map(op).collect::<Vec<_>>()
    };
    assert_eq!(listed(&["--op", "11.."]), ["11", "12", "11", "12"]);
    assert_eq!(listed(&["--op", "2"]), ["2", "2"]);
    assert_eq!(listed(&["--op", "13.."]), [""; 0]);
    assert_eq!(listed(&["--time", "2000-01-01 00:00:00..2000-01-02 00:00:00"]), [""; 0]);
    assert_eq!(listed(&["--time", "2000-01-01 00:00:00.."]).len(), 24);
    // The twelve entries were made within two minutes.
    assert_eq!(listed(&["--time", "2026-11-22 08:21..2026-11-22 08:22"]).len(), 24);
    assert_eq!(listed(&["--time", "2000-01-01 00:00..2000-01-01 23:59"]), [""; 0]);
}

#[test]
fn accounts_and_transfers_are_decoded() {
    let directory = tempfile::tempdir().unwrap();
    let output = aof(directory.path(), &["inspect", "--json", "--decode", "tigerbeetle", GOLDEN], b"");
    let entries: Vec<serde_json::Value> =
        out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let accounts = entries.iter().find(|entry| entry["operation"] == 146).unwrap();
    let body_size = accounts["size_disk"].as_u64().unwrap() - 272;
    // One record of the body is the trailer.
    assert_eq!(accounts["events"].as_array().unwrap().len() as u64, body_size / 128 - 1);
    assert_eq!(accounts["events"][0]["ledger"], 2);
    assert_eq!(accounts["events"][0]["flags"][0], "history");
    let transfers = entries.iter().find(|entry| entry["operation"] == 147).unwrap();
    assert_eq!(transfers["batches"][0].as_u64().unwrap(), transfers["events"].as_array().unwrap().len() as u64);
    assert!(entries.iter().all(|entry| entry["not_decoded"].is_null()));
    let output = aof(directory.path(), &["inspect", "--decode", "tigerbeetle", "--op", "3", GOLDEN], b"");
    assert!(out(&output).contains("account  id "), "{}", out(&output));
}

#[test]
fn the_manual_and_the_completions_name_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let manual = out(&aof(directory.path(), &["man"], b""));
    let completions = out(&aof(directory.path(), &["completions", "bash"], b""));
    for command in ["append", "inspect", "validate", "digest", "copy", "completions", "man"] {
        assert!(manual.contains(&command.to_uppercase()), "{command}");
        assert!(completions.contains(command), "{command}");
    }
    assert_eq!(aof(directory.path(), &["man", "nothing"], b"").status.code(), Some(2));
    assert!(out(&aof(directory.path(), &["man", "inspect"], b"")).contains("follow"));
}

#[test]
fn a_report_says_what_is_unaffected_and_what_to_do_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut bytes = fs::read(GOLDEN).unwrap();
    // The size of the fifth entry, which TigerBeetle's merge believes, and drops the rest of the file.
    let at = bounds(&bytes)[4];
    bytes[at + 113] ^= 0x40;
    fs::write(path.join("log.aof"), &bytes).unwrap();
    let output = aof(path, &["validate", "log.aof"], b"");
    assert_eq!(output.status.code(), Some(1));
    for line in [
        "FINDING damage log.aof at offset ",
        "FINDING gap log.aof at offset ",
        "intact: 11 entries, 27,440 of 29,120 bytes; losses are at the offsets above\n",
        "  aof merge -o OUT log.aof ANOTHER-COPY   fills in",
        "  aof repair -o OUT log.aof   writes",
    ] {
        assert!(out(&output).contains(line), "{line}: {}", out(&output));
    }
    let junk = [b"junk before the first entry", &fs::read(GOLDEN).unwrap()[..]].concat();
    fs::write(path.join("junk.aof"), &junk).unwrap();
    let output = aof(path, &["validate", "junk.aof"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("at offset 0: no entry begins here"), "{}", out(&output));
    assert!(out(&output).contains("intact: 12 entries"), "{}", out(&output));
}
