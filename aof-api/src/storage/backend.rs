//! The contract between a log and its storage: what a backend promises, B1 to B12.

use crate::storage::error::Result;
use std::future::Future;
use std::io::IoSlice;

/// A read cursor over the bytes of a log.
///
/// Half of the contract: every [`AofBackend`] is one too, and so is every reader that a backend makes.
pub trait AofRead: Send {
    /// Puts the cursor at `offset`, in bytes from the beginning.
    ///
    /// **B5.** Any `u64` will do; an offset behind the end is no error, and no arithmetic wraps. **B2.** The end of the
    /// log does not move. **B9.** When the future is dropped, the cursor is unspecified: seek again.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](crate::Error::Closed) after a close.
    fn seek(&mut self, offset: u64) -> impl Future<Output = Result<()>> + Send;

    /// Reads up to `buf.len()` bytes at the cursor into `buf`, moves the cursor behind them, and answers how many.
    ///
    /// **B4.** The answer is 0 only at or past the end, or for an empty `buf`; it may be less than `buf.len()`
    /// anywhere. **B3.** Everything that was written before on the same backend, or before a reader was made, is seen; a
    /// reader sees a prefix of what was written later, never anything else. **B9.** When the future is dropped, the
    /// cursor and the contents of `buf` are unspecified.
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crate::Error::Io) with the offset at which reading failed; the cursor stays, and seeking behind
    /// the place and reading on is allowed. [`Error::Truncated`](crate::Error::Truncated) when the log was cut below
    /// the cursor after this reader was made. [`Error::Closed`](crate::Error::Closed) after a close.
    fn read(&mut self, buf: &mut [u8]) -> impl Future<Output = Result<usize>> + Send;

    /// Where the log ends now, in bytes, as far as this cursor can see.
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crate::Error::Io) when the storage cannot say; [`Error::Closed`](crate::Error::Closed) after a
    /// close.
    fn end(&mut self) -> impl Future<Output = Result<u64>> + Send;
}

/// Storage for one log: a read cursor, and one end to append to.
///
/// The trait with seek, read, write and checkpoint; [`seek`](AofRead::seek) and [`read`](AofRead::read) stand in the
/// supertrait [`AofRead`], so that a reader can have them without the rest. Generic callers pay nothing for the
/// `async`: futures of memory and files are ready at the first poll, save a checkpoint that is made on a helper thread.
/// To choose a backend at run time, use [`Box<dyn DynAofBackend>`](crate::DynAofBackend), which is itself an
/// `AofBackend`.
///
/// The promises are numbered, and the conformance suite in `aof-testkit` cites the numbers. What is not tied to one
/// method:
///
/// - **B7.** After a failed `write` the length is what it was, or the backend is poisoned. After a failed `checkpoint`
///   or `truncate` it is poisoned: `durable_len` stays, and every later write and checkpoint answers
///   [`Poisoned`](crate::Error::Poisoned) until the log is opened anew. Three failures do not poison:
///   [`Fenced`](crate::Error::Fenced), which stays; [`Moved`](crate::Error::Moved), where the bytes are durable; and
///   [`Full`](crate::Error::Full) found before a sync was issued. An opening does not trust the page cache.
/// - **B10.** One log has one writer. A second one is refused at once with [`Locked`](crate::Error::Locked), or the
///   first is fenced off with [`Fenced`](crate::Error::Fenced). Nothing waits for a lock. The lock is gone when `close`
///   returns or the backend is dropped, also while readers live.
/// - **B11.** After a crash and a new opening, the log holds the first `durable_len` bytes exactly, then possibly some
///   of the later bytes, possibly damaged, possibly with holes.
///
/// No method has a default: a wrapper that forgets one must not compile.
#[allow(clippy::len_without_is_empty, reason = "`is_empty` stands in the extension trait: no default methods here")]
pub trait AofBackend: AofRead {
    /// What [`reader`](AofBackend::reader) makes: a cursor of its own that borrows nothing.
    type Reader: AofRead + 'static;

    /// Appends all of `parts`, in their order and without gaps, at the end, and answers the offset of the first byte,
    /// which is [`len`](AofBackend::len) from before.
    ///
    /// Durable on return: nothing; see [`checkpoint`](AofBackend::checkpoint).
    ///
    /// **B1.** All or nothing. **B2.** The read cursor does not move. **B3.** On return, reads on this backend and
    /// readers made later see the bytes. **B9.** Dropping the future leaves all or nothing too, and `len` says which as
    /// soon as the drop returns, so an implementation accepts the bytes within one poll.
    ///
    /// # Errors
    ///
    /// **B12.** [`Full`](crate::Error::Full) when there is no room: nothing was appended, reads and checkpoints still
    /// work. [`Io`](crate::Error::Io) when the storage failed and the length is what it was.
    /// [`Poisoned`](crate::Error::Poisoned) and [`Fenced`](crate::Error::Fenced) as in **B7** and **B10**;
    /// [`Closed`](crate::Error::Closed) after a close.
    fn write(&mut self, parts: &[IoSlice<'_>]) -> impl Future<Output = Result<u64>> + Send;

    /// The durability barrier: makes everything written before the call survive a crash, and answers how many bytes
    /// from the beginning do. It discards nothing (elsewhere the word means recycling a log; here it does not).
    ///
    /// **B6.** On `Ok(n)`, the first `n` bytes are durable, which are at least all that were written before the call,
    /// and [`durable_len`](AofBackend::durable_len) is `n`. **B9.** Dropping the future loses nothing that was
    /// written; what it started goes on, and the next call joins it and hears of its failure.
    ///
    /// # Errors
    ///
    /// Any failure poisons the backend, save those that **B7** lists: a second sync that succeeds would prove nothing.
    fn checkpoint(&mut self) -> impl Future<Output = Result<u64>> + Send;

    /// Cuts the log to its first `len` bytes; the cut is durable on return.
    ///
    /// **B8.** On return `len()` and `durable_len()` are both `len`, and the cut bytes never come back. **B3.** A
    /// reader made before is good below the cut; above it, it answers [`Truncated`](crate::Error::Truncated), never the
    /// cut bytes. **B9.** Dropping the future leaves the old or the new length, or a poisoned backend.
    ///
    /// # Errors
    ///
    /// [`OutOfBounds`](crate::Error::OutOfBounds) when `len` is behind the end; nothing changed.
    /// [`Unsupported`](crate::Error::Unsupported) from a backend on which nothing can ever be torn. Other failures
    /// poison the backend.
    fn truncate(&mut self, len: u64) -> impl Future<Output = Result<()>> + Send;

    /// Makes a reader with a cursor of its own, at offset 0, that goes on while the log is written.
    ///
    /// **B3.** It sees everything written before the call.
    ///
    /// # Errors
    ///
    /// [`Io`](crate::Error::Io) when the storage cannot make one; [`Closed`](crate::Error::Closed) after a close.
    fn reader(&mut self) -> impl Future<Output = Result<Self::Reader>> + Send;

    /// Gives the log back: what was started is waited for, and the lock is gone on return (**B10**).
    ///
    /// Durable on return: what a checkpoint made so; closing is no checkpoint. Later calls answer
    /// [`Closed`](crate::Error::Closed); a second close is no error. Readers live on.
    ///
    /// # Errors
    ///
    /// The failure of what was waited for. The lock is gone all the same.
    fn close(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// The length of the log in bytes, written or not yet durable.
    fn len(&self) -> u64;

    /// How many bytes from the beginning are known to survive a crash; 0 after an opening, until a checkpoint (**B7**).
    fn durable_len(&self) -> u64;

    /// The start of a write that is known to be whole and durable, with nothing before it in doubt; 0 where that is not
    /// known. An opening reads from here.
    fn recovery_offset(&self) -> u64;
}

/// Conveniences over any [`AofRead`].
pub trait AofReadExt: AofRead {
    /// Reads until `buf` is full or the log ends, and answers how many bytes that were.
    ///
    /// # Errors
    ///
    /// As [`AofRead::read`]; how much was read before the error is not told, but the cursor is behind it.
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

    /// Whether nothing was written.
    fn is_empty(&self) -> bool {
        self.len() == 0
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

    fn end(&mut self) -> impl Future<Output = Result<u64>> + Send {
        (**self).end()
    }
}
