//! The bytes that a truncation cuts off, kept beside the log.

use crate::reader::read_at;
use crate::system::is_full;
use crate::system::{Access, OpenFile, System};
use crate::writer::append::write_all_at;
use crate::writer::writeback::Writeback;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// How much is copied at a time, in bytes.
const CHUNK: usize = 256 * 1024;
/// The unit in which zeros become a hole, in bytes: the block of most file systems.
const BLOCK: usize = 4096;
/// How many copies for one offset may be there before something must be wrong.
const MAX_COPIES: u32 = 10_000;

/// Copies the bytes `range` of `log` to a new file `LOG.cut-OFFSET`, durable on return, and returns its path; none when
/// there is nothing but zeros to keep, or was no room for it, because a log must open, and so be cut, on a full disk.
pub(crate) fn keep(system: &dyn System, log: &OpenFile, mode: u32, range: Range<u64>) -> Result<Option<PathBuf>> {
    let (offset, bytes) = (range.start, range.end - range.start);
    let mut is_zero = true;
    for_each_chunk(system, log, &range, |_, chunk| {
        is_zero = data_runs(chunk).is_empty();
        Ok(is_zero)
    })?;
    if is_zero {
        return Ok(None);
    }
    let mut copy = None;
    match keep_as(system, log, mode, range, &mut copy) {
        Ok(()) => Ok(copy),
        Err(failure) => {
            if let Some(path) = &copy
                && let Err(error) = system.remove(path)
            {
                tracing::warn!(copy = %path.display(), %error, "an incomplete copy of cut bytes could not be removed");
            }
            if let Error::Io { source, .. } = &failure
                && is_full(source)
            {
                tracing::warn!(log = %log.path().display(), offset, bytes, error = %failure,
                    "no room to keep the bytes that are cut off: they are gone");
                return Ok(None);
            }
            Err(failure)
        }
    }
}

/// As [`keep`]; `copy` is the path as soon as there is a file.
fn keep_as(
    system: &dyn System,
    log: &OpenFile,
    mode: u32,
    range: Range<u64>,
    copy: &mut Option<PathBuf>,
) -> Result<()> {
    let file = create_new(system, log.path(), mode, range.start)?;
    let path = file.path();
    *copy = Some(path.to_owned());
    copy_sparse(system, log, &file, &range)?;
    let at = range.start;
    system.set_len(&file, range.end - range.start).map_err(|source| Error::io_at(IoCall::Save, path, at, source))?;
    system.sync_all(&file).map_err(|source| Error::io_at(IoCall::Sync, path, at, source))?;
    system.sync_directory_of(path).map_err(|source| Error::io_at(IoCall::SyncDirectory, path, at, source))
}

/// Makes the first of `LOG.cut-OFFSET`, `LOG.cut-OFFSET.1`, ... that does not exist.
fn create_new(system: &dyn System, log: &Path, mode: u32, offset: u64) -> Result<OpenFile> {
    let mut last = None;
    for number in 0..MAX_COPIES {
        let mut path = log.as_os_str().to_owned();
        path.push(format!(".cut-{offset}"));
        if number > 0 {
            path.push(format!(".{number}"));
        }
        let path = PathBuf::from(path);
        // Who may not read the log must not read what was cut from it.
        match system.open(&path, Access::CreateNew { mode: mode & 0o666 }) {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = Some(error),
            Err(error) => return Err(Error::io_at(IoCall::Save, &path, offset, error)),
        }
    }
    let error = last.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into());
    Err(Error::io_at(IoCall::Save, log, offset, error))
}

/// Copies all blocks of `range` that are not zeros.
fn copy_sparse(system: &dyn System, log: &OpenFile, copy: &OpenFile, range: &Range<u64>) -> Result<()> {
    let mut writeback = Writeback::from(0);
    for_each_chunk(system, log, range, |at, chunk| {
        for data in data_runs(chunk) {
            let place = at - range.start + data.start as u64;
            write_all_at(system, copy, &[IoSlice::new(&chunk[data])], place, &mut writeback)
                .map_err(|source| Error::io_at(IoCall::Save, copy.path(), at, source))?;
        }
        Ok(true)
    })
}

/// Reads `range` of `log`, and hands over each chunk and its offset, until `take` returns that it wants no more.
fn for_each_chunk(
    system: &dyn System,
    log: &OpenFile,
    range: &Range<u64>,
    mut take: impl FnMut(u64, &[u8]) -> Result<bool>,
) -> Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut at = range.start;
    while at < range.end {
        let wanted = usize::try_from(range.end - at).map_or(CHUNK, |rest| rest.min(CHUNK));
        let chunk = &mut buffer[..wanted];
        let mut filled = 0;
        while filled < wanted {
            let place = at + filled as u64;
            match read_at(system, log, &mut chunk[filled..], place) {
                Ok(0) => {
                    return Err(Error::io_at(IoCall::Read, log.path(), place, io::ErrorKind::UnexpectedEof.into()));
                }
                Ok(count) => filled += count,
                Err(source) => return Err(Error::io_at(IoCall::Read, log.path(), place, source)),
            }
        }
        if !take(at, chunk)? {
            break;
        }
        at += wanted as u64;
        // A hole holds nothing to keep. Where the system fails to say, reading meets the failure.
        at = system.next_data(log, at).unwrap_or(at).clamp(at, range.end.max(at));
    }
    Ok(())
}

/// The runs of blocks that hold anything but zeros, longest possible.
fn data_runs(chunk: &[u8]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, block) in chunk.chunks(BLOCK).enumerate() {
        if block.iter().all(|byte| *byte == 0) {
            continue;
        }
        let start = index * BLOCK;
        match runs.last_mut() {
            Some(run) if run.end == start => run.end += block.len(),
            _ => runs.push(start..start + block.len()),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_blocks_part_the_runs_of_data() {
        let mut chunk = vec![0; 5 * BLOCK + 10];
        assert_eq!(data_runs(&chunk), []);
        chunk[0] = 1;
        chunk[2 * BLOCK - 1] = 1;
        chunk[5 * BLOCK + 9] = 1;
        assert_eq!(data_runs(&chunk), [0..2 * BLOCK, 5 * BLOCK..5 * BLOCK + 10]);
    }
}
