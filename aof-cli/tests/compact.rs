//! `aof compact` and `aof ship --compact`.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use std::path::Path;
use support::{aof, directory, log, names};

/// A log of 60 entries on a store, in a chunk for each 20.
fn shipped(path: &Path, url: &str) -> Vec<u8> {
    let mut whole = Vec::new();
    for _ in 0..3 {
        whole = log(path, "a.aof", 20);
        let ran = aof(path, &["ship", "--once", "--take-over", "a.aof", url]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    whole
}

#[test]
fn small_objects_become_a_segment_and_the_log_stays_what_it_is() {
    let directory = directory();
    let path = directory.path();
    let url = format!("file://{}/store", path.display());
    let whole = shipped(path, &url);
    let refused = aof(path, &["compact", &url]);
    assert_eq!(refused.code, 4, "{}", refused.err);
    assert!(refused.err.contains("--take-over"), "{}", refused.err);
    let few = aof(path, &["compact", "--take-over", &url]);
    assert_eq!((few.code, &*few.out), (0, "joined 0 objects into 0 segments, 0 bytes\n"));
    assert!(few.err.contains("less than 64.0 MiB together; --at-least asks for less"), "{}", few.err);
    let ran = aof(path, &["compact", "--take-over", "--at-least", "4KiB", &url]);
    assert_eq!((ran.code, &*ran.out), (0, "joined 2 objects into 1 segment, 14,880 bytes\n"));
    assert_eq!(names(&path.join("store/s")).len(), 1);
    // A chunk with entries, and a fence for each opening.
    let chunks = fs::read_dir(path.join("store/c")).unwrap();
    assert_eq!(chunks.filter(|chunk| chunk.as_ref().unwrap().metadata().unwrap().len() > 512).count(), 1);
    let fetched = aof(path, &["fetch", &url, "b.aof"]);
    assert_eq!(fetched.code, 0, "{}", fetched.err);
    assert!(fs::read(path.join("b.aof")).unwrap() == whole);
    assert_eq!(aof(path, &["ship", "--once", "--compact", "--take-over", "a.aof", &url]).code, 0);
}

#[test]
fn where_there_is_no_log_none_is_made() {
    let directory = directory();
    let url = format!("file://{}/none", directory.path().display());
    let ran = aof(directory.path(), &["compact", &url]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(!directory.path().join("none").exists());
}
