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

#[test]
fn a_fetch_that_is_refused_changes_nothing_and_names_no_flag_that_it_does_not_have() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "a.aof", 20);
    let url = format!("file://{}/store", path.display());
    assert_eq!(aof(path, &["ship", "--once", "a.aof", &url]).code, 0);
    support::aof_with_input(path, &["append", "other.aof"], b"another history\n");
    let other = fs::read(path.join("other.aof")).unwrap();
    let mut damaged = whole.clone();
    damaged[5 * support::ENTRY_LEN + 10] ^= 1;
    let cases = [
        ("other-torn.aof", [&other[..], &whole[..200]].concat(), 4, "ends in an entry that"),
        ("damaged.aof", damaged, 1, "valid entries follow the damage"),
        ("text.aof", b"not a log\n".to_vec(), 1, "this is not a log"),
    ];
    for (name, bytes, code, text) in cases {
        fs::write(path.join(name), &bytes).unwrap();
        let before = support::names(path);
        let ran = aof(path, &["fetch", &url, name]);
        assert!(ran.code == code && ran.err.contains(text), "{name}: {} {}", ran.code, ran.err);
        assert_eq!(fs::read(path.join(name)).unwrap(), bytes, "{name}");
        assert_eq!(support::names(path), before, "{name}");
        for foreign in ["Tail::", "LogOptions", "`durable_len`", "--tail", "--durable-len", "--expected-tip", "--rule"]
        {
            assert!(!ran.err.contains(foreign), "{name}: {}", ran.err);
        }
    }
    // A torn end of the same log is cut, and the copy continues.
    fs::write(path.join("torn.aof"), &whole[..3000]).unwrap();
    assert_eq!(aof(path, &["fetch", &url, "torn.aof"]).code, 0);
    assert!(fs::read(path.join("torn.aof")).unwrap() == whole);
}

#[test]
fn a_place_that_cannot_be_fails_at_once_and_a_host_is_refused() {
    let directory = directory();
    let path = directory.path();
    log(path, "a.aof", 3);
    let url = format!("file://{}/a.aof/store", path.display());
    for line in
        [&["ship", "--once", "a.aof", &url][..], &["validate", &url], &["fetch", &url, "b.aof"], &["doctor", &url]]
    {
        let began = Instant::now();
        let ran = aof(path, line);
        assert_eq!(ran.code, 3, "{line:?}: {}", ran.err);
        assert!(ran.err.contains("Not a directory"), "{line:?}: {}", ran.err);
        assert!(began.elapsed() < Duration::from_secs(20), "{line:?}: {:?}", began.elapsed());
    }
    assert!(!path.join("b.aof").exists());
    let refused = aof(path, &["ship", "--once", "a.aof", "file://host/store"]);
    assert!(refused.code == 3 && refused.err.contains("write file:///host/store"), "{} {}", refused.code, refused.err);
}

#[test]
fn a_url_where_a_file_is_written_is_a_mistake_of_usage_and_the_help_says_which_logs_may_be_urls() {
    let directory = directory();
    let path = directory.path();
    log(path, "a.aof", 3);
    let url = format!("file://{}/store", path.display());
    for line in
        [&["copy", "a.aof", &url][..], &["append", &url], &["merge", "-o", &url, "a.aof"], &["split", "a.aof", &url]]
    {
        let ran = aof(path, line);
        assert!(ran.code == 2 && ran.err.contains("aof ship LOG URL"), "{line:?}: {} {}", ran.code, ran.err);
    }
    assert_eq!(support::names(path), ["a.aof"]);
    for (command, is_url) in [("validate", true), ("stat", true), ("copy", true), ("status", false), ("repair", false)]
    {
        let help = aof(path, &[command, "--help"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(help.contains("s3://BUCKET/PREFIX"), is_url, "{command}: {help}");
        assert_eq!(help.contains("`aof fetch` first"), !is_url, "{command}: {help}");
    }
}
