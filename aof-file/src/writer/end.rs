//! The end of the log: what waits in the write buffer, what the file has, and the zeros that it has ahead.

use crate::reader::{MAX_LEN, read_within};
use crate::system::failure::failed;
use crate::writer::append::write_all_at;
use crate::writer::backend::Open;
use crate::writer::writeback::Writeback;
use aof_api::storage::extent::Extent;
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

/// Where the log ends, in three steps: what the file has, what waits behind that, and perhaps zeros ahead.
#[derive(Debug)]
pub(crate) struct End {
    /// What the file has of the log. Readers see no more.
    extent: Extent,
    /// What the log has behind that. Its capacity is never passed.
    buffer: Vec<u8>,
    buffer_len_max: usize,
    /// How long the file is: as long as its part of the log, or longer where zeros were allocated ahead.
    file_len: u64,
    /// How far to allocate ahead; 0 for not at all.
    preallocate_bytes: u64,
    /// How much of the log is on its way to the disk.
    writeback: Writeback,
}

/// A write to the file that failed.
pub(crate) enum WriteFailure {
    /// What it wrote was taken back: the log is what it was.
    Undone(Error),
    /// It could not be taken back.
    Lost(Error),
}

impl WriteFailure {
    /// As the failure of a write of `needed` bytes, where it was that of the `buffered` bytes before them.
    fn of_a_write(self, needed: u64, buffered: u64) -> WriteFailure {
        match self {
            WriteFailure::Undone(Error::Full { available, .. }) => {
                WriteFailure::Undone(Error::Full { needed, available: available.saturating_sub(buffered) })
            }
            failure => failure,
        }
    }
}

impl End {
    /// The end of a file of `len` bytes.
    pub(crate) fn new(len: u64, buffer_len_max: usize, preallocate_bytes: u64) -> End {
        End {
            extent: Extent::new(len),
            buffer: Vec::new(),
            buffer_len_max,
            file_len: len,
            preallocate_bytes,
            writeback: Writeback::from(len),
        }
    }

    /// Allocates so far ahead from the next checkpoint on.
    pub(crate) fn allocate_from_now(&mut self, preallocate_bytes: u64) {
        self.preallocate_bytes = preallocate_bytes;
    }

    /// How long the log is.
    pub(crate) fn len(&self) -> u64 {
        self.extent.len() + self.buffer.len() as u64
    }

    /// How long the file must be.
    pub(crate) fn file_len(&self) -> u64 {
        self.file_len
    }

    /// What readers see.
    pub(crate) fn extent(&mut self) -> &mut Extent {
        &mut self.extent
    }

    /// All that the file has is durable.
    pub(crate) fn synced(&mut self) {
        self.writeback = Writeback::from(self.extent.len());
    }

    /// Whether the file has more than its part of the log.
    pub(crate) fn is_ahead(&self) -> bool {
        self.file_len > self.extent.len()
    }

    /// Appends `parts`, `needed` bytes in all: to the buffer where they are small, or else to the file.
    pub(crate) fn append(&mut self, open: &mut Open, parts: &[IoSlice<'_>], needed: u64) -> Result<(), WriteFailure> {
        let available = MAX_LEN - self.len();
        if needed > available {
            return Err(WriteFailure::Undone(Error::Full { needed, available }));
        }
        let fits = |room: usize| usize::try_from(needed).is_ok_and(|needed| needed <= room);
        // What fills half of a buffer saves no calls worth the copy.
        let is_small = fits(self.buffer_len_max / 2);
        if !is_small || !fits(self.buffer_len_max - self.buffer.len()) {
            self.flush(open).map_err(|failure| failure.of_a_write(needed, self.buffer.len() as u64))?;
        }
        if !is_small {
            return self.write(open, parts, needed);
        }
        if self.buffer.capacity() == 0 {
            self.buffer.reserve_exact(self.buffer_len_max);
        }
        open.syncer.mark_dirty();
        parts.iter().for_each(|part| self.buffer.extend_from_slice(part));
        Ok(())
    }

    /// Writes what waits in the buffer. What could not be written goes on waiting.
    pub(crate) fn flush(&mut self, open: &mut Open) -> Result<(), WriteFailure> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        let written = self.write(open, &[IoSlice::new(&buffer)], buffer.len() as u64);
        self.buffer = buffer;
        if written.is_ok() {
            self.buffer.clear();
        }
        written
    }

    /// Forgets what waits in the buffer, if all of it stands behind the first `len` bytes. Answers whether it does.
    pub(crate) fn discard_behind(&mut self, len: u64) -> bool {
        let is_behind = len <= self.extent.len();
        if is_behind {
            self.buffer.clear();
        }
        is_behind
    }

    /// Writes behind what the file has of the log; the buffer is empty, or is what is written.
    fn write(&mut self, open: &mut Open, parts: &[IoSlice<'_>], needed: u64) -> Result<(), WriteFailure> {
        let offset = self.extent.len();
        open.syncer.mark_dirty();
        match write_all_at(&*open.system, open.file.file(), parts, offset, &mut self.writeback) {
            Ok(()) => {
                let end = offset + needed;
                self.file_len = self.file_len.max(end);
                self.extent.set_len(end);
                Ok(())
            }
            Err(source) => match open.undo_write(offset) {
                Ok(()) => {
                    self.file_len = offset;
                    self.writeback.cut(offset);
                    Err(WriteFailure::Undone(open.write_failure(offset, needed, source)))
                }
                Err(undoing) => {
                    let both = format!("{undoing}, while undoing a write that had failed: {source}");
                    let source = io::Error::new(undoing.kind(), both);
                    let path = open.file.file().path();
                    Err(WriteFailure::Lost(failed("undoing of a failed write", offset, path, source)))
                }
            },
        }
    }

    /// Reads from the file, or from the buffer behind it; within the log.
    pub(crate) fn read(&self, open: &Open, buf: &mut [u8], offset: u64) -> Result<usize> {
        let rest = self.len().saturating_sub(offset);
        let readable = usize::try_from(rest).map_or(buf.len(), |rest| rest.min(buf.len()));
        let in_file = self.extent.len().saturating_sub(offset);
        if in_file > 0 || readable == 0 {
            let readable = usize::try_from(in_file).map_or(readable, |in_file| in_file.min(readable));
            return read_within(&*open.system, open.file.file(), &mut buf[..readable], offset);
        }
        // Within the buffer, whose length is a usize.
        let start = (offset - self.extent.len()) as usize;
        buf[..readable].copy_from_slice(&self.buffer[start..][..readable]);
        Ok(readable)
    }

    /// Writes zeros ahead of the end where the next checkpoints will need them, so that those write data and no
    /// metadata. Called before the sync of a checkpoint that makes `unsynced` bytes durable, the first ones of a log that
    /// was opened or others; the buffer is empty.
    ///
    /// Real zeros: space that is only reserved costs metadata all the same when it is first written. What cannot be had
    /// is done without.
    pub(crate) fn allocate_ahead(&mut self, open: &mut Open, unsynced: u64, is_first: bool) -> Result<()> {
        let end = self.extent.len();
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
        open.syncer.mark_dirty();
        let from = self.file_len;
        // The page cache keeps them in pieces as large as they came, and takes and syncs a write faster the less they differ
        // in size: by a tenth for small writes, twice as fast for large ones.
        let piece_len = unsynced.clamp(BLOCK, PIECE_LEN_MAX).next_power_of_two();
        match write_zeros(open, from, until, piece_len) {
            Ok(()) => {
                self.file_len = until;
                Ok(())
            }
            Err(error) => {
                let log = open.file.file().path();
                tracing::warn!(log = %log.display(), %error, "no more space is allocated ahead");
                self.preallocate_bytes = 0;
                // What little room there is serves the log, and others, better than zeros do.
                let taken_back = open.undo_write(from);
                taken_back.map_err(|source| failed("undoing of zeros ahead of the log", from, log, source))
            }
        }
    }

    /// Gives back what was allocated ahead; the buffer is empty.
    pub(crate) fn trim(&mut self, open: &mut Open) -> Result<()> {
        let len = self.extent.len();
        if self.file_len > len {
            open.syncer.mark_dirty();
            let file = open.file.file();
            open.system.set_len(file, len).map_err(|source| failed("truncate", len, file.path(), source))?;
            self.file_len = len;
        }
        Ok(())
    }

    /// Cuts the log and the file to `len` bytes; the buffer is empty.
    pub(crate) fn cut(&mut self, open: &mut Open, len: u64) -> Result<()> {
        let end = self.extent.len();
        open.syncer.mark_dirty();
        // The readers first, so that none takes the place of a cut byte for the log's.
        self.extent.truncate(len);
        let file = open.file.file();
        if let Err(source) = open.system.set_len(file, len) {
            self.extent.set_len(end);
            return Err(failed("truncate", len, file.path(), source));
        }
        self.file_len = len;
        Ok(())
    }
}

/// Writes zeros, in calls of `piece_len` bytes, a power of two.
fn write_zeros(open: &Open, mut from: u64, until: u64, piece_len: u64) -> io::Result<()> {
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
        write_all_at(&*open.system, open.file.file(), &parts, from, &mut writeback)?;
        from = end;
    }
    Ok(())
}
