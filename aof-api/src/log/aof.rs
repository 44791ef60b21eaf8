//! The log: one writer, one chain, any storage.

mod append;
mod checkpoint;
mod entries;
pub(crate) mod lending;
mod opening;
mod prune;
mod rotation;
mod write;

pub use rotation::{Seam, Successor};

use crate::chain::rule::Rule;
use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::log::checkpoints::Checkpoints;
use crate::log::filler::Filler;
use crate::log::options::LogOptions;
use crate::log::position::{Position, Positions};
use crate::read::index::SparseIndex;
use crate::storage::backend::{AofBackend, AofBackendExt};
use crate::storage::error::{Error, Quantity, Result};
use crate::validate::{self, Validation, validate};
use futures::future::BoxFuture;
use lending::Lending;

/// A hash-chained append-only log over any [`AofBackend`].
///
/// Dropping the future of any call is allowed: a write is in the log or is not, and the next call knows which.
///
/// ```
/// use aof_api::{Aof, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
/// let first = log.append(Operation(200), b"pay 5 to bob").await?;
/// assert_eq!((first.op, first.offset), (1, 0));
/// log.checkpoint().await?; // durable from here on
///
/// let stopped = MemoryBackend::from_bytes(&log.into_inner().snapshot());
/// let (log, recovery) = Aof::open(stopped, LogOptions::new()).await?;
/// assert_eq!(recovery.entries, 1);
/// assert_eq!(log.tip().unwrap().checksum, first.checksum);
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
///
/// # Blocking
///
/// The log has no thread of its own and calls no system. Its futures compute checksums and copy bytes on the thread that
/// polls them, and do whatever the storage does in a poll: over memory, nothing that waits; over files, reading and
/// writing block the thread, and a checkpoint does unless a helper thread makes it. Opening, validating and reading yield
/// to the executor after each chunk ([`read::Options::chunk_len`](crate::read::Options::chunk_len)), so that other tasks
/// of the thread run between chunks. Where a chunk is too long to wait for, run the call on a thread for blocking work
/// (`tokio::task::spawn_blocking`, with [`log::blocking`](crate::log::blocking) or `futures::executor::block_on`).
pub struct Aof<B> {
    backend: B,
    options: LogOptions,
    /// None until the first entry of a log for any cluster.
    cluster: Option<u128>,
    /// The parent of the first entry that the log ever had; none until there is one.
    root: Option<Checksum>,
    /// The first offset that is held.
    start: u64,
    positions: Positions,
    /// What is known to be durable, in ops.
    checkpoints: Checkpoints,
    index: SparseIndex,
    /// What has to be written after a tail that was kept, before anything else is.
    filler: Option<Filler>,
    /// Damage was kept in the log, so that nobody may divide it or trust a note about it.
    has_damage: bool,
    /// What a handle that lends the log has to know of it.
    lending: Lending,
}

impl<B: AofBackend> Aof<B> {
    /// A new log on an empty backend. It writes nothing: a log is made by its first entry.
    ///
    /// # Errors
    ///
    /// [`Error::NotEmpty`] when the backend holds, or ever held, anything.
    pub async fn create(mut backend: B, options: LogOptions) -> Result<Aof<B>> {
        match (backend.start().await?, backend.len()) {
            (0, 0) => Ok(Aof::new(backend, options)),
            (_, len) => Err(Error::NotEmpty { len }),
        }
    }

    fn new(backend: B, options: LogOptions) -> Aof<B> {
        let cluster = options.cluster;
        let (op, checksum) = options.origin.base(cluster.unwrap_or(0));
        Aof {
            backend,
            options,
            cluster,
            root: None,
            start: 0,
            positions: Positions::new(Position::before(Tip { op, checksum })),
            checkpoints: Checkpoints::new(op),
            index: SparseIndex::default(),
            filler: None,
            has_damage: false,
            lending: Lending::default(),
        }
    }

    /// Validates the log by a reader of its own: [`validate`](crate::validate::validate()).
    ///
    /// # Errors
    ///
    /// [`Error::ChecksumMismatch`] when `expected_tip` is given and is not the checksum of the last entry; the failures
    /// of the backend.
    pub async fn validate(&mut self, rule: Rule, expected_tip: Option<Checksum>) -> Result<Validation> {
        let reader = self.backend.reader().await?;
        validate(reader, validate::Options::new().rule(rule).read(self.options.read), expected_tip).await
    }

    /// The last entry; `None` in an empty log.
    #[must_use]
    pub fn tip(&self) -> Option<Tip> {
        self.positions.at_len(self.backend.len()).tip()
    }

    /// The offset of the end of the log; of a pruned log, this is not how many bytes are held.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.backend.len()
    }

    /// Whether the log has no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tip().is_none()
    }

    /// The first offset that is still held; 0 until the log is [pruned](Aof::prune).
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// How many bytes from the beginning are known to survive a crash.
    #[must_use]
    pub fn durable_len(&self) -> u64 {
        self.backend.durable_len()
    }

    /// Bytes that were written and are not durable yet.
    #[must_use]
    pub fn unflushed(&self) -> u64 {
        self.backend.unflushed()
    }

    /// The storage.
    #[must_use]
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// The storage, for what it can do beside the contract. Do not write to it or truncate it: the log would not know.
    pub fn backend_mut(&mut self) -> &mut B {
        &mut self.backend
    }

    /// The storage, given back as it is: no checkpoint, no close.
    #[must_use]
    pub fn into_inner(self) -> B {
        self.backend
    }

    /// Makes a checkpoint and closes the storage: everything is durable, and the lock is gone, on return.
    ///
    /// # Errors
    ///
    /// The failure of the checkpoint or of the close; the lock is gone all the same.
    pub async fn close(mut self) -> Result<()> {
        let checkpoint = self.checkpoint().await;
        let close = self.backend.close().await;
        checkpoint.and(close)
    }

    /// Whether a write of `size` bytes is within the bounds.
    fn check_room(&self, size: u64) -> Result<()> {
        let (unflushed, limit) = (self.backend.unflushed(), self.options.unflushed_max);
        if size > limit {
            return Err(Error::TooLarge { what: Quantity::Write, size, limit });
        }
        if unflushed.saturating_add(size) > limit {
            return Err(Error::UnflushedMax { unflushed, needed: size, limit });
        }
        Ok(())
    }

    /// Writes what has to follow a kept tail. Where this future is dropped, the next write continues with it.
    ///
    /// Boxed and out of the way, so that the future of every other write stays small.
    #[cold]
    fn fill_up(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            if let Some(filler) = self.filler {
                filler.write(&mut self.backend).await?;
                self.filler = None;
            }
            Ok(())
        })
    }

    fn settle(&mut self) {
        if self.positions.settle(self.backend.len()) {
            let Position { base, is_linear, .. } = self.positions.now();
            if *is_linear {
                self.index.skip_to(base.op.saturating_add(1));
            }
        }
        // A first write that did not happen decides nothing.
        if !self.positions.now().is_written {
            self.cluster = self.options.cluster;
            self.root = None;
        }
    }
}
