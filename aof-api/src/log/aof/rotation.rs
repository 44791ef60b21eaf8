//! Continuing in another storage: what a rotation needs of the log.

use super::Aof;
use crate::format::layout::{ENTRY_SIZE_MAX, MAGIC};
use crate::format::prepare::Prepare;
use crate::log::checkpoints::Checkpoints;
use crate::log::position::{Position, Positions};
use crate::read::index::SparseIndex;
use crate::storage::backend::{AofBackend, AofBackendExt, AofReadExt};
use crate::storage::error::{Error, Result};
use memchr::memmem;
use std::io::IoSlice;

/// The last entry of a log, whole: the next storage of the log must begin with it, so that it cannot begin a second
/// history. Made by [`Aof::seam`].
#[derive(Clone, Debug)]
pub struct Seam {
    prepare: Prepare,
}

/// A storage in which a log can continue: it holds the [`Seam`], durably, and nothing else. Made by [`Seam::begin`].
#[derive(Debug)]
pub struct Successor<B> {
    backend: B,
    seam: Prepare,
}

impl Seam {
    /// The entry.
    #[must_use]
    pub fn prepare(&self) -> &Prepare {
        &self.prepare
    }

    /// Writes the entry to an empty storage and makes it durable.
    ///
    /// # Errors
    ///
    /// [`Error::NotEmpty`] where the storage holds, or ever held, anything; the failures of the storage.
    pub async fn begin<B: AofBackend>(self, mut backend: B) -> Result<Successor<B>> {
        if backend.start().await? > 0 || backend.len() > 0 {
            return Err(Error::NotEmpty { len: backend.len() });
        }
        backend.write(&[IoSlice::new(self.prepare.as_entry_bytes())]).await?;
        backend.checkpoint(&[]).await?;
        Ok(Successor { backend, seam: self.prepare })
    }
}

impl<B: AofBackend> Successor<B> {
    /// The storage.
    #[must_use]
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// The storage, for what it can do beside the contract, to give it a name for instance. One that was written to or cut
    /// is refused by [`Aof::continue_in`].
    pub fn backend_mut(&mut self) -> &mut B {
        &mut self.backend
    }
}

impl<B: AofBackend> Aof<B> {
    /// The last entry, for the [`Successor`] of this storage. `None` in an empty log.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`] when [`write`](Aof::write) has gone back, so that the last entry is not the one with the highest
    /// op: another storage that begins with it would begin a second history. [`Error::ChecksumMismatch`] when the entry is
    /// not in the storage any more. The failures of the backend.
    pub async fn seam(&mut self) -> Result<Option<Seam>> {
        self.settle();
        let position = *self.positions.now();
        let Some(tip) = position.tip() else { return Ok(None) };
        let mut end = self.backend.len();
        if tip.op != position.op_max {
            return Err(Error::Forked { offset: end, op: tip.op.saturating_add(1), parent: tip.checksum });
        }
        // Where no tail was kept, the entry is the end of the log.
        let expected = position.tip_offset(end);
        let mut window = vec![0; (end - expected) as usize];
        let count = self.backend.read_all_at(expected, &mut window).await?;
        if let Ok(prepare) = Prepare::decode(&window[..count])
            && prepare.checksum() == tip.checksum
        {
            return Ok(Some(Seam { prepare }));
        }
        let finder = memmem::FinderRev::new(&MAGIC);
        window = vec![0; 2 * ENTRY_SIZE_MAX];
        loop {
            // Entries that begin before `end`; those after it were looked at.
            let start = end.saturating_sub(ENTRY_SIZE_MAX as u64).max(self.start);
            let count = self.backend.read_all_at(start, &mut window).await?;
            for at in finder.rfind_iter(&window[..count]) {
                if let Ok(prepare) = Prepare::decode(&window[at..count])
                    && prepare.checksum() == tip.checksum
                {
                    return Ok(Some(Seam { prepare }));
                }
            }
            if start == self.start {
                return Err(Error::ChecksumMismatch { expected: tip.checksum, found: None });
            }
            end = start;
        }
    }

    /// Continues in `next`; gives back the storage of before as it is: no checkpoint, no close. Offsets and lengths are
    /// those of `next` from here on, and its only entry counts as checkpointed.
    ///
    /// Checkpoints of the old storage that are under way keep their own outcome.
    ///
    /// # Errors
    ///
    /// [`Error::Unflushed`] when the old storage is not durable up to its end: what the next one holds may speak of
    /// entries that a crash would take. [`Error::ChecksumMismatch`] when `next` does not begin with the last entry of this
    /// log, because it was made for another log or before the last append, or holds more. The log continues where it was.
    ///
    /// ```
    /// # use aof_api::{Aof, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # futures::executor::block_on(async {
    /// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
    /// log.append(Operation(200), b"one").await?;
    /// log.checkpoint().await?;
    ///
    /// let seam = log.seam().await?.expect("the log has an entry");
    /// let archived = log.continue_in(seam.begin(MemoryBackend::new()).await?)?;
    /// let two = log.append(Operation(200), b"two").await?;
    /// assert_eq!((two.op, two.offset), (2, archived.snapshot().len() as u64));
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn continue_in(&mut self, next: Successor<B>) -> Result<B> {
        self.settle();
        let Successor { backend: next, seam } = next;
        let tip = self.positions.now().tip();
        let found = tip.map(|tip| tip.checksum);
        if found != Some(seam.checksum()) || next.len() != seam.size_disk() {
            return Err(Error::ChecksumMismatch { expected: seam.checksum(), found });
        }
        let unflushed = self.backend.unflushed().max(next.unflushed());
        if unflushed > 0 {
            return Err(Error::Unflushed { unflushed });
        }
        let header = seam.header();
        let position = Position { is_linear: true, op_max: header.op.get(), ..*self.positions.now() };
        self.positions = Positions::new(position);
        self.checkpoints = Checkpoints::new(header.op.get());
        self.index = SparseIndex::default();
        self.index.push(header.op.get(), 0);
        (self.root, self.start) = (Some(header.parent), 0);
        (self.filler, self.has_damage) = (None, false);
        self.lending.left(self.backend.len());
        Ok(std::mem::replace(&mut self.backend, next))
    }
}
