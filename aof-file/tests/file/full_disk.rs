//! Fault 13 on a real disk: a small file system, filled to its last block. Needs root, to mount it.

use crate::every_call::every_option;
use crate::fixture::block_on;
use aof_api::{Aof, Error, LogOptions, Operation};
use aof_file::{FileBackend, FileOptions};
use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::process::Command;

const BODY: [u8; 3000] = [7; 3000];

/// Which of [`every_option`] have a buffer.
const BUFFERED: [usize; 3] = [2, 4, 5];

/// A file system of some MiB, mounted until it is dropped.
struct SmallDisk {
    _directory: tempfile::TempDir,
    mount_point: PathBuf,
}

impl SmallDisk {
    /// `tmpfs`, or ext4 in a file; `None`, said aloud, where that cannot be mounted.
    fn mount(kind: &str) -> Option<SmallDisk> {
        let directory = tempfile::tempdir().unwrap();
        let (image, mount_point) = (directory.path().join("image"), directory.path().join("mounted"));
        fs::create_dir(&mount_point).unwrap();
        let mut mount = Command::new("mount");
        if kind == "tmpfs" {
            mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]);
        } else {
            File::create(&image).unwrap().set_len(8 << 20).unwrap();
            succeeds(Command::new("mkfs.ext4").args(["-qF", "-m", "0"]).arg(&image), kind)?;
            mount.args(["-o", "loop"]).arg(&image);
        }
        succeeds(mount.arg(&mount_point), kind)?;
        Some(SmallDisk { _directory: directory, mount_point })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        succeeds(Command::new("umount").arg(&self.mount_point), "to unmount");
    }
}

fn succeeds(command: &mut Command, kind: &str) -> Option<()> {
    let failure = match command.output() {
        Ok(output) if output.status.success() => return Some(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    println!("skipped: a full disk, {kind}: {:?}: {}", command.get_program(), failure.trim());
    None
}

/// Appends, with a checkpoint every 20 entries, until there is no room; how many entries were appended, how many of them
/// are durable.
fn fill(log: &mut Aof<FileBackend>) -> (u64, u64) {
    let (mut appended, mut durable) = (0, 0);
    loop {
        assert!(appended < 10_000, "this disk does not fill");
        let full = match block_on(log.append(Operation(200), &BODY)) {
            Ok(_) => {
                appended += 1;
                if appended % 20 != 0 {
                    continue;
                }
                block_on(log.checkpoint()).map(drop)
            }
            Err(error) => Err(error),
        };
        match full {
            Ok(()) => durable = appended,
            Err(Error::Full { needed, available }) => {
                assert!(needed > available, "{needed} bytes needed, {available} available");
                return (appended, durable);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn count(log: &mut Aof<FileBackend>) -> aof_api::Result<u64> {
    let mut entries = block_on(log.entries())?;
    let mut count = 0;
    while block_on(entries.next())?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn fill_and_open(kind: &str) {
    let Some(disk) = SmallDisk::mount(kind) else { return };
    let (path, ballast) = (disk.mount_point.join("log.aof"), disk.mount_point.join("ballast"));
    for (index, options) in every_option(&FileOptions::new()).iter().enumerate() {
        let context = format!("{kind}, options {index}");
        let opened = || block_on(Aof::open(options.open_or_create(&path).unwrap(), LogOptions::new())).unwrap();
        fs::write(&ballast, vec![1; 256 << 10]).unwrap();
        let (mut log, _) = opened();
        let (appended, durable) = fill(&mut log);
        assert!(durable > 100, "{context}: {durable} entries");
        // A new reader brings what is buffered to the file first, where there is no room for it.
        match count(&mut log) {
            Ok(count) => assert_eq!(count, appended, "{context}: all is read that was appended"),
            Err(Error::Full { .. }) if BUFFERED.contains(&index) => {}
            Err(error) => panic!("{context}: {error}"),
        }
        // A second time, and nothing is poisoned; what waits in a buffer for room continues waiting.
        assert!(matches!(block_on(log.append_all(&vec![(Operation(200), BODY); 100])), Err(Error::Full { .. })));
        let checkpoint = block_on(log.checkpoint());
        assert!(matches!(checkpoint, Ok(_) | Err(Error::Full { .. })), "{context}: {checkpoint:?}");
        let durable = if checkpoint.is_ok() { appended } else { durable };
        drop(log);

        // The disk is as full as before.
        let (log, recovery) = opened();
        let found = recovery.entries;
        assert!((durable..=appended).contains(&found), "{context}: {found} of {durable} durable, {appended} appended");
        let len = log.len();
        drop(log);
        OpenOptions::new().write(true).open(&path).unwrap().set_len(len - 1).unwrap();
        let (mut log, recovery) = opened();
        assert!(recovery.cut.is_some(), "{context}: a torn tail is cut on a full disk too");
        assert_eq!(recovery.entries, found - 1, "{context}");

        fs::remove_file(&ballast).unwrap();
        block_on(log.append(Operation(200), &BODY)).unwrap();
        block_on(log.checkpoint()).unwrap();
        assert_eq!(count(&mut log).unwrap(), found, "{context}: it goes on where there is room");
        block_on(log.close()).unwrap();
        for entry in fs::read_dir(&disk.mount_point).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

#[test]
fn a_full_tmpfs_is_a_typed_error_and_loses_nothing() {
    fill_and_open("tmpfs");
}

#[test]
fn a_full_ext4_is_a_typed_error_and_loses_nothing() {
    fill_and_open("ext4");
}
