//! A backend of five blocking methods.

use crate::storage::backend::{AofBackend, AofRead, NOTE_LEN_MAX};
use crate::storage::error::{Error, Quantity, Result};
use crate::storage::extent::{Extent, ExtentView};
use std::fmt;
use std::future::{Ready, ready};
use std::io::IoSlice;
use std::sync::Arc;

/// What a storage must be able to do to become a backend by [`Simple`]: five methods that block.
///
/// [`Simple`] never runs two of [`append`](SimpleStore::append), [`sync`](SimpleStore::sync) and
/// [`cut`](SimpleStore::cut) at once, but [`read_at`](SimpleStore::read_at) beside any of them, for bytes that were
/// appended before and are not being cut.
///
/// The constructor of the storage takes the lock of the log (**B10**): it fails with [`Error::Locked`] where there is
/// another writer. Dropping the storage gives the lock back, which happens when the backend and its last reader are gone.
pub trait SimpleStore: Send + Sync + 'static {
    /// Reads at least one and up to `buf.len()` bytes at `offset` into `buf`, and returns how many. The bytes asked for
    /// were appended before.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where they cannot be read.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize>;

    /// Appends all of `parts` at `at`, which is the end, or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] where there is no room, [`Error::Io`] otherwise. What was appended nevertheless is then taken back
    /// by [`cut`](SimpleStore::cut).
    fn append(&self, at: u64, parts: &[IoSlice<'_>]) -> Result<()>;

    /// Makes everything that was appended survive a crash.
    ///
    /// # Errors
    ///
    /// Any error ends the writer: the log must be opened again.
    fn sync(&self) -> Result<()>;

    /// Cuts the log to its first `len` bytes; these, and the cut, survive a crash on return. A `len` that is the end cuts
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`], always, from a storage that a crash can never leave with a part of an append. Any other
    /// error ends the writer.
    fn cut(&self, len: u64) -> Result<()>;

    /// The number of bytes that are held, asked once when the log is opened.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where the storage cannot say.
    fn len(&self) -> Result<u64>;

    /// Whether the storage holds no bytes.
    ///
    /// # Errors
    ///
    /// As [`len`](SimpleStore::len).
    fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// A backend over a storage of five blocking methods.
///
/// Every call blocks while the storage works, a checkpoint at its call: fine for an embedded database or a test, and in an
/// async program on a thread for blocking work. Bounds, cuts, waking and poison are handled here. The storage is never
/// pruned and keeps no note.
///
/// ```
/// use aof_api::storage::simple::{Simple, SimpleStore};
/// use aof_api::{Aof, LogOptions, Operation, Result};
/// use std::io::IoSlice;
/// use std::sync::Mutex;
///
/// #[derive(Default)]
/// struct Bytes(Mutex<Vec<u8>>);
///
/// impl SimpleStore for Bytes {
///     fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
///         let bytes = self.0.lock().unwrap();
///         let there = &bytes[offset as usize..];
///         let count = there.len().min(buf.len());
///         buf[..count].copy_from_slice(&there[..count]);
///         Ok(count)
///     }
///
///     fn append(&self, _at: u64, parts: &[IoSlice<'_>]) -> Result<()> {
///         let mut bytes = self.0.lock().unwrap();
///         parts.iter().for_each(|part| bytes.extend_from_slice(part));
///         Ok(())
///     }
///
///     fn sync(&self) -> Result<()> {
///         Ok(())
///     }
///
///     fn cut(&self, len: u64) -> Result<()> {
///         self.0.lock().unwrap().truncate(len as usize);
///         Ok(())
///     }
///
///     fn len(&self) -> Result<u64> {
///         Ok(self.0.lock().unwrap().len() as u64)
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(Simple::new(Bytes::default())?, LogOptions::new()).await?;
/// log.append(Operation(200), b"in five methods").await?;
/// log.checkpoint().await?;
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
pub struct Simple<S> {
    /// None once it is closed.
    store: Option<Arc<S>>,
    extent: Extent,
    cursor: u64,
}

impl<S: SimpleStore> Simple<S> {
    /// A backend over `store`, which may hold a log already.
    ///
    /// # Errors
    ///
    /// Those of [`SimpleStore::len`].
    pub fn new(store: S) -> Result<Simple<S>> {
        let len = store.len()?;
        Ok(Simple { store: Some(Arc::new(store)), extent: Extent::new(len), cursor: 0 })
    }

    /// The storage; `None` after a close.
    #[must_use]
    pub fn store(&self) -> Option<&S> {
        self.store.as_deref()
    }

    fn opened(&self) -> Result<&Arc<S>> {
        self.store.as_ref().ok_or(Error::Closed)
    }

    /// The storage, for what changes it.
    fn writable(&self) -> Result<&Arc<S>> {
        self.extent.check()?;
        self.opened()
    }

    fn append(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        let store = self.writable()?;
        let offset = self.extent.len();
        let added: u64 = parts.iter().map(|part| part.len() as u64).sum();
        if added == 0 {
            return Ok(offset);
        }
        let end = offset.checked_add(added).ok_or(Error::Full { needed: added, available: u64::MAX - offset })?;
        match store.append(offset, parts) {
            Ok(()) => {
                self.extent.set_len(end);
                Ok(offset)
            }
            Err(failure) => match store.cut(offset) {
                Ok(()) => Err(failure),
                Err(_) => Err(self.extent.poison(&failure)),
            },
        }
    }

    fn sync(&mut self, note: &[u8]) -> Result<u64> {
        if note.len() > NOTE_LEN_MAX {
            let (size, limit) = (note.len() as u64, NOTE_LEN_MAX as u64);
            return Err(Error::TooLarge { what: Quantity::Note, size, limit });
        }
        match self.writable()?.sync() {
            Ok(()) => {
                let len = self.extent.len();
                self.extent.set_durable(len);
                Ok(len)
            }
            Err(failure) => {
                self.extent.poison(&failure);
                Err(failure)
            }
        }
    }

    fn cut(&mut self, len: u64) -> Result<()> {
        let store = Arc::clone(self.writable()?);
        let end = self.extent.len();
        // A storage that cannot cut says so for any length, before the readers hear of a cut.
        self.settle_cut(&store, end)?;
        if len > end {
            return Err(Error::OutOfBounds { offset: len, len: end });
        }
        if len < end {
            self.extent.truncate(len);
            self.settle_cut(&store, len)?;
        }
        Ok(())
    }

    fn settle_cut(&mut self, store: &S, len: u64) -> Result<()> {
        match store.cut(len) {
            Ok(()) => {
                self.extent.set_durable(len);
                Ok(())
            }
            Err(unsupported @ Error::Unsupported { .. }) => Err(unsupported),
            Err(failure) => {
                self.extent.poison(&failure);
                Err(failure)
            }
        }
    }
}

impl<S: SimpleStore> AofRead for Simple<S> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.opened()?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let store = self.opened()?;
        let there = self.extent.len().saturating_sub(self.cursor);
        let wanted = usize::try_from(there).map_or(buf.len(), |there| there.min(buf.len()));
        if wanted == 0 {
            return Ok(0);
        }
        if self.cursor >= self.extent.durable_len() {
            self.extent.check()?;
        }
        let count = store.read_at(self.cursor, &mut buf[..wanted])?;
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        self.opened().map(|_| 0)
    }

    async fn end(&mut self) -> Result<u64> {
        self.opened().map(|_| self.extent.len())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.opened()?;
        match self.extent.len() {
            len if len > end => Ok(len),
            _ => Err(Error::Unsupported { what: "waiting on the backend itself, which nobody else can write," }),
        }
    }
}

impl<S: SimpleStore> AofBackend for Simple<S> {
    type Reader = SimpleReader<S>;
    type Checkpoint = Ready<Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.append(parts)
    }

    fn checkpoint(&mut self, note: &[u8]) -> Ready<Result<u64>> {
        ready(self.sync(note))
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.cut(len)
    }

    async fn prune(&mut self, _to: u64) -> Result<u64> {
        self.writable()?;
        Err(Error::Unsupported { what: "pruning" })
    }

    async fn reader(&mut self) -> Result<SimpleReader<S>> {
        let store = Arc::clone(self.opened()?);
        Ok(SimpleReader { store, view: self.extent.view(), cursor: 0 })
    }

    async fn close(&mut self) -> Result<()> {
        self.extent.close();
        self.store = None;
        Ok(())
    }

    fn len(&self) -> u64 {
        self.extent.len()
    }

    fn durable_len(&self) -> u64 {
        self.extent.durable_len()
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        None
    }
}

impl<S> fmt::Debug for Simple<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simple").field("extent", &self.extent).finish_non_exhaustive()
    }
}

/// A reader of a [`Simple`] backend.
pub struct SimpleReader<S> {
    store: Arc<S>,
    view: ExtentView,
    cursor: u64,
}

impl<S: SimpleStore> AofRead for SimpleReader<S> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let wanted = self.view.readable(self.cursor, buf.len())?;
        if wanted == 0 {
            return Ok(0);
        }
        let read = self.store.read_at(self.cursor, &mut buf[..wanted]);
        // A cut may have come in between; then that is the reason for whatever was read, an error too.
        let readable = self.view.readable(self.cursor, wanted)?;
        let count = read?.min(readable);
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(0)
    }

    async fn end(&mut self) -> Result<u64> {
        Ok(self.view.end())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.view.changed(end).await
    }
}

impl<S> fmt::Debug for SimpleReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleReader").field("cursor", &self.cursor).finish_non_exhaustive()
    }
}
