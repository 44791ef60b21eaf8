//! Building the next entry, and writing it.

use super::Aof;
use super::write::accept;
use crate::chain::tip::Tip;
use crate::format::appended::Appended;
use crate::format::header::{CHECKPOINT_MARK, COMMAND_PREPARE, Header};
use crate::format::layout::{MAGIC, size_disk};
use crate::format::operation::Operation;
use crate::format::prepare::seal_header;
use crate::log::meta::Meta;
use crate::log::options::LogOptions;
use crate::log::position::Position;
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Result};
use std::io::IoSlice;
use zerocopy::little_endian::{U32, U64, U128};
use zerocopy::{FromZeros, Immutable, IntoBytes};

impl<B: AofBackend> Aof<B> {
    /// Builds the next entry and writes it: its op is one above the tip, its parent the tip.
    ///
    /// `commit` becomes the highest op that is known to be durable and `checkpoint_id` the [`CHECKPOINT_MARK`]; the
    /// timestamp comes from [`LogOptions::clock`] and increases; client, release and request come from the options.
    /// Durable on return: nothing, until [`checkpoint`](Aof::checkpoint).
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] when the body is above [`BODY_SIZE_MAX`](crate::format::BODY_SIZE_MAX); [`Error::Reserved`]
    /// for the operations reserved and root; [`Error::Forked`] when [`write`](Aof::write) has gone back, so that the tip
    /// is not the highest op; [`Error::OpsExhausted`]; [`Error::UnflushedMax`]; the failures of [`AofBackend::write`].
    /// Nothing was written.
    pub async fn append(&mut self, operation: Operation, body: &[u8]) -> Result<Appended> {
        self.begin_append();
        let mut head = EntryHead::new();
        let now = self.positions.now();
        self.fill_next(now, (self.options.clock)(), &mut head.header, operation, body)?;
        *self.positions.next_mut() = now.after(&head.header);
        let parts = [IoSlice::new(head.as_bytes()), IoSlice::new(body)];
        let offset = accept!(self, &parts, size_disk(head.header.size.get()))?;
        Ok(self.appended(&head.header, offset))
    }

    /// As [`append`](Aof::append), with some fields of the entry set by the caller.
    ///
    /// # Errors
    ///
    /// As [`append`](Aof::append); [`Error::BadMeta`] when the entry would break a rule of the format
    /// ([`Header::lints`](crate::format::Header::lints)).
    ///
    /// ```
    /// # use aof_api::log::Meta;
    /// # use aof_api::{Aof, Error, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # futures::executor::block_on(async {
    /// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
    /// let appended = log.append_with(Meta::new().client(7).request(42), Operation(200), b"from client 7").await?;
    /// assert_eq!(log.get(appended.op).await?.unwrap().header().client.get(), 7);
    /// let refused = log.append_with(Meta::new().request(0), Operation(200), b"").await;
    /// assert!(matches!(refused, Err(Error::BadMeta { .. })));
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn append_with(&mut self, meta: Meta, operation: Operation, body: &[u8]) -> Result<Appended> {
        self.begin_append();
        let mut head = EntryHead::new();
        let header = &mut head.header;
        let now = self.positions.now();
        self.fill_next(now, (self.options.clock)(), header, operation, body)?;
        header.client = meta.client.map_or(header.client, U128::new);
        header.request = meta.request.map_or(header.request, U32::new);
        header.release = meta.release.map_or(header.release, |release| U32::new(release.0));
        header.view = meta.view.map_or(header.view, U32::new);
        header.checksum = header.calculate_checksum();
        if let Some(lint) = header.lints().next() {
            return Err(Error::BadMeta { lint });
        }
        *self.positions.next_mut() = now.after(header);
        let parts = [IoSlice::new(head.as_bytes()), IoSlice::new(body)];
        let offset = accept!(self, &parts, size_disk(head.header.size.get()))?;
        Ok(self.appended(&head.header, offset))
    }

    /// As [`append`](Aof::append), for many at once: all or none, in one write of the backend. The clock is read once, and
    /// each timestamp is at least one more than the one before.
    ///
    /// # Errors
    ///
    /// As [`append`](Aof::append); [`Error::TooLarge`] when all together are above [`LogOptions::unflushed_max`] or
    /// [`WRITE_LEN_MAX`](crate::storage::WRITE_LEN_MAX).
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
        self.begin_append();
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
            let appended = self.appended(header, offset);
            offset += size_disk(header.size.get());
            appended
        });
        Ok(appended.collect())
    }

    fn begin_append(&mut self) {
        self.settle();
        self.checkpoints.settle(self.backend.durable_len());
        self.cluster.get_or_insert(0);
        if self.root.is_none() {
            self.root = Some(self.positions.now().base.checksum);
        }
    }

    /// An entry was accepted.
    fn appended(&mut self, header: &Header, offset: u64) -> Appended {
        let op = header.op.get();
        self.index.push(op, offset);
        Appended { op, checksum: header.checksum, offset }
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

/// What comes before the body of an entry, as it is written.
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
