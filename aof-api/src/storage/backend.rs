//! The contract between a log and its storage, as traits.

use crate::storage::error::Result;
use std::future::Future;
use std::io::IoSlice;

/// The largest write that a backend must take or refuse with [`Error::Full`](crate::Error::Full), in bytes (**B1**).
pub const WRITE_LEN_MAX: usize = 65 << 20;

/// The longest note of a checkpoint, in bytes (**B14**).
pub const NOTE_LEN_MAX: usize = 256;

/// A read cursor over the bytes of a log.
///
/// Half of the contract: every [`AofBackend`] is one too, and so is every reader that a backend makes. Offsets count
/// from the first byte ever written, and never change their meaning. The numbers in bold are those of the
/// [promises](crate::storage).
pub trait AofRead: Send {
    /// Puts the cursor at `offset`, in bytes.
    ///
    /// Any `u64` is allowed (**B5**); an offset past the end is no error, and the end does not move (**B2**). After a
    /// dropped future the cursor is unspecified: seek again (**B9**).
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](crate::Error::Closed) on a backend that was closed.
    fn seek(&mut self, offset: u64) -> impl Future<Output = Result<()>> + Send;

    /// Reads up to `buf.len()` bytes at the cursor into `buf`, moves the cursor past them, and returns how many.
    ///
    /// Returns 0 only at or past the end, or for an empty `buf`; it may return less than `buf.len()` anywhere (**B4**).
    /// Sees every write that returned before the read began (**B3**). After a dropped future the cursor and the contents
    /// of `buf` are unspecified (**B9**).
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crate::Error::Io) with the offset at which reading failed; the cursor stays, and seeking past the
    /// place and reading on is allowed. [`Error::Pruned`](crate::Error::Pruned) below [`start`](AofRead::start).
    /// [`Error::Truncated`](crate::Error::Truncated) where the log was cut at or below the cursor after this reader was
    /// made. [`Error::Fenced`](crate::Error::Fenced), [`Error::Poisoned`](crate::Error::Poisoned) and
    /// [`Error::Closed`](crate::Error::Closed) past what the writer of this reader made durable (**B3**, **B7**).
    fn read(&mut self, buf: &mut [u8]) -> impl Future<Output = Result<usize>> + Send;

    /// Returns the first offset that is still held; 0 until the log is pruned (**B13**).
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crate::Error::Io) where the storage cannot say; [`Error::Closed`](crate::Error::Closed) on a backend
    /// that was closed.
    fn start(&mut self) -> impl Future<Output = Result<u64>> + Send;

    /// Returns where the log ends now, as far as this cursor can see.
    ///
    /// # Errors
    ///
    /// As [`start`](AofRead::start).
    fn end(&mut self) -> impl Future<Output = Result<u64>> + Send;

    /// Waits until the log ends beyond `end`, and returns where (**B15**).
    ///
    /// # Errors
    ///
    /// Only where [`end`](AofRead::end) is not above `end`: [`Error::Truncated`](crate::Error::Truncated),
    /// [`Error::Fenced`](crate::Error::Fenced), [`Error::Poisoned`](crate::Error::Poisoned),
    /// [`Error::Pruned`](crate::Error::Pruned), [`Error::Closed`](crate::Error::Closed) when the writer is gone, and
    /// [`Error::Unsupported`](crate::Error::Unsupported) on a backend itself.
    fn changed(&mut self, end: u64) -> impl Future<Output = Result<u64>> + Send;

    /// Returns the first offset, at or after `offset`, at which the storage may hold anything but zeros, at most
    /// [`end`](AofRead::end); so the holes of a sparse file need not be read. The cursor does not move.
    ///
    /// A hint, with a default, which returns `offset`: a storage without holes has nothing to add, and a wrapper that does
    /// not pass it on is slower and never wrong.
    ///
    /// # Errors
    ///
    /// As [`start`](AofRead::start).
    fn next_data(&mut self, offset: u64) -> impl Future<Output = Result<u64>> + Send {
        std::future::ready(Ok(offset))
    }

    /// Returns the last offset, at or before `offset`, at which the storage divided the log, so that an entry begins
    /// there, or will at the end ([**B14**](crate::storage)); [`start`](AofRead::start) where it knows no other. The
    /// cursor does not move, and nothing is read.
    ///
    /// A hint, with a default, which returns [`start`](AofRead::start): with it, a search in a log of many pieces reads the
    /// first header of a piece instead of looking for one in the middle of its entries. A wrapper that does not pass it on
    /// is slower and never wrong. These two hints are the only methods with a default.
    ///
    /// # Errors
    ///
    /// As [`start`](AofRead::start).
    fn boundary(&mut self, offset: u64) -> impl Future<Output = Result<u64>> + Send {
        let _ = offset;
        self.start()
    }
}

/// Storage for one log: a read cursor, and one end to append to.
///
/// The trait with seek, read, write and checkpoint; [`seek`](AofRead::seek) and [`read`](AofRead::read) are in the
/// supertrait [`AofRead`], so that a reader has them without the rest. Generic callers pay nothing for the `async`: the
/// futures of memory and files are ready at the first poll, except a checkpoint that a helper thread makes. To choose a
/// backend at run time, use [`Box<dyn DynAofBackend>`](crate::DynAofBackend), which is itself an `AofBackend`. For a
/// storage whose calls block, [`Simple`](crate::storage::simple::Simple) makes a backend of five methods.
///
/// The [promises](crate::storage) B1 to B16 say what each call does. No method of this trait has a default: a wrapper that forgets
/// one must not compile.
#[allow(clippy::len_without_is_empty, reason = "`is_empty` is in the extension trait: no default methods here")]
pub trait AofBackend: AofRead {
    /// The cursor that [`reader`](AofBackend::reader) makes; it borrows nothing.
    type Reader: AofRead + 'static;

    /// A durability barrier under way. It borrows nothing, so that writing continues meanwhile.
    type Checkpoint: Future<Output = Result<u64>> + Send + 'static;

    /// Appends all of `parts`, in order and without gaps, at the end, and returns the offset of the first byte.
    ///
    /// Durable on return: nothing; see [`checkpoint`](AofBackend::checkpoint). All or nothing (**B1**), the read cursor
    /// does not move (**B2**), every reader sees the bytes (**B3**), also where the future is dropped after it accepted
    /// them, which [`len`](AofBackend::len) shows (**B9**).
    ///
    /// # Errors
    ///
    /// [`Error::Full`](crate::Error::Full) where there is no room: nothing was appended, and reads and checkpoints still
    /// work (**B12**). [`Error::Io`](crate::Error::Io) where the storage failed and the length is what it was.
    /// [`Error::Poisoned`](crate::Error::Poisoned), [`Error::Fenced`](crate::Error::Fenced) (**B7**, **B10**) and
    /// [`Error::Closed`](crate::Error::Closed).
    fn write(&mut self, parts: &[IoSlice<'_>]) -> impl Future<Output = Result<u64>> + Send;

    /// Begins the durability barrier: its future resolves once everything written before this call survives a crash, to
    /// the number of bytes from the beginning that do. It discards nothing (elsewhere the word means recycling a log).
    ///
    /// `note` is at most [`NOTE_LEN_MAX`] bytes that the storage may keep with the checkpoint; an empty one is none. A
    /// note says that an entry ends here (**B14**). Writing continues while the future is under way, and further
    /// checkpoints may be called; **B6** says in which order they resolve.
    ///
    /// # Errors
    ///
    /// Of the future: any failure poisons the backend, except [`Error::Moved`](crate::Error::Moved),
    /// [`Error::Fenced`](crate::Error::Fenced) and [`Error::Full`](crate::Error::Full) before a sync (**B7**).
    /// [`Error::TooLarge`](crate::Error::TooLarge) for a note that is too long; nothing changed.
    fn checkpoint(&mut self, note: &[u8]) -> Self::Checkpoint;

    /// Cuts the log to its first `len` bytes; the cut is durable on return (**B8**).
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) where `len` is past the end or below the start; nothing changed.
    /// [`Error::Unsupported`](crate::Error::Unsupported) from a storage on which nothing can ever be torn. Other failures
    /// poison the backend.
    fn truncate(&mut self, len: u64) -> impl Future<Output = Result<()>> + Send;

    /// Gives the storage of the bytes below `to` back, as far as it can, and returns the new start (**B13**).
    ///
    /// Durable on return: the new start.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) where `to` is above [`durable_len`](AofBackend::durable_len);
    /// nothing changed. [`Error::Unsupported`](crate::Error::Unsupported) from a storage that cannot give anything back.
    fn prune(&mut self, to: u64) -> impl Future<Output = Result<u64>> + Send;

    /// Makes a reader with a cursor of its own, at the start of the log, that continues while the log is written
    /// (**B3**).
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crate::Error::Io) where the storage cannot make one; [`Error::Closed`](crate::Error::Closed) after a
    /// close.
    fn reader(&mut self) -> impl Future<Output = Result<Self::Reader>> + Send;

    /// Gives the log up: checkpoints under way are driven to their end, and the lock is gone on return, with an error too
    /// (**B10**).
    ///
    /// Durable on return: what a checkpoint made so; closing is no checkpoint. Later calls fail with
    /// [`Error::Closed`](crate::Error::Closed); a second close is no error. Readers live on.
    ///
    /// # Errors
    ///
    /// The failure of what was driven.
    fn close(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// The offset of the end of the log, durable or not; of a pruned log, this is not how many bytes are held (**B2**).
    fn len(&self) -> u64;

    /// How many bytes from the beginning are known to survive a crash (**B6**, **B7**).
    fn durable_len(&self) -> u64;

    /// The newest note that opening found, with the number of bytes that its checkpoint covered (**B14**). It does not
    /// follow later checkpoints.
    fn note(&self) -> Option<(u64, Vec<u8>)>;
}

/// Conveniences over any [`AofRead`].
pub trait AofReadExt: AofRead {
    /// Reads until `buf` is full or the log ends, and returns how many bytes that were.
    ///
    /// # Errors
    ///
    /// As [`AofRead::read`]; how much was read before the error is not reported, but the cursor is past it.
    fn read_all(&mut self, buf: &mut [u8]) -> impl Future<Output = Result<usize>> + Send {
        async move {
            let mut filled = 0;
            while filled < buf.len() {
                match self.read(&mut buf[filled..]).await? {
                    0 => break,
                    count => filled += count,
                }
            }
            Ok(filled)
        }
    }

    /// [`seek`](AofRead::seek), then [`read_all`](AofReadExt::read_all).
    ///
    /// # Errors
    ///
    /// As [`AofRead::read`].
    fn read_all_at(&mut self, offset: u64, buf: &mut [u8]) -> impl Future<Output = Result<usize>> + Send {
        async move {
            self.seek(offset).await?;
            self.read_all(buf).await
        }
    }
}

impl<R: AofRead + ?Sized> AofReadExt for R {}

/// Conveniences over any [`AofBackend`].
pub trait AofBackendExt: AofBackend {
    /// Bytes that were written and are not durable yet.
    fn unflushed(&self) -> u64 {
        self.len().saturating_sub(self.durable_len())
    }

    /// Whether the log holds no bytes: nothing was ever written, or its storage was pruned to the end.
    ///
    /// # Errors
    ///
    /// As [`AofRead::start`].
    fn is_empty(&mut self) -> impl Future<Output = Result<bool>> + Send {
        async move { Ok(self.start().await? == self.len()) }
    }
}

impl<B: AofBackend + ?Sized> AofBackendExt for B {}

impl<R: AofRead + ?Sized> AofRead for &mut R {
    fn seek(&mut self, offset: u64) -> impl Future<Output = Result<()>> + Send {
        (**self).seek(offset)
    }

    fn read(&mut self, buf: &mut [u8]) -> impl Future<Output = Result<usize>> + Send {
        (**self).read(buf)
    }

    fn start(&mut self) -> impl Future<Output = Result<u64>> + Send {
        (**self).start()
    }

    fn end(&mut self) -> impl Future<Output = Result<u64>> + Send {
        (**self).end()
    }

    fn changed(&mut self, end: u64) -> impl Future<Output = Result<u64>> + Send {
        (**self).changed(end)
    }

    fn next_data(&mut self, offset: u64) -> impl Future<Output = Result<u64>> + Send {
        (**self).next_data(offset)
    }

    fn boundary(&mut self, offset: u64) -> impl Future<Output = Result<u64>> + Send {
        (**self).boundary(offset)
    }
}
