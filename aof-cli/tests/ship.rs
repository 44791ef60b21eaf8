//! `aof ship` and `aof fetch`: there and back.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{aof, directory, log};

/// The bytes from the last magic on.
fn last_entry(log: &[u8]) -> &[u8] {
    let magic = &log[..16];
    let at = (0..log.len()).rev().find(|at| log[*at..].starts_with(magic)).unwrap();
    &log[at..]
}

#[test]
fn what_is_shipped_comes_back_byte_for_byte() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "a.aof", 50);
    let url = format!("file://{}/store/a", path.display());
    let shipped = aof(path, &["ship", "--once", "a.aof", &url]);
    assert_eq!(shipped.code, 0, "{}", shipped.err);
    assert!(shipped.out.starts_with("shipped 50 entries"), "{}", shipped.out);
    assert_eq!(aof(path, &["validate", "--rule", "linear", &url]).code, 0);
    let fetched = aof(path, &["fetch", &url, "b.aof"]);
    assert_eq!(fetched.code, 0, "{}", fetched.err);
    assert!(fs::read(path.join("b.aof")).unwrap() == whole);
    let part = aof(path, &["fetch", "--to-op", "20", &url, "c.aof"]);
    assert!(part.out.contains("ends in op 20 "), "{}", part.out);
    assert!(whole.starts_with(&fs::read(path.join("c.aof")).unwrap()));
    // The rest later.
    assert_eq!(aof(path, &["fetch", &url, "c.aof"]).code, 0);
    assert!(fs::read(path.join("c.aof")).unwrap() == whole);
}

#[test]
fn a_copy_that_was_written_just_now_is_refused_without_take_over() {
    let directory = directory();
    let path = directory.path();
    log(path, "a.aof", 5);
    let url = format!("file://{}/store", path.display());
    assert_eq!(aof(path, &["ship", "--once", "a.aof", &url]).code, 0);
    let refused = aof(path, &["ship", "--once", "a.aof", &url]);
    assert_eq!(refused.code, 4, "{}", refused.err);
    assert!(refused.err.contains("--take-over"), "{}", refused.err);
    assert_eq!(aof(path, &["ship", "--once", "--take-over", "a.aof", &url]).code, 0);
}

#[test]
fn a_copy_of_another_log_is_refused() {
    let directory = directory();
    let path = directory.path();
    log(path, "a.aof", 5);
    support::aof_with_input(path, &["append", "other.aof"], b"another history\n");
    let url = format!("file://{}/store", path.display());
    assert_eq!(aof(path, &["ship", "--once", "a.aof", &url]).code, 0);
    let refused = aof(path, &["ship", "--once", "--take-over", "other.aof", &url]);
    assert_eq!(refused.code, 4, "{}", refused.err);
    assert!(refused.err.contains("another log"), "{}", refused.err);
}

#[test]
fn what_is_not_a_store_is_a_mistake_of_usage() {
    let directory = directory();
    log(directory.path(), "a.aof", 1);
    let refused = aof(directory.path(), &["ship", "--once", "a.aof", "somewhere"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("s3://BUCKET/PREFIX"), "{}", refused.err);
    let missing = aof(directory.path(), &["validate", &format!("file://{}/none", directory.path().display())]);
    assert_eq!(missing.code, 3, "{}", missing.err);
    assert!(missing.err.contains("no log below this prefix"), "{}", missing.err);
}

#[test]
fn a_live_log_is_followed_through_kills_and_rotations() {
    let directory = directory();
    let path = directory.path();
    log(path, "a.aof", 3);
    let url = format!("file://{}/store", path.display());
    let program = assert_cmd::cargo::cargo_bin!("aof");
    let (mut archived, mut next) = (0, 4);
    for round in 0..10 {
        let mut shipper = Command::new(program)
            .args(["ship", "--take-over", "--interval", "0.02", "--status", "a.prom", "a.aof", &url])
            .current_dir(path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..4 {
            support::aof_with_input(path, &["append", "a.aof"], format!("{next}\n").as_bytes());
            next += 1;
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        let wanted = format!("aof_ship_copy_op {}\n", next - 1);
        while !fs::read_to_string(path.join("a.prom")).unwrap_or_default().contains(&wanted) {
            assert!(Instant::now() < deadline, "round {round}: {wanted} did not come");
            std::thread::sleep(Duration::from_millis(20));
        }
        shipper.kill().unwrap();
        shipper.wait().unwrap();
        let _ = fs::remove_file(path.join("a.prom"));
        if round == 4 {
            // The next file begins with a copy of the last entry, as a writer that goes on makes it.
            let whole = fs::read(path.join("a.aof")).unwrap();
            archived = whole.len();
            fs::rename(path.join("a.aof"), path.join("archived.aof")).unwrap();
            let last = last_entry(&whole);
            fs::write(path.join("a.aof"), last).unwrap();
        }
    }
    let fetched = aof(path, &["fetch", &url, "back.aof"]);
    assert_eq!(fetched.code, 0, "{}", fetched.err);
    let (back, first) = (fs::read(path.join("back.aof")).unwrap(), fs::read(path.join("archived.aof")).unwrap());
    let second = fs::read(path.join("a.aof")).unwrap();
    assert!(back[..archived] == first);
    // The seam is there once.
    let seam = last_entry(&first).len();
    assert!(back[archived..] == second[seam..]);
}
