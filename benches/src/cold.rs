//! Files that are not in the page cache, and how large they are.

#![allow(clippy::missing_panics_doc, reason = "every failure ends the benchmark")]

use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Syncs the files of a directory and drops them from the page cache, as opening a log of ours does, so that the next
/// read asks the disk.
pub fn cold(directory: &Path) {
    for path in files(directory) {
        let file = File::open(path).expect("the file is there");
        file.sync_all().expect("the disk syncs");
        fadvise(&file, 0, None, Advice::DontNeed).expect("the page cache takes advice");
    }
}

/// How many bytes of the disk the files of a directory take, those of its directories included.
#[must_use]
pub fn disk_bytes(directory: &Path) -> u64 {
    let blocks = |path: &PathBuf| path.metadata().expect("the file is there").blocks();
    files(directory).iter().map(blocks).sum::<u64>() * 512
}

/// The files of a directory and of those in it, in the order of their paths.
#[must_use]
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("the directory is there");
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("the directory can be read").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
