//! The zeros that the file has ahead of the log, so that small checkpoints write data and no metadata.

use crate::open::file::LogFile;
use crate::reader::MAX_LEN;
use crate::writer::append::write_all_at;
use crate::writer::end::End;
use crate::writer::writeback::Writeback;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use std::io::{self, IoSlice};

/// Zeros that are written while the log grows serve at least so many checkpoints like the one that pays for them, or they
/// are left alone: a checkpoint that writes more makes up for its metadata by itself, and writing everything twice would
/// cost more than it saves.
const CHECKPOINTS_AHEAD: u64 = 64;
/// The unit in which is preallocated, in bytes: the block of most file systems.
const BLOCK: u64 = 4096;
/// The longest write of zeros, in bytes; a power of two.
const PIECE_LEN_MAX: u64 = 1 << 20;
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

impl End {
    /// Writes zeros ahead of the end where the next checkpoints will need them, so that those write data and no
    /// metadata. Called in a checkpoint, before its sync is asked for; the buffer is empty.
    ///
    /// Real zeros: space that is only reserved costs metadata all the same when it is first written. What cannot be had
    /// is done without.
    pub(crate) fn allocate_ahead(&mut self, log: &LogFile) -> Result<()> {
        let end = self.extent.len();
        let (unsynced, is_first) = (end - self.called_len, self.called_len == 0);
        let ahead = self.file_len.saturating_sub(end);
        let is_due = match is_first {
            true => ahead < self.preallocate_bytes,
            false => ahead < unsynced && unsynced <= self.preallocate_bytes / CHECKPOINTS_AHEAD,
        };
        if !is_due {
            return Ok(());
        }
        let until = end.saturating_add(self.preallocate_bytes);
        let until = until.checked_next_multiple_of(BLOCK).map_or(MAX_LEN, |until| until.min(MAX_LEN));
        self.is_changed = true;
        let from = self.file_len;
        // The page cache keeps them in pieces as large as they came, and takes and syncs a write faster the less they differ
        // in size: by a tenth for small writes, twice as fast for large ones.
        let piece_len = unsynced.clamp(BLOCK, PIECE_LEN_MAX).next_power_of_two();
        let Err(error) = write_zeros(log, from, until, piece_len) else {
            self.file_len = until;
            return Ok(());
        };
        tracing::warn!(log = %log.path().display(), %error, "no more space is allocated ahead");
        self.preallocate_bytes = 0;
        // What little room there is serves the log, and others, better than zeros do.
        let undone = log.undo_write(from);
        undone.map_err(|source| Error::io_at(IoCall::UndoWrite, log.path(), from, source))
    }

    /// Gives back what was allocated ahead; the buffer is empty.
    pub(crate) fn trim(&mut self, log: &LogFile) -> Result<()> {
        let len = self.extent.len();
        if self.file_len > len {
            self.is_changed = true;
            let cut = log.system.set_len(&log.file, len);
            cut.map_err(|source| Error::io_at(IoCall::Truncate, log.path(), len, source))?;
            self.file_len = len;
        }
        Ok(())
    }
}

/// Writes zeros, in calls of `piece_len` bytes, a power of two.
fn write_zeros(log: &LogFile, mut from: u64, until: u64, piece_len: u64) -> io::Result<()> {
    let mut writeback = Writeback::from(from);
    while from < until {
        let end = (from / piece_len * piece_len).saturating_add(piece_len).min(until);
        let mut left = end - from;
        let parts: Vec<_> = std::iter::from_fn(|| {
            let len = left.min(ZEROS.len() as u64);
            left -= len;
            (len > 0).then(|| IoSlice::new(&ZEROS[..len as usize]))
        })
        .collect();
        write_all_at(&*log.system, &log.file, &parts, from, &mut writeback)?;
        from = end;
    }
    Ok(())
}
