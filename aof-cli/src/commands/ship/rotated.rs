//! Rotation: the log was moved, and continues in another file under its name.

use crate::input::source::LogReader;
use crate::output::failure::{Failure, Outcome};
use aof_api::format::Checksum;
use aof_api::read::find::{Target, find};
use aof_api::storage::IoCall;
use aof_api::{Entries, Error, Result, read};
use aof_file::{FileBackend, FileReader};
use futures::executor::block_on;
use std::path::{Path, PathBuf};

/// The file that is at `path` now, where that is not the one that `source` reads. None until there is one.
pub(super) fn next(source: &LogReader, path: &Path) -> Option<LogReader> {
    let LogReader::File(file) = source else { return None };
    if file.is_at(path).unwrap_or(true) {
        return None;
    }
    FileBackend::open_read_only(path).ok().map(LogReader::File)
}

/// The first entry of a log, which a rotation copies from the end of the file before.
struct First {
    op: u64,
    checksum: Checksum,
}

/// The files in a directory that the log at `log` was moved to, oldest first: each holds the first entry of the next.
pub(super) fn before(directory: &Path, log: &Path) -> Outcome<Vec<PathBuf>> {
    let failed = |source| Failure::at(directory)(Error::io_at(IoCall::Lookup, directory, 0, source));
    let opened = FileBackend::open_read_only(log).and_then(|mut log| block_on(first(&mut log)));
    let Some(mut next) = opened.map_err(Failure::at(log))? else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        // What is removed meanwhile, and what is not a log, holds nothing to copy.
        let Ok(mut file) = FileBackend::open_read_only(&path) else { continue };
        if file.is_at(log).unwrap_or(false) {
            continue;
        }
        if let Ok(Some(first)) = block_on(first(&mut file)) {
            files.push((first, file, path));
        }
    }
    files.sort_unstable_by(|(a, _, a_path), (b, _, b_path)| (b.op, b_path).cmp(&(a.op, a_path)));
    let mut chain = Vec::new();
    for (first, mut file, path) in files {
        if block_on(holds(&mut file, &next)).map_err(Failure::at(&path))? {
            next = first;
            chain.push(path);
        }
    }
    chain.reverse();
    Ok(chain)
}

async fn first(file: &mut FileReader) -> Result<Option<First>> {
    let mut entries = Entries::starting_at(file, 0, read::Options::new());
    Ok(entries.next().await?.map(|entry| First { op: entry.op(), checksum: entry.checksum() }))
}

async fn holds(file: &mut FileReader, wanted: &First) -> Result<bool> {
    let Some(place) = find(&mut *file, Target::Op(wanted.op), read::Options::new()).await? else { return Ok(false) };
    let mut entries = Entries::starting_at(file, place.offset, read::Options::new());
    loop {
        // A restarted replica records entries again, so the first of this op need not be the one.
        match entries.next().await {
            Ok(Some(entry)) if entry.checksum() == wanted.checksum => return Ok(true),
            Ok(Some(_)) => {}
            Ok(None) | Err(Error::Corrupt { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}
