//! The log: one writer, one chain, any storage.

use crate::chain::rule::Rule;
use crate::chain::tip::Tip;
use crate::format::appended::Appended;
use crate::format::checksum::Checksum;
use crate::format::header::{CHECKPOINT_MARK, COMMAND_PREPARE, Header};
use crate::format::layout::{MAGIC, size_disk};
use crate::format::operation::Operation;
use crate::format::prepare::{Prepare, seal_header};
use crate::log::checkpoints::Checkpoints;
use crate::log::filler::Filler;
use crate::log::options::LogOptions;
use crate::log::position::{Position, Positions};
use crate::log::recovery::{Opened, Recovery, recover};
use crate::read::entries::Entries;
use crate::storage::backend::{AofBackend, AofBackendExt};
use crate::storage::error::{Error, Quantity, Result};
use crate::validate::{self, Validation, validate};
use futures::future::BoxFuture;
use lending::Lending;
use std::io::IoSlice;
use zerocopy::little_endian::{U32, U64, U128};
use zerocopy::{FromZeros, Immutable, IntoBytes};

pub(crate) mod lending;
mod rotation;

/// Writes, and goes on to the next position when that has happened: now, or, where the future is dropped, at the next
/// call. Answers the offset, and, as `?` does, returns from the caller where there is no room or the filler fails.
///
/// No function, because the future of an async one is filled in small pieces, is read in larger ones, and answers in
/// pieces again: each such read waits until the copy of the entry before it has reached the caches, which makes a write
/// to memory half as fast.
macro_rules! accept {
    ($log:ident, $parts:expr, $size:expr) => {{
        let size: u64 = $size;
        $log.check_room(size)?;
        if $log.filler.is_some() {
            $log.fill_up().await?;
        }
        $log.positions.begin($log.backend.len() + size);
        let written = $log.backend.write($parts).await;
        $log.positions.end(written.is_ok());
        written
    }};
}

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
pub struct Aof<B> {
    backend: B,
    options: LogOptions,
    /// None until the first entry of a log for any cluster.
    cluster: Option<u128>,
    positions: Positions,
    /// What is known to be durable, in ops.
    checkpoints: Checkpoints,
    /// What has to stand behind a tail that was kept before anything else does.
    filler: Option<Filler>,
    /// What a handle that lends the log has to know of it.
    lending: Lending,
}

impl<B: AofBackend> Aof<B> {
    /// A new log on an empty backend. It writes nothing: a log is made by its first entry.
    ///
    /// # Errors
    ///
    /// [`Error::NotEmpty`] when the backend holds anything.
    pub async fn create(backend: B, options: LogOptions) -> Result<Aof<B>> {
        match backend.len() {
            0 => Ok(Aof::new(backend, options, None, 0)),
            len => Err(Error::NotEmpty { len }),
        }
    }

    /// Opens the log that the backend holds, which may be empty: reads it from
    /// [`recovery_offset`](AofBackend::recovery_offset) to the end, verifies every entry and the chain
    /// ([`LogOptions::rule`]), deals with a torn tail ([`LogOptions::tail`]), and makes a checkpoint, so that everything that
    /// the log holds on return is durable.
    ///
    /// A crash may keep any part of what was not checkpointed. Entries made by [`append`](Aof::append) say in `commit`
    /// which op the last checkpoint covered, so damage above every such op is a tail that nobody was promised, also
    /// where whole entries stand behind it, and damage at or below one is refused as a loss. For entries made by
    /// [`write`](Aof::write), [`LogOptions::durable_len`] says so. What is cut is in the [`Recovery`].
    ///
    /// Only a writer opens a log. To read or validate one, use [`Entries`] or [`validate`](crate::validate::validate()), which
    /// change nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] for a loss, for something that is no log, and for a tail under
    /// [`Tail::Refuse`](crate::Tail::Refuse); [`Error::ChainBroken`] and [`Error::Forked`] by the rule;
    /// [`Error::WrongCluster`]; [`Error::ChecksumMismatch`] when [`LogOptions::expected_tip`] is not in the log;
    /// [`Error::TooLarge`] for a tail above [`LogOptions::cut_len_max`]. In all these cases nothing was changed. The
    /// failures of the backend.
    pub async fn open(mut backend: B, options: LogOptions) -> Result<(Aof<B>, Recovery)> {
        let Opened { recovery, cluster, op_max, timestamp, filler } = recover(&mut backend, &options).await?;
        backend.checkpoint(&[]).await?;
        let mut log = Aof::new(backend, options, cluster, timestamp);
        if let Some(tip) = recovery.tip {
            log.positions = Positions::new(Position { base: tip, op_max, timestamp, is_written: true });
            log.checkpoints = Checkpoints::new(op_max);
        }
        log.filler = filler;
        tracing::debug!(entries = recovery.entries, len = recovery.len, "opened");
        Ok((log, recovery))
    }

    fn new(backend: B, options: LogOptions, cluster: Option<u128>, timestamp: u64) -> Aof<B> {
        let cluster = cluster.or(options.cluster);
        let (op, checksum) = options.start.base(cluster.unwrap_or(0));
        let position = Position { base: Tip { op, checksum }, op_max: op, timestamp, is_written: false };
        Aof {
            backend,
            options,
            cluster,
            positions: Positions::new(position),
            checkpoints: Checkpoints::new(op),
            filler: None,
            lending: Lending::default(),
        }
    }

    /// Stores a prepared message exactly as it is, at the end of the log. Answers its offset.
    ///
    /// As in the reference, duplicates, backtracking and gaps are allowed here (and traced): a replica that restarts
    /// records again. Durable on return: nothing, until [`checkpoint`](Aof::checkpoint).
    ///
    /// # Errors
    ///
    /// [`Error::WrongCluster`]; [`Error::RootOp`] for op 0, which no log records; [`Error::UnflushedMax`]; the failures
    /// of [`AofBackend::write`]. Nothing was written.
    pub async fn write(&mut self, prepare: &Prepare) -> Result<u64> {
        let header = prepare.header();
        self.settle();
        let cluster = check_prepare(header, self.cluster)?;
        // Not stored anew each time: the next write would wait for it, as for a position.
        self.cluster.get_or_insert(cluster);
        let now = self.positions.now();
        trace_order(now, header);
        *self.positions.next_mut() = now.after(header);
        accept!(self, &[IoSlice::new(prepare.as_entry_bytes())], prepare.size_disk())
    }

    /// As [`write`](Aof::write), for many at once: all or none, in one write of the backend. Answers the offset of the
    /// first.
    ///
    /// # Errors
    ///
    /// As [`write`](Aof::write); [`Error::TooLarge`] when all together are above [`LogOptions::unflushed_max`].
    pub async fn write_all(&mut self, prepares: &[Prepare]) -> Result<u64> {
        self.settle();
        let mut cluster = self.cluster;
        let mut after = *self.positions.now();
        for prepare in prepares {
            cluster = Some(check_prepare(prepare.header(), cluster)?);
            trace_order(&after, prepare.header());
            after = after.after(prepare.header());
        }
        *self.positions.next_mut() = after;
        self.cluster = cluster;
        let size = prepares.iter().map(Prepare::size_disk).sum();
        let parts: Vec<_> = prepares.iter().map(|prepare| IoSlice::new(prepare.as_entry_bytes())).collect();
        accept!(self, &parts, size)
    }

    /// Builds the next entry and writes it: its op is one above the tip, its parent the tip.
    ///
    /// `commit` becomes the op of the last checkpoint and `checkpoint_id` the [`CHECKPOINT_MARK`]; the timestamp comes
    /// from [`LogOptions::clock`] and increases; client, release and request come from the options. Durable on return:
    /// nothing, until [`checkpoint`](Aof::checkpoint).
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] when the body is above [`BODY_SIZE_MAX`](crate::format::BODY_SIZE_MAX); [`Error::Reserved`] for the
    /// operations reserved and root; [`Error::Forked`] when [`write`](Aof::write) has gone back, so that the tip is not
    /// the highest op; [`Error::UnflushedMax`]; the failures of [`AofBackend::write`]. Nothing was written.
    pub async fn append(&mut self, operation: Operation, body: &[u8]) -> Result<Appended> {
        self.settle();
        self.checkpoints.settle(self.backend.durable_len());
        self.cluster.get_or_insert(0);
        let mut head = EntryHead::new();
        let now = self.positions.now();
        self.fill_next(now, (self.options.clock)(), &mut head.header, operation, body)?;
        *self.positions.next_mut() = now.after(&head.header);
        let parts = [IoSlice::new(head.as_bytes()), IoSlice::new(body)];
        let offset = accept!(self, &parts, size_disk(head.header.size.get()))?;
        Ok(Appended { op: head.header.op.get(), checksum: head.header.checksum, offset })
    }

    /// As [`append`](Aof::append), for many at once: all or none, in one write of the backend. The clock is read once, and
    /// each timestamp is at least one more than the one before.
    ///
    /// # Errors
    ///
    /// As [`append`](Aof::append); [`Error::TooLarge`] when all together are above [`LogOptions::unflushed_max`].
    ///
    /// ```
    /// # use aof_api::{Aof, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # futures::executor::block_on(async {
    /// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
    /// let appended = log.append_all(&[(Operation(200), b"one"), (Operation(201), b"two")]).await?;
    /// assert_eq!(appended[1].op, 2);
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn append_all(&mut self, entries: &[(Operation, impl AsRef<[u8]> + Sync)]) -> Result<Vec<Appended>> {
        self.settle();
        self.checkpoints.settle(self.backend.durable_len());
        self.cluster.get_or_insert(0);
        *self.positions.next_mut() = *self.positions.now();
        let mut heads = vec![EntryHead::new(); entries.len()];
        let clock = (self.options.clock)();
        for (EntryHead { header, .. }, (operation, body)) in heads.iter_mut().zip(entries) {
            self.fill_next(self.positions.next(), clock, header, *operation, body.as_ref())?;
            *self.positions.next_mut() = self.positions.next().after(header);
        }
        let mut parts = Vec::with_capacity(entries.len() * 2);
        for (head, (_, body)) in heads.iter().zip(entries) {
            parts.extend([IoSlice::new(head.as_bytes()), IoSlice::new(body.as_ref())]);
        }
        let size = heads.iter().map(|head| size_disk(head.header.size.get())).sum();
        let mut offset = accept!(self, &parts, size)?;
        let appended = heads.iter().map(|EntryHead { header, .. }| {
            let appended = Appended { op: header.op.get(), checksum: header.checksum, offset };
            offset += size_disk(header.size.get());
            appended
        });
        Ok(appended.collect())
    }

    /// The durability barrier (**B6**): its future resolves once everything written before this call survives a crash, to
    /// the number of bytes from the beginning that do. Nothing is discarded.
    ///
    /// The future borrows nothing: `log.checkpoint().await?` waits, and a log that keeps the future appends meanwhile.
    ///
    /// # Errors
    ///
    /// Those of [`AofBackend::checkpoint`]. After most of them the log is poisoned: close it and open it again.
    pub fn checkpoint(&mut self) -> B::Checkpoint {
        self.settle();
        self.checkpoints.called(self.backend.len(), self.positions.now().op_max);
        self.backend.checkpoint(&[])
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

    /// Reads the log from its beginning with a reader of its own, which goes on while the log is written.
    ///
    /// # Errors
    ///
    /// Those of [`AofBackend::reader`].
    pub async fn entries(&mut self) -> Result<Entries<B::Reader>> {
        Ok(Entries::new(self.backend.reader().await?, self.options.read))
    }

    /// The last entry; `None` in an empty log.
    #[must_use]
    pub fn tip(&self) -> Option<Tip> {
        self.positions.at_len(self.backend.len()).tip()
    }

    /// The length of the log in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.backend.len()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tip().is_none()
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

    /// The storage, given back as it stands: no checkpoint, no close.
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

    /// Writes what has to stand behind a kept tail. Where this future is dropped, the next write goes on with it.
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
        self.positions.settle(self.backend.len());
        // A first write that did not happen decides nothing.
        if !self.positions.now().is_written {
            self.cluster = self.options.cluster;
        }
    }

    /// Makes a new header that of an entry appended at `position` when the clock says `clock`.
    fn fill_next(
        &self,
        position: &Position,
        clock: u64,
        header: &mut Header,
        operation: Operation,
        body: &[u8],
    ) -> Result<()> {
        if matches!(operation, Operation::RESERVED | Operation::ROOT) {
            return Err(Error::Reserved { operation: operation.0 });
        }
        let Tip { op, checksum: parent } = position.base;
        if op != position.op_max {
            return Err(Error::Forked { offset: self.backend.len(), op: op.saturating_add(1), parent });
        }
        let Some(op) = op.checked_add(1) else { return Err(Error::OpsExhausted) };
        let LogOptions { client, release, request, .. } = self.options;
        header.cluster = U128::new(self.cluster.unwrap_or(0));
        header.release = U32::new(release.0);
        header.command = COMMAND_PREPARE;
        header.parent = parent;
        header.checkpoint_id = U128::new(CHECKPOINT_MARK);
        header.op = U64::new(op);
        header.commit = U64::new(self.checkpoints.op());
        header.timestamp = U64::new(clock.max(position.timestamp.saturating_add(1)));
        header.operation = operation.0;
        if !operation.is_clientless() {
            header.client = U128::new(client);
            if operation != Operation::REGISTER {
                header.request = U32::new(request);
            }
        }
        Ok(seal_header(header, body)?)
    }
}

fn trace_order(position: &Position, header: &Header) {
    let Position { base, op_max, .. } = position;
    if header.parent != base.checksum {
        let (op, checksum, parent) = (header.op.get(), header.checksum, header.parent);
        tracing::info!(op, %checksum, %parent, tip = %base.checksum, op_max, "written out of the chain");
    }
}

/// Checks what `write` checks.
fn check_prepare(header: &Header, cluster: Option<u128>) -> Result<u128> {
    let found = header.cluster.get();
    match cluster {
        Some(expected) if expected != found => Err(Error::WrongCluster { expected, found }),
        _ if header.op.get() == 0 => Err(Error::RootOp),
        _ => Ok(found),
    }
}

/// What stands before the body of an entry, as it is written.
#[derive(Clone, IntoBytes, Immutable)]
#[repr(C)]
struct EntryHead {
    magic: [u8; MAGIC.len()],
    header: Header,
}

impl EntryHead {
    fn new() -> EntryHead {
        EntryHead { magic: MAGIC, header: Header::new_zeroed() }
    }
}
