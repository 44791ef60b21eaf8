//! `aof doctor`: the verdict on a store.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use serde_json::Value;
use support::{aof, directory, names};

#[test]
fn a_directory_is_fit_and_empty_afterwards() {
    let directory = directory();
    let path = directory.path();
    let url = format!("file://{}/store", path.display());
    let ran = aof(path, &["doctor", &url]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with(&format!("{url} is fit for a log\n")), "{}", ran.out);
    for line in ["passed  create_race", "passed  fencing", "passed  delete", "PUT 4.0 KiB", "GET 8.0 MiB", "LIST 48"] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    // Nothing is left, not even a directory.
    assert_eq!(names(path), Vec::<String>::new());
    let quiet = aof(path, &["doctor", "--quiet", "memory:///log"]);
    assert_eq!((quiet.code, &*quiet.out), (0, "memory:///log is fit for a log\n"));
}

#[test]
fn the_verdict_is_an_object_after_its_checks_and_times() {
    let ran = aof(directory().path(), &["doctor", "--json", "memory:///log"]);
    let objects: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |kind: &str| objects.iter().filter(|object| object["type"] == kind).count();
    assert_eq!((ran.code, count("check"), count("timing"), count("summary")), (0, 8, 7, 1), "{}", ran.out);
    let verdict = objects.last().unwrap();
    assert_eq!(verdict["fit"], true);
    assert_eq!(verdict["failed"], Value::Array(Vec::new()));
}

#[cfg(unix)]
#[test]
fn a_place_that_takes_nothing_is_an_io_error() {
    let directory = directory();
    std::fs::write(directory.path().join("file"), b"in the way").unwrap();
    let ran = aof(directory.path(), &["doctor", &format!("file://{}/file/log", directory.path().display())]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    let ran = aof(directory.path(), &["doctor", "log.aof"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}
