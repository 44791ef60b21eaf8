//! What is followed: a file, which may be rotated, or a directory of segments, which may be pruned.

use crate::input::source::LogReader;
use aof_api::AofRead;
use aof_api::Result;
use aof_file::FileBackend;
use aof_segments::DirectoryReader;
use futures::executor::block_on;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// A log that another process writes.
pub(super) enum Watched {
    File(File),
    Directory(Box<DirectoryReader>),
}

/// What changes when the log does: its length, and when its last file was written.
pub(super) type Looks = (u64, Option<SystemTime>);

impl Watched {
    /// The log at `path`. A fifo that took the name is refused, and not waited for.
    pub(super) fn open(path: &Path) -> io::Result<Watched> {
        if path.is_dir() {
            let reader = DirectoryReader::open(path).map_err(io::Error::other)?;
            return Ok(Watched::Directory(Box::new(reader)));
        }
        open_without_waiting(path).map(Watched::File)
    }

    /// A reader of the log at `path`, which is what this is unless it was rotated in between.
    pub(super) fn reader(&self, path: &Path) -> Result<LogReader> {
        match self {
            Watched::File(_) => FileBackend::open_read_only(path).map(LogReader::File),
            Watched::Directory(_) => DirectoryReader::open(path).map(|reader| LogReader::Directory(Box::new(reader))),
        }
    }

    /// What it looks like now.
    pub(super) fn looks(&mut self) -> io::Result<Looks> {
        match self {
            Watched::File(file) => file.metadata().map(|metadata| (metadata.len(), metadata.modified().ok())),
            Watched::Directory(reader) => {
                let end = block_on(reader.end()).map_err(io::Error::other)?;
                let last = reader.segments().map_err(io::Error::other)?.last().copied();
                let written = last.and_then(|last| fs::metadata(reader.segment_path(last.base)).ok()?.modified().ok());
                Ok((end, written))
            }
        }
    }

    /// Whether `path` names this log. A directory is not rotated.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        match self {
            Watched::File(file) => match (fs::metadata(path), file.metadata()) {
                (Ok(now), Ok(metadata)) => identity(&now) == identity(&metadata),
                _ => false,
            },
            Watched::Directory(_) => path.is_dir(),
        }
    }

    /// Whether `path` names another file than this one.
    pub(super) fn is_replaced_at(&self, path: &Path) -> bool {
        matches!(self, Watched::File(_)) && path.is_file() && !self.is_at(path)
    }
}

fn open_without_waiting(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits() as i32);
    let file = options.read(true).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("this is not a regular file")),
    }
}

/// What distinguishes one file from another.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// What distinguishes one file from another; elsewhere, when it was made.
#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> Option<SystemTime> {
    metadata.created().ok()
}
