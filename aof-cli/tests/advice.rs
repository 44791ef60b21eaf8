//! What to do next: each piece of advice names what helps, and helps.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use support::{ENTRY_LEN, Ran, aof, aof_with_input, directory, log, names};

fn advises(ran: &Ran, line: &str) {
    assert!(ran.out.contains(line) || ran.err.contains(line), "{line}: {}{}", ran.out, ran.err);
}

#[test]
fn a_fork_is_told_with_the_command_that_lists_its_branches() {
    let directory = directory();
    let path = directory.path();
    let base = log(path, "log.aof", 3);
    fs::write(path.join("other.aof"), &base).unwrap();
    aof_with_input(path, &["append", "log.aof"], b"four\nfive\n");
    aof_with_input(path, &["append", "other.aof"], b"another four\nanother five\nsix\n");
    let other = fs::read(path.join("other.aof")).unwrap();
    let mut fork = fs::read(path.join("log.aof")).unwrap();
    fork.extend_from_slice(&other[base.len()..]);
    fs::write(path.join("fork.aof"), &fork).unwrap();

    let ran = aof(path, &["validate", "fork.aof"]);
    assert_eq!(ran.code, 1);
    advises(&ran, "  aof merge -o OUT fork.aof   lists each branch with the --tip that keeps it\n");
    let ran = aof(path, &["append", "--rule", "seen-parent", "fork.aof"]);
    assert_eq!(ran.code, 1);
    advises(&ran, "aof merge -o OUT fork.aof   lists each branch with the --tip that keeps it");

    // Both branches can be had whole with what that prints.
    let ran = aof(path, &["merge", "-o", "out.aof", "fork.aof"]);
    let tips: Vec<_> =
        ran.err.lines().filter_map(|line| line.trim().strip_prefix("--tip ")?.split(' ').next()).collect();
    assert_eq!((ran.code, tips.len()), (1, 2), "{}", ran.err);
    let whole = [fs::read(path.join("log.aof")).unwrap(), other];
    for tip in tips {
        let ran = aof(path, &["merge", "--force", "-o", "out.aof", "--tip", tip, "fork.aof"]);
        assert!(whole.contains(&fs::read(path.join("out.aof")).unwrap()), "{}{}", ran.out, ran.err);
    }
}

#[test]
fn a_log_that_ends_before_its_first_entry_is_advised_as_a_torn_end_and_append_opens_it() {
    let directory = directory();
    let path = directory.path();
    for bytes in [&[0; 5000][..], b"\x82"] {
        fs::write(path.join("my log.aof"), bytes).unwrap();
        let line = "aof append 'my log.aof' < /dev/null   cuts the torn end when it opens the log";
        let before = names(path);
        for command in [
            &["validate", "my log.aof"][..],
            &["repair", "--dry-run", "my log.aof"],
            &["repair", "-o", "out.aof", "my log.aof"],
            &["copy", "my log.aof", "out.aof"],
        ] {
            let ran = aof(path, command);
            assert_eq!(ran.code, 1, "{command:?}: {}{}", ran.out, ran.err);
            advises(&ran, line);
            // A repair of nothing is refused.
            assert!(
                !format!("{}{}", ran.out, ran.err).contains("aof repair -o"),
                "{command:?}: {}{}",
                ran.out,
                ran.err
            );
            assert_eq!(names(path), before, "{command:?}");
        }
        let ran = aof(path, &["append", "my log.aof"]);
        assert_eq!((ran.code, fs::read(path.join("my log.aof")).unwrap().len()), (0, 0), "{}", ran.err);
    }
    fs::write(path.join("bytes"), [7; 5000]).unwrap();
    advises(&aof(path, &["validate", "bytes"]), "perhaps this is not an append-only log");
}

#[test]
fn entries_in_another_order_are_a_gap_that_repair_is_offered_for() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "whole.aof", 4);
    let entry = |index: usize| &whole[index * ENTRY_LEN..][..ENTRY_LEN];
    fs::write(path.join("log.aof"), [entry(0), entry(2), entry(1), entry(3)].concat()).unwrap();
    let ran = aof(path, &["validate", "log.aof"]);
    assert_eq!(ran.code, 1);
    advises(&ran, "  aof repair --dry-run log.aof   reports what of it can be kept\n");
    let ran = aof(path, &["repair", "--dry-run", "log.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    advises(&ran, "keeps     4 entries\n");
}

#[test]
fn an_expected_tip_may_be_any_entry_and_one_that_is_missing_is_told_so() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 3);
    let ran = aof(path, &["inspect", "--json", "--op", "2", "log.aof"]);
    let second: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let second = second["checksum"].as_str().unwrap();
    let ran = aof(path, &["append", "--expected-tip", second, "log.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let missing = "11112222333344445555666677778888";
    let ran = aof(path, &["append", "--expected-tip", missing, "log.aof"]);
    assert_eq!(ran.code, 1);
    advises(&ran, &format!("the log does not contain the expected checksum {missing} (its last entry is "));
    advises(&ran, &format!("`--expected-tip` names an entry that the log must hold, and no entry of it is {missing}"));
    assert!(aof(path, &["append", "--help"]).out.contains("an entry that the log must hold somewhere"));
}

#[test]
fn an_output_that_is_an_input_is_refused_by_every_command() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "log.aof", 3);
    for arguments in [
        &["copy", "log.aof", "./log.aof"][..],
        &["merge", "-o", "log.aof", "log.aof"],
        &["repair", "-o", "log.aof", "log.aof"],
    ] {
        let ran = aof(path, arguments);
        assert_eq!(ran.code, 4, "{arguments:?}: {}", ran.err);
        advises(&ran, "choose another name");
        assert_eq!(fs::read(path.join("log.aof")).unwrap(), bytes);
    }
}

#[test]
fn a_directory_without_segments_is_told_what_a_log_in_one_holds() {
    let directory = directory();
    let path = directory.path();
    std::fs::create_dir(path.join("empty")).unwrap();
    for line in [&["validate", "empty"][..], &["append", "empty"], &["stat", "empty"]] {
        let ran = aof(path, line);
        assert!(ran.code == 3 && ran.err.contains("20 digits and `.aof`"), "{line:?}: {}", ran.err);
    }
}

#[test]
fn an_export_says_how_many_entries_it_left_out_and_one_input_is_compared_with_nothing() {
    let directory = directory();
    let path = directory.path();
    log(path, "own.aof", 3);
    let text = "3 entries left out";
    let ran = aof(path, &["append", "--count", "3", "--operation", "200", "foreign.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = aof(path, &["export", "foreign.aof"]);
    assert!(ran.code == 0 && ran.out.is_empty() && ran.err.contains(text), "{} {}", ran.code, ran.err);
    let ran = aof(path, &["export", "--json", "foreign.aof"]);
    let note: serde_json::Value = serde_json::from_str(ran.out.trim()).unwrap();
    assert_eq!((&note["kind"], &note["count"]), (&"left-out".into(), &3.into()));
    let ran = aof(path, &["merge", "--dry-run", "own.aof"]);
    assert!(ran.code == 0 && ran.out.ends_with("\nwhole\n"), "{}", ran.out);
    for of_several in ["all have the same", "only it has", "repair"] {
        assert!(!ran.out.contains(of_several), "{}", ran.out);
    }
    assert!(aof(path, &["repair", "--dry-run", "own.aof"]).out.ends_with("\nnothing to repair\n"));
}

#[test]
fn a_name_in_an_error_is_as_it_was_typed_also_with_a_separator_at_its_end() {
    let directory = directory();
    let path = directory.path();
    let ran = aof(path, &["append", "--count", "50", "--size", "100", "--segments", "4KiB", "lo\ng"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    std::fs::remove_file(path.join("lo\ng/00000000000000004464.aof")).unwrap();
    for name in ["lo\ng", "lo\ng/", "./lo\ng/"] {
        for command in ["validate", "append", "stat"] {
            let ran = aof(path, &[command, name]);
            assert!(
                ran.code == 1 && ran.err.contains("lo\\ng/00000000000000004464.aof"),
                "{command} {name}: {}",
                ran.err
            );
            assert!(!ran.err.contains(path.to_str().unwrap()), "{command} {name}: {}", ran.err);
        }
    }
}
