//! A log that is moved, replaced or removed under `aof append`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use support::writer::Writer;
use support::{aof, aof_with_input, directory, names};

#[test]
fn a_log_that_is_moved_away_goes_on_in_a_new_file() {
    let directory = directory();
    let path = directory.path();
    let mut writer = Writer::start(path, "log.aof");
    assert_eq!(writer.append("one").as_deref(), Some("1"));
    assert_eq!(writer.append("two").as_deref(), Some("2"));
    fs::rename(path.join("log.aof"), path.join("log-1.aof")).unwrap();
    // This one is written to the old file still: the move is found when it is made durable.
    assert_eq!(writer.append("three").as_deref(), Some("3"));
    assert_eq!(writer.append("four").as_deref(), Some("4"));
    let (code, err) = writer.end();
    assert_eq!(code, 0, "{err}");
    let said = "log.aof was moved away: continuing in a new file there, which begins with a copy of op 3\n";
    assert!(err.contains(said), "{err}");
    assert_eq!(names(path), ["log-1.aof", "log.aof"]);

    let ran = aof(path, &["validate", "--rule", "linear", "log-1.aof", "log.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("ops       1 to 4"), "{}", ran.out);
    assert!(ran.out.contains("1 seam"), "{}", ran.out);
    assert!(aof(path, &["validate", "log-1.aof"]).out.contains("ops       1 to 3"));
    assert!(aof_with_input(path, &["append", "log.aof"], b"five\n").out.contains("(op 5)"));
}

#[test]
fn a_log_that_is_moved_away_behind_the_last_entry_leaves_a_new_file_all_the_same() {
    let directory = directory();
    let path = directory.path();
    let mut writer = Writer::start(path, "log.aof");
    assert_eq!(writer.append("one").as_deref(), Some("1"));
    fs::rename(path.join("log.aof"), path.join("log-1.aof")).unwrap();
    let (code, err) = writer.end();
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("continuing in a new file there"), "{err}");
    // Else a second history would begin at op 1.
    assert!(aof_with_input(path, &["append", "log.aof"], b"two\n").out.contains("(op 2)"));
}

#[test]
fn a_log_is_moved_away_again_and_again() {
    let directory = directory();
    let path = directory.path();
    let mut writer = Writer::start(path, "log.aof");
    let mut logs = Vec::new();
    for number in 1..=5 {
        assert_eq!(writer.append("a line"), Some((2 * number - 1).to_string()));
        logs.push(format!("log-{number}.aof"));
        fs::rename(path.join("log.aof"), path.join(logs.last().unwrap())).unwrap();
        assert_eq!(writer.append("a line"), Some((2 * number).to_string()));
    }
    assert_eq!(writer.end().0, 0);
    let mut arguments = vec!["validate", "--rule", "linear"];
    arguments.extend(logs.iter().map(String::as_str));
    arguments.push("log.aof");
    let ran = aof(path, &arguments);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("ops       1 to 10"), "{}", ran.out);
}

#[test]
fn a_path_that_names_another_file_ends_the_command_and_leaves_both_alone() {
    let directory = directory();
    let path = directory.path();
    let mut writer = Writer::start(path, "log.aof");
    assert_eq!(writer.append("one").as_deref(), Some("1"));
    fs::rename(path.join("log.aof"), path.join("log-1.aof")).unwrap();
    fs::write(path.join("log.aof"), b"another file").unwrap();
    // Durable, so it is acknowledged, and the last one.
    assert_eq!(writer.append("two").as_deref(), Some("2"));
    let (code, err) = writer.end();
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("log.aof names another file now, which was left as it is"), "{err}");
    assert!(err.contains("2 entries are durable, up to op 2; continue with line 3"), "{err}");
    assert_eq!(fs::read(path.join("log.aof")).unwrap(), b"another file");
    assert_eq!(names(path), ["log-1.aof", "log.aof"]);
    assert!(aof(path, &["validate", "--rule", "linear", "log-1.aof"]).out.contains("ops       1 to 2"));
}

#[test]
fn a_log_that_is_removed_acknowledges_nothing_more() {
    let directory = directory();
    let path = directory.path();
    let mut writer = Writer::start(path, "log.aof");
    assert_eq!(writer.append("one").as_deref(), Some("1"));
    fs::remove_file(path.join("log.aof")).unwrap();
    assert_eq!(writer.append("two"), None);
    let (code, err) = writer.end();
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("log.aof was removed while it was open"), "{err}");
    assert!(err.contains("nothing was appended durably"), "{err}");
    assert_eq!(names(path), [""; 0]);
}
