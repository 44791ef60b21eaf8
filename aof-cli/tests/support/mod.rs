//! Running the tool, and logs to run it on.

#![allow(dead_code, unreachable_pub, reason = "each test program takes what it needs")]

#[cfg(unix)]
pub mod page;
pub mod writer;

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../aof-api/tests/data/tigerbeetle-solo-12.aof");
const GOLDEN_LARGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/golden");

/// What a command printed and how it ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn aof_with_input(directory: &Path, arguments: &[&str], input: &[u8]) -> Ran {
    let mut command = Command::cargo_bin("aof").unwrap();
    let output = command.current_dir(directory).args(arguments).write_stdin(input).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

pub fn aof(directory: &Path, arguments: &[&str]) -> Ran {
    aof_with_input(directory, arguments, b"")
}

pub fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A log of the lines one, two, three.
pub fn three_lines(directory: &Path) -> PathBuf {
    let ran = aof_with_input(directory, &["append", "log.aof"], b"one\ntwo\nthree\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    directory.join("log.aof")
}

/// A large golden log, where there is one and somebody can unpack it.
pub fn golden(directory: &Path, name: &str) -> Option<()> {
    let packed = Path::new(GOLDEN_LARGE).join(format!("{name}.xz"));
    let unpacked = std::process::Command::new("xz").arg("-dc").arg(&packed).output().ok();
    match unpacked.filter(|output| packed.exists() && output.status.success()) {
        Some(output) => fs::write(directory.join(name), output.stdout).ok(),
        None => {
            eprintln!("skipped: {name} needs the golden logs beside the project, and xz");
            None
        }
    }
}

/// A log of `count` entries with bodies of 100 bytes: 372 bytes each.
pub fn log(directory: &Path, name: &str, count: u64) -> Vec<u8> {
    let ran = aof(directory, &["append", "--count", &count.to_string(), "--size", "100", "--sync", "end", name]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    fs::read(directory.join(name)).unwrap()
}

/// The length of each entry of [`log`].
pub const ENTRY_LEN: usize = 372;

/// The names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Kills the tool as it enters its first system call of those that matter, then its second, and so on until it ends by
/// itself, with the exit code `code`. `prepare` comes before each run, `look` after it. Answers how many kills there were;
/// none where system calls cannot be traced.
#[cfg(target_os = "linux")]
pub fn killed_at_every_call(
    directory: &Path,
    arguments: &[&str],
    code: i32,
    prepare: impl Fn(),
    mut look: impl FnMut(u32),
) -> Option<u32> {
    const CALLS: &str = "openat,read,pread64,write,pwrite64,pwritev,pwritev2,fallocate,ftruncate,fsync,fdatasync,flock,\
                         fadvise64,close,fchmod,fchown,rename,renameat,renameat2,link,linkat,unlink,unlinkat,statx";
    let run = |nth: u32| {
        prepare();
        let inject = format!("inject={CALLS}:signal=KILL:when={nth}");
        std::process::Command::new("strace")
            .args(["-f", "-o", "/dev/null", "-e", &format!("trace={CALLS}"), "-e", &inject])
            .arg(assert_cmd::cargo::cargo_bin!("aof"))
            .args(arguments)
            .current_dir(directory)
            .output()
            .ok()
            .and_then(|output| output.status.code())
    };
    // Far after the last call.
    let undisturbed = run(u32::from(u16::MAX));
    if undisturbed != Some(code) {
        eprintln!("skipped: system calls cannot be traced here ({undisturbed:?})");
        return None;
    }
    let mut nth = 1;
    loop {
        let ended = run(nth) == Some(code);
        look(nth);
        if ended {
            return Some(nth - 1);
        }
        nth += 1;
    }
}
