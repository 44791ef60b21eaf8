//! Reading the log that is being written.

use super::Aof;
use crate::format::entry::{AofEntry, decode_header};
use crate::format::layout::{ENTRY_SIZE_MAX, ENTRY_SIZE_MIN, size_disk};
use crate::format::prepare::Prepare;
use crate::read::entries::Entries;
use crate::read::find::{Target, find, find_sorted};
use crate::read::index::STRIDE;
use crate::storage::backend::{AofBackend, AofReadExt};
use crate::storage::error::{Error, Result};

impl<B: AofBackend> Aof<B> {
    /// Reads the log from its start with a reader of its own, which continues while the log is written. It shows what a
    /// crash may still take.
    ///
    /// # Errors
    ///
    /// Those of [`AofBackend::reader`].
    pub async fn entries(&mut self) -> Result<Entries<B::Reader>> {
        Ok(Entries::starting_at(self.backend.reader().await?, self.start, self.options.read))
    }

    /// As [`entries`](Aof::entries), from the first entry at or above an op or a time.
    ///
    /// Where the ops of the log are consecutive, an op is found by an index in memory, and otherwise by
    /// [`find`](crate::read::find::find()), which looks at a few places of a sorted log and reads any other.
    ///
    /// # Errors
    ///
    /// [`Error::Pruned`] for an op below the first that is held; the failures of the backend.
    ///
    /// ```
    /// # use aof_api::read::find::Target;
    /// # use aof_api::{Aof, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # futures::executor::block_on(async {
    /// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
    /// log.append_all(&[(Operation(200), "one"), (Operation(200), "two"), (Operation(200), "three")]).await?;
    /// let mut entries = log.entries_from(Target::Op(2)).await?;
    /// assert_eq!(entries.next().await?.unwrap().body(), b"two");
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn entries_from(&mut self, target: Target) -> Result<Entries<B::Reader>> {
        self.settle();
        let offset = match target {
            Target::Op(op) if op > self.positions.now().op_max => None,
            Target::Op(op) if self.is_sorted() => match self.offset_of(op).await? {
                Some(offset) => Some(offset),
                None => self.find_place(target).await?,
            },
            _ => self.find_place(target).await?,
        };
        let offset = offset.unwrap_or_else(|| self.backend.len());
        Ok(Entries::starting_at(self.backend.reader().await?, offset, self.options.read))
    }

    /// The entry of this op; where it was recorded more than once, the last recording. `None` where the log has none.
    ///
    /// Where the ops are consecutive, this is one read of at most 64 KiB and one entry; before
    /// [`Recovery::read_from`](crate::Recovery::read_from), which opening has not read, a search that reads the first header
    /// of about log2(n) of n pieces of the log and at most a few MiB of one. Otherwise the log is read through.
    ///
    /// # Errors
    ///
    /// [`Error::Pruned`] for an op below the first that is held; [`Error::Corrupt`] where the entry is damaged; the
    /// failures of the backend.
    ///
    /// ```
    /// # use aof_api::{Aof, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # futures::executor::block_on(async {
    /// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
    /// log.append_all(&[(Operation(200), "one"), (Operation(200), "two")]).await?;
    /// assert_eq!(log.get(2).await?.unwrap().body(), b"two");
    /// assert!(log.get(3).await?.is_none());
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get(&mut self, op: u64) -> Result<Option<Prepare>> {
        self.settle();
        if op > self.positions.now().op_max || !self.positions.now().is_written {
            return Ok(None);
        }
        let offset = match self.is_sorted() {
            true => match self.offset_of(op).await? {
                Some(offset) => Some(offset),
                None => self.find_place(Target::Op(op)).await?,
            },
            false => self.last_recording(op).await?,
        };
        match offset {
            Some(offset) => self.entry_at(offset, op).await,
            None => Ok(None),
        }
    }

    /// Whether every entry is the next op after the one before it, and nothing but entries is in the log.
    pub(super) fn is_sorted(&self) -> bool {
        self.positions.now().is_linear && !self.has_damage
    }

    /// Where `op` begins, by the index: one read, and headers are followed from there.
    pub(super) async fn offset_of(&mut self, op: u64) -> Result<Option<u64>> {
        let Some(range) = self.index.range_of(op, self.backend.len()) else { return Ok(None) };
        let (mut offset, mut window) = (range.start, Vec::new());
        // Where the window begins; the index has points close enough that one window does, unless writes were dropped.
        let mut begin = offset;
        while offset < range.end {
            let at = (offset - begin) as usize;
            if window.len() < at + ENTRY_SIZE_MIN {
                begin = offset;
                let wanted =
                    (STRIDE as usize + ENTRY_SIZE_MIN).min(usize::try_from(range.end - offset).unwrap_or(usize::MAX));
                window.resize(wanted.max(ENTRY_SIZE_MIN), 0);
                let count = self.backend.read_all_at(offset, &mut window).await?;
                window.truncate(count);
                continue_only_with(count, offset)?;
                continue;
            }
            let header = decode_header(&window[at..]).map_err(|damage| Error::damaged(offset, damage))?;
            if header.op.get() == op {
                return Ok(Some(offset));
            }
            offset += size_disk(header.size.get());
        }
        Ok(None)
    }

    /// Where the first entry at or above a target is, without the index.
    pub(super) async fn find_place(&mut self, target: Target) -> Result<Option<u64>> {
        let reader = self.backend.reader().await?;
        let place = match target {
            Target::Op(_) if self.is_sorted() => find_sorted(reader, target, self.options.read).await?,
            _ => find(reader, target, self.options.read).await?,
        };
        if let (Target::Op(op), Some(place)) = (target, &place)
            && place.offset == self.start
            && self.start > 0
            && self.first_op().await? > op
        {
            return Err(Error::Pruned { start: self.start });
        }
        Ok(place.map(|place| place.offset))
    }

    /// Where `op` was recorded last: the log is read through.
    async fn last_recording(&mut self, op: u64) -> Result<Option<u64>> {
        let (mut found, mut entries) = (None, self.entries().await?);
        loop {
            match entries.next().await {
                Ok(Some(entry)) if entry.op() == op => found = Some(entry.offset),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(found),
                // Damage that was kept is passed, as opening the log did.
                Err(Error::Corrupt { .. }) => {
                    entries.resync().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The op of the first entry that is held.
    pub(super) async fn first_op(&mut self) -> Result<u64> {
        let mut head = [0; ENTRY_SIZE_MIN];
        let count = self.backend.read_all_at(self.start, &mut head).await?;
        let header = decode_header(&head[..count]).map_err(|damage| Error::damaged(self.start, damage))?;
        Ok(header.op.get())
    }

    /// The entry at `offset`, if it is the one of `op`.
    async fn entry_at(&mut self, offset: u64, op: u64) -> Result<Option<Prepare>> {
        let mut bytes = vec![0; ENTRY_SIZE_MIN];
        let count = self.backend.read_all_at(offset, &mut bytes).await?;
        let header = decode_header(&bytes[..count]).map_err(|damage| Error::damaged(offset, damage))?;
        if header.op.get() != op {
            return Ok(None);
        }
        // The header is whole, so its size is that of an entry.
        let size = (size_disk(header.size.get()) as usize).min(ENTRY_SIZE_MAX);
        bytes.resize(size, 0);
        let more = self.backend.read_all(&mut bytes[ENTRY_SIZE_MIN..]).await?;
        bytes.truncate(ENTRY_SIZE_MIN + more);
        let entry = AofEntry::decode(&bytes).map_err(|damage| Error::damaged(offset, damage))?;
        Ok(Some(entry.to_prepare()))
    }
}

/// The storage has fewer bytes than the log wrote to it.
fn continue_only_with(count: usize, offset: u64) -> Result<()> {
    if count >= ENTRY_SIZE_MIN {
        return Ok(());
    }
    let damage = crate::format::damage::Damage::Torn { have: count as u64, need: ENTRY_SIZE_MIN as u64 };
    Err(Error::damaged(offset, damage))
}
