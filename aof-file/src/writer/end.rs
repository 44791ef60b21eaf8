//! The end of the log: what waits in the write buffer, what the file has, and the zeros that it has ahead.

use crate::open::file::LogFile;
use crate::reader::{MAX_LEN, read_log};
use crate::writer::append::write_all_at;
use crate::writer::writeback::Writeback;
use aof_api::storage::IoCall;
use aof_api::storage::extent::{Extent, ExtentView};
use aof_api::storage::unflushed::{Unflushed, UnflushedView};
use aof_api::{Error, Result};
use std::io::{self, IoSlice};

/// Where the log ends, in three steps: what the file has, what waits after that, and perhaps zeros ahead.
#[derive(Debug)]
pub(crate) struct End {
    /// What readers see: all of the log.
    pub(super) extent: Extent,
    /// None where nothing is buffered.
    buffer: Option<WriteBuffer>,
    /// How long the file is: as long as its part of the log, or longer where zeros were allocated ahead.
    pub(super) file_len: u64,
    /// Whether the file was changed since a sync was last asked for.
    pub(super) is_changed: bool,
    /// How far to allocate ahead; 0 for not at all.
    pub(super) preallocate_bytes: u64,
    /// How much of the log the last checkpoint covered when it was called.
    pub(super) called_len: u64,
    /// How much of the log is on its way to the disk.
    pub(super) writeback: Writeback,
}

/// What the log has after the part that is in the file.
#[derive(Debug)]
struct WriteBuffer {
    bytes: Unflushed,
    view: UnflushedView,
    /// How many these are: asked for at each write, and not worth a lock.
    len: usize,
    len_max: usize,
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
    /// The end of a file of `len` bytes, of which none are known to be durable.
    pub(crate) fn new(len: u64, buffer_len_max: usize, preallocate_bytes: u64) -> End {
        let bytes = Unflushed::new(len);
        let buffer = WriteBuffer { view: bytes.view(), bytes, len: 0, len_max: buffer_len_max };
        End {
            extent: Extent::new(len),
            buffer: Some(buffer).filter(|buffer| buffer.len_max > 0),
            file_len: len,
            is_changed: true,
            preallocate_bytes,
            called_len: 0,
            writeback: Writeback::from(len),
        }
    }

    /// Allocates so far ahead from the next checkpoint on.
    pub(crate) fn allocate_from_now(&mut self, preallocate_bytes: u64) {
        self.preallocate_bytes = preallocate_bytes;
    }

    /// How long the log is.
    pub(crate) fn len(&self) -> u64 {
        self.extent.len()
    }

    /// How much of the log waits in the buffer.
    fn buffered(&self) -> u64 {
        self.buffer.as_ref().map_or(0, |buffer| buffer.len as u64)
    }

    /// How much of the log the file has.
    pub(crate) fn len_in_file(&self) -> u64 {
        self.extent.len() - self.buffered()
    }

    /// How long the file must be.
    pub(crate) fn file_len(&self) -> u64 {
        self.file_len
    }

    /// How far the log reaches, for everyone.
    pub(crate) fn extent(&mut self) -> &mut Extent {
        &mut self.extent
    }

    /// As [`extent`](End::extent), to look at.
    pub(crate) fn reach(&self) -> &Extent {
        &self.extent
    }

    /// What a new reader needs.
    pub(crate) fn views(&mut self) -> (ExtentView, Option<UnflushedView>) {
        (self.extent.view(), self.buffer.as_ref().map(|buffer| buffer.view.clone()))
    }

    /// Says that a sync of all that the file has is asked for now, and returns whether it has anything to do.
    pub(crate) fn sync_asked(&mut self) -> bool {
        let len = self.len_in_file();
        self.writeback = Writeback::from(len);
        self.called_len = len;
        std::mem::replace(&mut self.is_changed, false)
    }

    /// Whether the file has more than its part of the log.
    pub(crate) fn is_ahead(&self) -> bool {
        self.file_len > self.len_in_file()
    }

    /// Appends `parts`, `needed` bytes in all: to the buffer where they are small, or else to the file.
    pub(crate) fn append(&mut self, log: &LogFile, parts: &[IoSlice<'_>], needed: u64) -> Result<(), WriteFailure> {
        let end = self.len();
        let available = MAX_LEN - end;
        if needed > available {
            return Err(WriteFailure::Undone(Error::Full { needed, available }));
        }
        let Some(buffer) = &self.buffer else { return self.write(log, parts, needed) };
        let fits = |room: usize| usize::try_from(needed).is_ok_and(|needed| needed <= room);
        // What fills half of a buffer saves no calls worth the copy.
        let is_small = fits(buffer.len_max / 2);
        if !is_small || !fits(buffer.len_max - buffer.len) {
            self.flush(log).map_err(|failure| failure.of_a_write(needed, self.buffered()))?;
        }
        match &mut self.buffer {
            Some(buffer) if is_small => {
                buffer.bytes.push(parts);
                // It fits, so it is a usize.
                buffer.len += needed as usize;
                self.extent.set_len(end + needed);
                Ok(())
            }
            _ => self.write(log, parts, needed),
        }
    }

    /// Writes what waits in the buffer. What could not be written continues to wait.
    pub(crate) fn flush(&mut self, log: &LogFile) -> Result<(), WriteFailure> {
        let Some(buffer) = self.buffer.as_mut().filter(|buffer| buffer.len > 0) else { return Ok(()) };
        let pieces = buffer.bytes.pieces();
        let needed = buffer.len as u64;
        let parts: Vec<_> = pieces.iter().map(|(_, bytes)| IoSlice::new(bytes)).collect();
        self.write_to_file(log, &parts, needed)?;
        if let Some(buffer) = &mut self.buffer {
            buffer.bytes.release(self.extent.len());
            buffer.len = 0;
        }
        Ok(())
    }

    /// Forgets what waits in the buffer, if all of it follows the first `len` bytes. Returns whether it does.
    pub(crate) fn discard_after(&mut self, len: u64) -> bool {
        let in_file = self.len_in_file();
        if len > in_file {
            return false;
        }
        self.extent.truncate(in_file);
        if let Some(buffer) = &mut self.buffer {
            buffer.bytes.truncate(in_file);
            buffer.len = 0;
        }
        true
    }

    /// Appends to the file; the buffer is empty.
    fn write(&mut self, log: &LogFile, parts: &[IoSlice<'_>], needed: u64) -> Result<(), WriteFailure> {
        self.write_to_file(log, parts, needed)?;
        let end = self.extent.len() + needed;
        if let Some(buffer) = &self.buffer {
            // It is to begin where the file ends.
            buffer.bytes.truncate(end);
            buffer.bytes.release(end);
        }
        self.extent.set_len(end);
        Ok(())
    }

    /// Writes after what the file has of the log.
    fn write_to_file(&mut self, log: &LogFile, parts: &[IoSlice<'_>], needed: u64) -> Result<(), WriteFailure> {
        let offset = self.len_in_file();
        // Before the write, as one that fails has changed the file too.
        self.is_changed = true;
        let Err(source) = write_all_at(&*log.system, &log.file, parts, offset, &mut self.writeback) else {
            self.file_len = self.file_len.max(offset + needed);
            return Ok(());
        };
        match log.undo_write(offset) {
            Ok(()) => {
                self.file_len = offset;
                self.writeback.cut(offset);
                Err(WriteFailure::Undone(log.write_failure(offset, needed, source)))
            }
            Err(undoing) => {
                let both = format!("{undoing}, while undoing a write that had failed: {source}");
                let source = io::Error::new(undoing.kind(), both);
                Err(WriteFailure::Lost(Error::io_at(IoCall::UndoWrite, log.path(), offset, source)))
            }
        }
    }

    /// Reads at `offset`, and sees no more than readers do.
    pub(crate) fn read(&self, log: &LogFile, buf: &mut [u8], offset: u64) -> Result<usize> {
        let ended = self.extent.check();
        let end = if ended.is_err() { self.extent.durable_len().min(self.extent.len()) } else { self.extent.len() };
        if offset > end {
            ended?;
        }
        let rest = end.saturating_sub(offset);
        let readable = usize::try_from(rest).map_or(buf.len(), |rest| rest.min(buf.len()));
        read_log(log, self.buffer.as_ref().map(|buffer| &buffer.view), &mut buf[..readable], offset)
    }

    /// Cuts the log and the file to `len` bytes; the buffer is empty.
    pub(crate) fn cut(&mut self, log: &LogFile, len: u64) -> Result<()> {
        let (end, durable_len) = (self.extent.len(), self.extent.durable_len());
        self.is_changed = true;
        // The readers first, so that none takes the place of a cut byte for the log's.
        self.extent.truncate(len);
        if let Err(source) = log.system.set_len(&log.file, len) {
            self.extent.set_len(end);
            self.extent.set_durable(durable_len);
            return Err(Error::io_at(IoCall::Truncate, log.path(), len, source));
        }
        if let Some(buffer) = &self.buffer {
            buffer.bytes.truncate(len);
        }
        self.file_len = len;
        self.called_len = self.called_len.min(len);
        self.writeback.cut(len);
        Ok(())
    }
}
