//! What the tool says when something cannot be: paths as they were typed, and what to do next.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use support::{GOLDEN, Ran, aof, aof_with_input, directory, log, names, three_lines};

fn says(ran: &Ran, code: i32, what: &str) {
    assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(what), "{what}: {}", ran.err);
}

#[test]
fn paths_stand_as_they_were_typed() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 3);
    let holder = aof_file::FileBackend::open(path.join("log.aof")).unwrap();
    let cases: [(&[&str], i32, &str); 9] = [
        (&["validate", "missing.aof"], 3, "error: cannot open missing.aof: No such file"),
        (&["inspect", "./missing.aof"], 3, "error: cannot open ./missing.aof: No such file"),
        (&["append", "../nowhere/log.aof"], 3, "error: cannot open ../nowhere/log.aof: No such file"),
        (&["append", "log.aof"], 4, "error: log.aof is held by another writer"),
        (&["repair", "--in-place", "./log.aof"], 4, "error: ./log.aof is held by another writer"),
        (&["merge", "-o", "nowhere/out", "log.aof"], 3, "error: cannot open nowhere/out: No such file"),
        (&["copy", "log.aof", "nowhere/out"], 3, "error: cannot open nowhere/out: No such file"),
        (&["validate", "."], 3, "error: cannot open .: this is a directory"),
        (&["digest", "-", "missing"], 3, "error: cannot open missing: No such file"),
    ];
    for (arguments, code, what) in cases {
        let ran = aof(path, arguments);
        says(&ran, code, what);
        assert!(!ran.err.contains(path.to_str().unwrap()), "{}", ran.err);
    }
    drop(holder);
    let bytes = fs::read(path.join("log.aof")).unwrap();
    fs::write(path.join("log.aof"), &bytes[..bytes.len() - 1]).unwrap();
    says(&aof(path, &["append", "log.aof"]), 0, "its bytes are kept as log.aof.cut-744\n");
    fs::write(path.join("log.aof"), &bytes[..bytes.len() - 1]).unwrap();
    let ran = aof(path, &["repair", "--in-place", "./log.aof"]);
    assert!(ran.out.contains("original  ./log.aof.broken\n"), "{}", ran.out);
}

#[test]
fn a_directory_is_no_place_for_a_log() {
    let directory = directory();
    let path = directory.path();
    log(path, "my log.aof", 3);
    fs::create_dir(path.join("backup")).unwrap();
    let cases: [&[&str]; 6] = [
        &["merge", "-o", "backup", "my log.aof"],
        &["merge", "--force", "-o", "backup", "my log.aof"],
        &["repair", "-o", "backup", "my log.aof"],
        &["repair", "--force", "-o", "backup", "my log.aof"],
        &["copy", "my log.aof", "backup"],
        &["copy", "my log.aof", "backup/"],
    ];
    for arguments in cases {
        let ran = aof(path, arguments);
        says(&ran, 2, " is a directory: name a file in it, 'backup/my log.aof' for instance\n");
        assert!(!ran.err.contains("--force"), "{}", ran.err);
    }
    says(&aof_with_input(path, &["copy", "-", "backup"], &fs::read(GOLDEN).unwrap()), 2, "backup/ledger.aof");
    says(&aof(path, &["stat", "--html", "backup", "my log.aof"]), 2, "backup/stat.html for instance\n");
    assert_eq!(names(&path.join("backup")), [""; 0]);
}

#[test]
fn text_that_is_given_as_a_log_is_called_text() {
    let directory = directory();
    let path = directory.path();
    fs::write(path.join("orders.csv"), b"1,2\n3,4\n").unwrap();
    let text = "orders.csv looks like text, not like a log\n";
    let next = "  aof append LOG < orders.csv   makes entries of its lines\n";
    let cases: [&[&str]; 8] = [
        &["append", "orders.csv"],
        &["stat", "orders.csv"],
        &["copy", "orders.csv", "out"],
        &["digest", "orders.csv"],
        &["merge", "-o", "out", "orders.csv"],
        &["repair", "-o", "out", "orders.csv"],
        &["validate", "orders.csv"],
        &["inspect", "orders.csv"],
    ];
    for arguments in cases {
        let ran = aof(path, arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {}{}", ran.out, ran.err);
        for line in [text, next] {
            assert!(ran.err.contains(line) || ran.out.contains(line), "{arguments:?}: {}{}", ran.out, ran.err);
        }
        assert!(!ran.err.contains("aof repair") && !ran.out.contains("aof repair"), "{arguments:?}: {}", ran.err);
        assert_eq!(names(path), ["orders.csv"]);
    }
    fs::write(path.join("image"), [0x89, b'P', b'N', b'G', 0, 1, 2, 3]).unwrap();
    assert!(!aof(path, &["append", "image"]).err.contains("text"));
}

#[test]
fn nothing_is_listed_before_a_log_is_there() {
    let directory = directory();
    for arguments in [&["inspect", "missing.aof"][..], &["inspect", "--follow", "missing.aof"]] {
        let ran = aof(directory.path(), arguments);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    }
    three_lines(directory.path());
    let ran = aof(directory.path(), &["inspect", "--op", "9..", "log.aof"]);
    assert!(ran.code == 0 && ran.out.starts_with("          op ") && ran.out.lines().count() == 1, "{}", ran.out);
}
