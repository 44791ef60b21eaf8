//! Names that a shell, a terminal or JSON could take for something else, and suggested commands that work when pasted.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use support::{ENTRY_LEN, directory, log, names};

const NAMES: [&[u8]; 8] = [
    b"-d.aof",
    b"my log.aof",
    b"it's.aof",
    b"\x1b[31mred\x07.aof",
    b"new\nline.aof",
    b"$(rm x) `y` \\.aof",
    b"not-utf-8-\xff\xfe.aof",
    "right-to-left-\u{202e}foa.aof".as_bytes(),
];

struct Ran {
    code: i32,
    out: Vec<u8>,
    err: Vec<u8>,
}

fn aof(directory: &Path, arguments: &[&OsStr]) -> Ran {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("aof"));
    let output = command.args(arguments).current_dir(directory).stdin(std::process::Stdio::null()).output().unwrap();
    Ran { code: output.status.code().unwrap(), out: output.stdout, err: output.stderr }
}

/// Runs what was suggested as it is pasted into bash.
fn paste(directory: &Path, command: &str) -> Ran {
    let tool = assert_cmd::cargo::cargo_bin!("aof");
    let path = format!("{}:{}", tool.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash").args(["-c", command]).current_dir(directory).env("PATH", path).output().unwrap();
    Ran { code: output.status.code().unwrap(), out: output.stdout, err: output.stderr }
}

/// A damaged log of that name.
fn damaged(directory: &Path, name: &[u8]) {
    let mut bytes = log(directory, "log", 20);
    bytes[5 * ENTRY_LEN + 300] ^= 1;
    fs::remove_file(directory.join("log")).unwrap();
    fs::write(directory.join(OsStr::from_bytes(name)), bytes).unwrap();
}

/// The argument that names the file.
fn argument(name: &[u8]) -> Vec<u8> {
    let prefix: &[u8] = if name.starts_with(b"-") { b"./" } else { b"" };
    [prefix, name].concat()
}

fn is_plain(text: &[u8]) -> bool {
    let text = String::from_utf8(text.to_vec()).unwrap();
    !text.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}')
}

#[test]
fn suggested_commands_work_when_they_are_pasted() {
    for name in NAMES {
        let directory = directory();
        let path = directory.path();
        damaged(path, name);
        let typed = argument(name);
        let ran = aof(path, &["validate".as_ref(), OsStr::from_bytes(&typed)]);
        assert_eq!(ran.code, 1);
        assert!(is_plain(&ran.out), "{}", String::from_utf8_lossy(&ran.out));
        let out = String::from_utf8(ran.out).unwrap();
        let repair = out.lines().find_map(|line| line.trim().strip_prefix("aof repair -o OUT ")).unwrap();
        let repair = repair.split("   ").next().unwrap();
        let ran = paste(path, &format!("aof repair -o OUT {repair}"));
        assert_eq!(ran.code, 1, "{repair}: {}", String::from_utf8_lossy(&ran.err));
        assert!(path.join("OUT").exists(), "{repair}");
    }
}

#[test]
fn no_control_byte_of_a_name_reaches_a_terminal_in_any_message() {
    for name in NAMES {
        let directory = directory();
        let path = directory.path();
        damaged(path, name);
        let typed = argument(name);
        let missing = [&typed[..], b"-missing"].concat();
        let (typed, missing) = (OsStr::from_bytes(&typed), OsStr::from_bytes(&missing));
        for arguments in [
            &["validate".as_ref(), missing][..],
            &["validate".as_ref(), typed],
            &["inspect".as_ref(), typed],
            &["digest".as_ref(), typed],
            &["stat".as_ref(), typed],
            &["append".as_ref(), typed],
            &["merge".as_ref(), "-o".as_ref(), "out".as_ref(), typed],
            &["merge".as_ref(), "-o".as_ref(), typed, "out".as_ref()],
            &["repair".as_ref(), "--dry-run".as_ref(), typed],
            &["copy".as_ref(), typed, "copy".as_ref()],
            &["copy".as_ref(), typed, typed],
        ] {
            let ran = aof(path, arguments);
            assert!(ran.code > 0 && is_plain(&ran.out) && is_plain(&ran.err), "{arguments:?}");
        }
    }
}

#[test]
fn json_names_any_file() {
    for name in NAMES {
        let directory = directory();
        let path = directory.path();
        damaged(path, name);
        let typed = argument(name);
        for arguments in [
            &["validate".as_ref(), "--json".as_ref(), OsStr::from_bytes(&typed)][..],
            &["inspect".as_ref(), "--json".as_ref(), OsStr::from_bytes(&typed)],
            &["merge".as_ref(), "--json".as_ref(), "-o".as_ref(), "out".as_ref(), OsStr::from_bytes(&typed)],
        ] {
            let ran = aof(path, arguments);
            let out = String::from_utf8(ran.out).unwrap();
            let mut named = 0;
            for line in out.lines() {
                let object: serde_json::Value = serde_json::from_str(line).unwrap();
                let Some(log) = object["log"].as_str() else { continue };
                named += 1;
                match std::str::from_utf8(&typed) {
                    Ok(text) => assert_eq!((log, object["log_hex"].as_str()), (text, None)),
                    Err(_) => {
                        let hex: String = typed.iter().map(|byte| format!("{byte:02x}")).collect();
                        assert_eq!(object["log_hex"].as_str(), Some(hex.as_str()));
                    }
                }
            }
            assert!(named > 0, "{arguments:?}: {out}");
        }
    }
}

#[test]
fn a_repair_in_place_says_which_names_the_damaged_file_keeps() {
    let directory = directory();
    let path = directory.path();
    damaged(path, b"log.aof");
    fs::hard_link(path.join("log.aof"), path.join("other.aof")).unwrap();
    let ran = aof(path, &["repair".as_ref(), "--in-place".as_ref(), "log.aof".as_ref()]);
    let err = String::from_utf8(ran.err).unwrap();
    assert_eq!(ran.code, 1, "{err}");
    assert!(err.contains("log.aof has 1 other name, under which the damaged file remains"), "{err}");
    assert_eq!(names(path), ["log.aof", "log.aof.broken", "other.aof"]);
}

#[test]
fn a_compressed_log_is_named_with_what_unpacks_it_and_never_repaired() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "log.aof", 20);
    for (program, suffix) in [("gzip", "gz"), ("xz", "xz")] {
        assert!(Command::new(program).args(["-k", "log.aof"]).current_dir(path).status().unwrap().success());
        let packed = format!("log.aof.{suffix}");
        for arguments in [
            &["validate", &packed][..],
            &["inspect", &packed],
            &["digest", &packed],
            &["stat", &packed],
            &["append", &packed],
            &["merge", "-o", "out.aof", &packed],
            &["repair", "-o", "out.aof", &packed],
            &["copy", &packed, "out.aof"],
        ] {
            let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
            let ran = aof(path, &arguments);
            let text = format!("{}{}", String::from_utf8_lossy(&ran.out), String::from_utf8_lossy(&ran.err));
            assert_eq!(ran.code, 1, "{arguments:?}: {text}");
            let next = format!("{program} -dc {packed} > LOG");
            assert!(text.contains(&next) && !text.contains("aof repair"), "{arguments:?}: {text}");
            assert!(!path.join("out.aof").exists(), "{arguments:?}");
        }
        let ran = paste(path, &format!("{program} -dc {packed} > LOG && cat {packed} | aof validate -"));
        let out = String::from_utf8(ran.out).unwrap();
        assert!(out.contains(&format!("unpack it with `{program} -dc` on the way")), "{out}");
        assert_eq!(fs::read(path.join("LOG")).unwrap(), bytes);
    }
}

#[test]
fn a_directory_that_takes_no_new_file_is_named_with_the_flag_that_helps() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "log.aof", 3);
    fs::write(path.join("log.aof"), &bytes[..bytes.len() - 1]).unwrap();
    // Another user owns the log, and not its directory.
    let nobody = "65534";
    let own = Command::new("chown").args([nobody, "log.aof"]).current_dir(path).status().unwrap();
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let tool = directory.path().join("aof-for-all");
    fs::copy(assert_cmd::cargo::cargo_bin!("aof"), &tool).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", nobody, "--regid", nobody, "--clear-groups"]).arg(&tool).args(arguments);
        command.current_dir(path).stdin(std::process::Stdio::null()).output().ok()
    };
    let Some(output) = run(&["--version"]).filter(|output| own.success() && output.status.success()) else {
        println!("skipped: only root can run the tool as another user");
        return;
    };
    drop(output);
    let output = run(&["append", "log.aof"]).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(err.contains("`--discard-tail` cuts without keeping them"), "{err}");
    let output = run(&["append", "--discard-tail", "log.aof"]).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read(path.join("log.aof")).unwrap(), bytes[..2 * ENTRY_LEN]);
}
