//! The backend: accepts writes into memory, cuts them into chunks, and leaves the PUTs to its thread.

mod accept;
mod compaction;
mod retention;

use crate::checkpoint::ObjectCheckpoint;
use crate::chunk::Note;
use crate::core::Core;
use crate::manifest::Manifest;
use crate::open::Opened;
use crate::options::Options;
use crate::reader::ObjectReader;
use crate::requests::Requests;
use crate::runtime::Runtime;
use crate::writer::{Progress, Queue, Settled, Uploader};
use aof_api::storage::IoCall;
use aof_api::storage::extent::Extent;
use aof_api::storage::unflushed::Unflushed;
use aof_api::{AofBackend, AofRead, Error, Result};
use object_store::ObjectStore;
use object_store::path::Path;
use std::io::{self, IoSlice};
use std::sync::{Arc, RwLock};
use tokio::sync::{Mutex, watch};

/// A log on an object store, opened for writing.
///
/// Writes are accepted in memory; a [`checkpoint`](AofBackend::checkpoint) is durable when the PUT of its last chunk has
/// succeeded. Another writer that opens the log takes it over: then checkpoints fail with [`Error::Fenced`]. Its requests
/// run on a thread of its own, and its futures on any executor.
///
/// ```
/// use aof_api::{Aof, LogOptions, Operation};
/// use aof_object_store::{ObjectStoreBackend, Options};
/// use object_store::memory::InMemory;
/// use std::sync::Arc;
///
/// # futures::executor::block_on(async {
/// let store = Arc::new(InMemory::new());
/// let backend = ObjectStoreBackend::open(store.clone(), "logs/payments", Options::new()).await?;
/// let mut log = Aof::create(backend, LogOptions::new()).await?;
/// log.append(Operation(200), b"pay 5 to bob").await?;
/// log.checkpoint().await?;
/// log.close().await?;
///
/// // The newest chunk says where to begin reading, whatever the length of the log.
/// let backend = ObjectStoreBackend::open(store, "logs/payments", Options::new().take_over()).await?;
/// let (log, recovery) = Aof::open(backend, LogOptions::new()).await?;
/// assert_eq!(log.tip().map(|tip| tip.op), Some(1));
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct ObjectStoreBackend {
    core: Arc<Core>,
    /// The requests of the writer, which end when it is dropped.
    writing: Arc<Requests>,
    extent: Extent,
    unflushed: Arc<Unflushed>,
    queue: Arc<Queue>,
    progress: Progress,
    /// The newest manifest; held, on the thread of the requests, by what replaces it.
    manifest: Arc<Mutex<Manifest>>,
    cursor: ObjectReader,
    /// The note that opening found.
    found_note: Option<Note>,
    /// The note of the newest cut, or the one that opening found.
    newest_note: Option<Note>,
    /// Where the newest cut ends, and its number.
    cut_to: u64,
    cut_id: u64,
    is_closed: bool,
}

/// A prefix as a path of the store.
pub(crate) fn prefix(text: &str) -> Result<Path> {
    Path::parse(text).map_err(|error| {
        let source = io::Error::new(io::ErrorKind::InvalidInput, error);
        Error::io_at(IoCall::Open, std::path::Path::new(text), 0, source)
    })
}

impl ObjectStoreBackend {
    /// Opens the log below `prefix` for writing, or makes one there.
    ///
    /// Durable on return: the opening itself, which fences off any earlier writer. `store` must create objects only where
    /// there is none (`PutMode::Create`); that is tried first.
    ///
    /// Requests: two LISTs (of the chunks, a page for each 1,000), five GETs and three PUTs.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] where the log is not idle and [`Options::mode`] asks for that; [`Error::Fenced`] where another
    /// opening was faster; [`Error::Unsupported`] for a store that replaces what is there; [`Error::Io`] for requests that
    /// failed until the [deadline](Options::deadline), and for objects that are damaged or missing.
    pub async fn open(
        store: Arc<dyn ObjectStore>,
        prefix: impl AsRef<str>,
        options: Options,
    ) -> Result<ObjectStoreBackend> {
        let runtime = Runtime::start()?;
        let prefix = self::prefix(prefix.as_ref())?;
        let writing = Arc::new(Requests::new(Arc::clone(&store), prefix.clone(), options.clone()));
        let taking = Arc::clone(&writing);
        let opened = runtime.run_while_wanted(async move { taking.take().await }).await?;
        let reading = Arc::new(Requests::new(store, prefix, options));
        Ok(ObjectStoreBackend::new(runtime, writing, reading, opened))
    }

    fn new(runtime: Arc<Runtime>, writing: Arc<Requests>, reading: Arc<Requests>, opened: Opened) -> Self {
        let Opened { writer, manifest, index, previous, note } = opened;
        let (start, len) = (index.start(), index.end());
        let mut extent = Extent::starting_at(start, len);
        // An object that can be read is durable.
        extent.set_durable(len);
        let core = Arc::new(Core { requests: reading, runtime, index: Arc::new(RwLock::new(index)) });
        // A piece is a chunk where the log is written faster than it is put.
        let unflushed = Unflushed::in_pieces(len, writing.options.chunk_len);
        let (unflushed, queue) = (Arc::new(unflushed), Arc::new(Queue::default()));
        let (settled, settling) = watch::channel(Settled { cut: 0, durable: len, ended: None });
        let uploader = Uploader {
            requests: Arc::clone(&writing),
            queue: Arc::clone(&queue),
            unflushed: Arc::clone(&unflushed),
            index: Arc::clone(&core.index),
            settler: extent.settler(),
            settled,
            writer,
            previous,
            note: note.clone(),
        };
        // Its outcome is heard by the checkpoints.
        drop(core.runtime.run(uploader.run()));
        ObjectStoreBackend {
            cursor: ObjectReader::local(Arc::clone(&core), extent.view(), unflushed.view()),
            core,
            writing,
            extent,
            unflushed,
            queue,
            progress: Progress::new(settling),
            manifest: Arc::new(Mutex::new(manifest)),
            newest_note: note.clone(),
            found_note: note,
            cut_to: len,
            cut_id: 0,
            is_closed: false,
        }
    }

    fn check_open(&self) -> Result<()> {
        if !self.is_closed {
            return Ok(());
        }
        self.extent.check()?;
        Err(Error::Closed)
    }

    fn is_fenced(&self) -> bool {
        matches!(self.extent.check(), Err(Error::Fenced { .. }))
    }

    /// Waits for the checkpoints under way.
    async fn drive(&mut self) -> Result<()> {
        self.progress.cut(self.cut_id).await
    }
}

impl AofRead for ObjectStoreBackend {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.check_open()?;
        self.cursor.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.check_open()?;
        self.cursor.read(buf).await
    }

    async fn start(&mut self) -> Result<u64> {
        self.check_open()?;
        Ok(self.core.index().start())
    }

    async fn end(&mut self) -> Result<u64> {
        self.check_open()?;
        Ok(self.len())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        let now = self.len();
        if now > end {
            return Ok(now);
        }
        self.check_open()?;
        self.extent.check()?;
        Err(Error::Unsupported { what: "waiting on the writer itself, beside which nobody writes," })
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        self.check_open()?;
        Ok(self.core.index().object_before(offset).unwrap_or_else(|| self.extent.start()))
    }
}

impl AofBackend for ObjectStoreBackend {
    type Reader = ObjectReader;
    type Checkpoint = ObjectCheckpoint;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.accept(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> ObjectCheckpoint {
        self.begin_checkpoint(note)
    }

    async fn truncate(&mut self, _: u64) -> Result<()> {
        self.check_open()?;
        self.extent.check()?;
        Err(Error::Unsupported { what: "cutting a log on an object store, on which nothing can be torn," })
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.prune_to(to).await
    }

    async fn reader(&mut self) -> Result<ObjectReader> {
        self.check_open()?;
        Ok(ObjectReader::local(Arc::clone(&self.core), self.extent.view(), self.unflushed.view()))
    }

    async fn close(&mut self) -> Result<()> {
        if self.is_closed {
            return Ok(());
        }
        // What ended the writer was reported by the call that met it.
        let driven = if self.extent.check().is_ok() { self.drive().await } else { Ok(()) };
        self.is_closed = true;
        self.extent.close();
        self.queue.close();
        driven
    }

    fn len(&self) -> u64 {
        if self.is_fenced() { self.extent.durable_len() } else { self.extent.len() }
    }

    fn durable_len(&self) -> u64 {
        self.extent.durable_len()
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.found_note.clone().map(|note| (note.covered, note.bytes))
    }
}

impl Drop for ObjectStoreBackend {
    fn drop(&mut self) {
        // Readers end first; then what was not begun is taken away, and what was begun is not tried again.
        self.extent.close();
        self.queue.close();
        self.writing.abandon();
    }
}
