//! Who may read what the tool makes.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use support::{ENTRY_LEN, aof, directory, log, names};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A log of ten entries, damaged in the fifth, with this mode.
fn damaged(directory: &Path, name: &str, mode: u32) {
    let mut bytes = log(directory, name, 10);
    bytes[4 * ENTRY_LEN + 300] ^= 1;
    fs::write(directory.join(name), bytes).unwrap();
    fs::set_permissions(directory.join(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_made_of_private_logs_is_private() {
    let directory = directory();
    let path = directory.path();
    damaged(path, "secret.aof", 0o600);
    damaged(path, "group.aof", 0o640);
    let cases: [(&[&str], i32, u32); 7] = [
        (&["copy", "secret.aof", "out"], 1, 0o600),
        (&["copy", "group.aof", "out"], 1, 0o640),
        (&["repair", "-o", "out", "secret.aof"], 1, 0o600),
        (&["repair", "--gaps", "-o", "out", "group.aof"], 1, 0o640),
        (&["merge", "-o", "out", "--root", "5146b8d0e1f69ca2e6867c42bb8263b7", "group.aof"], 1, 0o640),
        (&["merge", "-o", "out", "group.aof", "group.aof"], 1, 0o640),
        (&["merge", "-o", "out", "secret.aof", "secret.aof"], 1, 0o600),
    ];
    for (arguments, code, expected) in cases {
        let ran = aof(path, arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.out, ran.err);
        assert_eq!(mode(&path.join("out")), expected, "{arguments:?}");
        fs::remove_file(path.join("out")).unwrap();
    }
    // Two parts of one log: the most private one counts.
    let whole = fs::read(path.join("group.aof")).unwrap();
    for (name, bytes, mode) in [("1", &whole[..2 * ENTRY_LEN], 0o644), ("2", &whole[2 * ENTRY_LEN..], 0o600)] {
        fs::write(path.join(name), bytes).unwrap();
        fs::set_permissions(path.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::write(path.join("old"), b"anybody may read this").unwrap();
    fs::set_permissions(path.join("old"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(aof(path, &["merge", "--force", "-o", "old", "1", "2"]).code, 1);
    assert_eq!(mode(&path.join("old")), 0o600);
    assert!(!names(path).iter().any(|name| name.contains("partial")));
}

#[test]
fn a_copy_of_a_private_file_on_standard_input_is_private() {
    let directory = directory();
    let path = directory.path();
    log(path, "secret.aof", 3);
    fs::set_permissions(path.join("secret.aof"), fs::Permissions::from_mode(0o600)).unwrap();
    let secret = fs::File::open(path.join("secret.aof")).unwrap();
    let mut copy = Command::new(assert_cmd::cargo::cargo_bin!("aof"));
    let copied = copy.args(["copy", "-", "copy.aof"]).current_dir(path).stdin(secret).stdout(Stdio::null()).status();
    assert!(copied.unwrap().success());
    assert_eq!(mode(&path.join("copy.aof")), 0o600);
}
