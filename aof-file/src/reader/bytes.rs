//! Bytes of the log: from the file, or from what was written and is not in the file yet.

use crate::open::file::LogFile;
use crate::system::{OpenFile, System};
use aof_api::storage::IoCall;
use aof_api::storage::unflushed::UnflushedView;
use aof_api::{Error, Result};
use std::io;

/// The largest length of a file, in bytes: offsets of the system are signed.
pub(crate) const MAX_LEN: u64 = i64::MAX as u64;

/// Reads from a place where the log is known to have at least `buf.len()` bytes, in the file or in the write buffer.
pub(crate) fn read_log(log: &LogFile, unflushed: Option<&UnflushedView>, buf: &mut [u8], offset: u64) -> Result<usize> {
    let Some(unflushed) = unflushed else { return read_within(log, buf, offset) };
    if buf.is_empty() {
        return Ok(0);
    }
    // The buffer first: what it does not hold any more, the file has had since before.
    if let Some(count) = unflushed.read_at(offset, buf) {
        return Ok(count);
    }
    // Past this the file may have zeros ahead. Where the log was cut at or below the place meanwhile, the caller finds out.
    let in_file = unflushed.start().saturating_sub(offset);
    let len = usize::try_from(in_file).map_or(buf.len(), |in_file| in_file.min(buf.len()));
    read_within(log, &mut buf[..len], offset)
}

/// Past the hole of the file at `offset`, if there is one, but not past `end`: up to there the file has all of the log.
pub(crate) fn next_data(log: &LogFile, offset: u64, end: u64) -> u64 {
    if offset >= end {
        return offset;
    }
    // A failure is met again, and reported, by reading there.
    let data = log.system.next_data(&log.file, offset).unwrap_or(offset);
    data.clamp(offset, end)
}

/// Reads from a place where the file is known to have at least `buf.len()` bytes of the log.
fn read_within(log: &LogFile, buf: &mut [u8], offset: u64) -> Result<usize> {
    if buf.is_empty() {
        return Ok(0);
    }
    let read = match read_at(&*log.system, &log.file, buf, offset) {
        // Zero bytes would mean the end of the log, and this is not it.
        Ok(0) => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file is shorter than what was written to it: something else cut it",
        )),
        read => read,
    };
    read.map_err(|source| Error::io_at(IoCall::Read, log.path(), offset, source))
}

/// Reads once, interruptions aside; 0 at or past the end of the file, wherever that is.
pub(crate) fn read_at(system: &dyn System, file: &OpenFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    // The system refuses a range that passes its largest offset, where a log just has no bytes.
    let possible =
        usize::try_from(MAX_LEN.saturating_sub(offset)).map_or(buf.len(), |possible| possible.min(buf.len()));
    if possible == 0 {
        return Ok(0);
    }
    loop {
        match system.read_at(file, &mut buf[..possible], offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
