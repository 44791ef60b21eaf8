//! `aof repair` as people use it.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use std::path::Path;
#[cfg(target_os = "linux")]
use support::killed_at_every_call;
use support::{ENTRY_LEN, aof, aof_with_input, directory, golden, log, names};

const BEFORE: usize = 30 * ENTRY_LEN;
const BEHIND: usize = 31 * ENTRY_LEN;

/// A log of 50 entries, whole, and with a damaged body in its entry 31.
fn damaged(directory: &Path) -> (Vec<u8>, Vec<u8>) {
    let whole = log(directory, "log.aof", 50);
    let mut bytes = whole.clone();
    bytes[BEFORE + 300] ^= 1;
    fs::write(directory.join("log.aof"), &bytes).unwrap();
    (whole, bytes)
}

#[test]
fn a_dry_run_says_what_would_be_lost_and_changes_nothing() {
    let directory = directory();
    let (_, bytes) = damaged(directory.path());
    let ran = aof(directory.path(), &["repair", "--dry-run", "log.aof"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let lost = "LOST log.aof at offset 11160, op 31: damaged body (checksum mismatch); 372 bytes hold no whole entry";
    for line in
        [lost, "GAP after op 30: op 31", "left out  19 entries, ops 32 to 50", "keeps     30 entries", "not whole"]
    {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    assert_eq!(fs::read(directory.path().join("log.aof")).unwrap(), bytes);
    assert_eq!(names(directory.path()), ["log.aof"]);
}

#[test]
fn a_repaired_log_ends_before_the_loss_and_opens() {
    let directory = directory();
    let path = directory.path();
    let (whole, bytes) = damaged(path);
    let ran = aof(path, &["repair", "-o", "out.aof", "log.aof"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_eq!(fs::read(path.join("out.aof")).unwrap(), whole[..BEFORE]);
    assert_eq!(fs::read(path.join("log.aof")).unwrap(), bytes);
    assert_eq!(aof(path, &["validate", "--rule", "linear", "out.aof"]).code, 0);
    let ran = aof_with_input(path, &["append", "out.aof"], b"it goes on\n");
    assert!(ran.out.contains("(op 31)"), "{}{}", ran.out, ran.err);
    let ran = aof(path, &["repair", "-o", "out.aof", "log.aof"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
}

#[test]
fn what_lies_behind_the_loss_is_kept_when_asked() {
    let directory = directory();
    let path = directory.path();
    let (whole, bytes) = damaged(path);
    let ran = aof(path, &["repair", "--in-place", "--gaps", "log.aof"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_eq!(fs::read(path.join("log.aof")).unwrap(), [&whole[..BEFORE], &whole[BEHIND..]].concat());
    assert_eq!(fs::read(path.join("log.aof.broken")).unwrap(), bytes);
    assert_eq!(aof(path, &["validate", "--rule", "tb", "log.aof"]).code, 0);
}

#[test]
fn in_place_keeps_every_original() {
    let directory = directory();
    let path = directory.path();
    let (whole, bytes) = damaged(path);
    let ran = aof(path, &["repair", "--in-place", "log.aof"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("log.aof.broken\n"), "{}", ran.out);
    assert_eq!(fs::read(path.join("log.aof")).unwrap(), whole[..BEFORE]);
    assert_eq!(fs::read(path.join("log.aof.broken")).unwrap(), bytes);

    let torn = &whole[..BEFORE - 10];
    fs::write(path.join("log.aof"), torn).unwrap();
    aof(path, &["repair", "--in-place", "log.aof"]);
    assert_eq!(fs::read(path.join("log.aof")).unwrap(), whole[..BEFORE - ENTRY_LEN]);
    assert_eq!(fs::read(path.join("log.aof.broken")).unwrap(), bytes);
    assert_eq!(fs::read(path.join("log.aof.broken.1")).unwrap(), torn);
    assert_eq!(names(path), ["log.aof", "log.aof.broken", "log.aof.broken.1"]);
}

#[test]
fn a_whole_log_is_left_alone() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "log.aof", 5);
    for how in ["--in-place", "--dry-run"] {
        let ran = aof(path, &["repair", how, "log.aof"]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert!(ran.out.ends_with("nothing to repair\n"), "{}", ran.out);
    }
    assert_eq!((fs::read(path.join("log.aof")).unwrap(), names(path)), (whole, vec!["log.aof".to_owned()]));
}

#[test]
fn a_file_in_which_nothing_is_whole_is_left_alone() {
    let directory = directory();
    let path = directory.path();
    fs::write(path.join("text"), b"hello\n").unwrap();
    let ran = aof(path, &["repair", "--in-place", "text"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("not one whole entry"), "{}", ran.err);
    assert_eq!((fs::read(path.join("text")).unwrap(), names(path)), (b"hello\n".to_vec(), vec!["text".to_owned()]));
}

#[test]
fn one_way_to_repair_must_be_chosen() {
    let directory = directory();
    damaged(directory.path());
    for arguments in [&["log.aof"][..], &["--in-place", "-o", "out", "log.aof"], &["--force", "--dry-run", "log.aof"]] {
        let ran = aof(directory.path(), &[&["repair"][..], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn a_log_that_is_being_written_is_read_but_not_repaired_in_place() {
    let directory = directory();
    let path = directory.path();
    let (whole, mut bytes) = damaged(path);
    // An entry is being written.
    bytes.truncate(bytes.len() - 10);
    fs::write(path.join("log.aof"), &bytes).unwrap();
    let writer = aof_file::FileBackend::open(path.join("log.aof")).unwrap();
    let ran = aof(path, &["repair", "--in-place", "log.aof"]);
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("held by another writer"), "{}", ran.err);
    assert_eq!(names(path), ["log.aof"]);
    for how in [&["--dry-run"][..], &["-o", "out.aof"]] {
        let ran = aof(path, &[&["repair"][..], how, &["log.aof"]].concat());
        assert_eq!(ran.code, 1, "{how:?}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("note pending log.aof at offset 18228: 362 bytes"), "{}", ran.out);
        assert!(ran.out.contains("LOST log.aof at offset 11160, op 31"), "{}", ran.out);
    }
    assert_eq!(fs::read(path.join("out.aof")).unwrap(), whole[..BEFORE]);
    drop(writer);
    assert_eq!(fs::read(path.join("log.aof")).unwrap(), bytes);
    assert_eq!(names(path), ["log.aof", "out.aof"]);
}

#[test]
fn the_golden_restart_log_becomes_linear() {
    let directory = directory();
    let name = "tigerbeetle-restart.aof";
    if golden(directory.path(), name).is_none() {
        return;
    }
    let ran = aof(directory.path(), &["repair", "--in-place", name]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("503 of them known"), "{}", ran.out);
    assert_eq!(aof(directory.path(), &["validate", "--rule", "linear", name]).code, 0);
    assert_eq!(fs::metadata(directory.path().join(name)).unwrap().len(), 738_800);
}

#[cfg(target_os = "linux")]
#[test]
fn killed_at_any_system_call_it_leaves_the_original_whole() {
    let directory = directory();
    let path = directory.path();
    let (whole, bytes) = damaged(path);
    let prepare = || {
        names(path).iter().for_each(|name| fs::remove_file(path.join(name)).unwrap());
        fs::write(path.join("log.aof"), &bytes).unwrap();
    };
    let mut repaired = 0;
    let look = |nth| {
        let found = fs::read(path.join("log.aof")).unwrap();
        if found == whole[..BEFORE] {
            assert_eq!(fs::read(path.join("log.aof.broken")).unwrap(), bytes, "call {nth}");
            repaired += 1;
            return;
        }
        assert!(found == bytes, "call {nth} left {} bytes", found.len());
        // Nothing of the interrupted run is in the way of the next.
        if nth % 8 == 0 {
            assert_eq!(aof(path, &["repair", "--in-place", "log.aof"]).code, 1, "call {nth}");
            assert_eq!(fs::read(path.join("log.aof.broken")).unwrap(), bytes, "call {nth}");
            assert_eq!(fs::read(path.join("log.aof")).unwrap(), whole[..BEFORE], "call {nth}");
        }
    };
    let arguments = ["repair", "--in-place", "--threads", "1", "log.aof"];
    if let Some(kills) = killed_at_every_call(path, &arguments, 1, prepare, look) {
        assert!(kills > 40 && repaired > 1, "{kills} kills, {repaired} of them behind the rename");
    }
}
