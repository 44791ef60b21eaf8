//! Shipping: a copy of a live log, which lags it by a short time.

use aof_api::log::Marks;
use aof_api::read::find::{Target, find};
use aof_api::{Aof, AofBackend, AofRead, Entries, Error, LogOptions, Result, Tip, read};

/// How much is written before it is made durable, in bytes.
const CHECKPOINT_LEN: u64 = 32 << 20;

/// Copies what a log has grown by, again and again.
///
/// Works from any reader to any backend: from a file to an object store, and back. The copy is whole entries in their
/// order, each verified: a torn entry is never shipped. After a stop, by a kill too, it continues after the last entry of
/// the destination, which it finds in the source by its checksum. So does it in the next file after a rotation, whose first
/// entry is the last one of the file before.
///
/// ```
/// use aof_api::{Aof, AofBackend, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
/// use aof_object_store::{ObjectStoreBackend, Options, Shipper};
/// use object_store::memory::InMemory;
/// use std::sync::Arc;
///
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
/// log.append(Operation(200), b"pay 5 to bob").await?;
/// log.checkpoint().await?;
/// let mut source = log.into_inner().reader().await?;
///
/// let copy = ObjectStoreBackend::open(Arc::new(InMemory::new()), "copy", Options::new()).await?;
/// let mut shipper = Shipper::open(copy).await?;
/// let shipped = shipper.step(&mut source).await?;
/// assert_eq!((shipped.entries, shipped.bytes_behind), (1, 0));
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
pub struct Shipper<B: AofBackend> {
    log: Aof<B>,
    /// Where the source continues; none until the last entry of the copy was found in it.
    position: Option<u64>,
    until: Option<Target>,
    is_live: bool,
}

/// What one step of a [`Shipper`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shipped {
    /// Entries that this step copied.
    pub entries: u64,
    /// Bytes that this step copied, all of them durable.
    pub bytes: u64,
    /// Bytes in the copy now.
    pub len: u64,
    /// The last entry of the copy.
    pub tip: Option<Tip>,
    /// Bytes that the source has and the copy has not: what was appended meanwhile, and an incomplete entry at its end.
    pub bytes_behind: u64,
    /// Whether the copy holds everything up to what [`Shipper::until`] asks for.
    pub is_complete: bool,
}

impl<B: AofBackend> Shipper<B> {
    /// Opens the destination, which is empty or was shipped to before. A torn end is cut, where the storage can have one.
    ///
    /// # Errors
    ///
    /// Those of [`Aof::open`].
    pub async fn open(destination: B) -> Result<Shipper<B>> {
        // What the entries record as checkpointed was so in the source.
        let (log, _) = Aof::open(destination, LogOptions::new().marks(Marks::Foreign)).await?;
        Ok(Shipper { log, position: None, until: None, is_live: true })
    }

    /// Opens the destination, as [`open`](Shipper::open), where `source` continues what it holds: looked up before anything
    /// of the destination is changed, so that a torn end is not cut for a source that is another log.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Shipper::open), and [`Error::ChecksumMismatch`] or [`Error::MaybePruned`] as
    /// [`step`](Shipper::step), with the destination unchanged.
    pub async fn open_for<R: AofRead>(mut destination: B, source: &mut R) -> Result<Shipper<B>> {
        let (tip, len) = last_whole(&mut destination).await?;
        let position = continuation(source, tip, len).await?;
        let mut shipper = Shipper::open(destination).await?;
        // What was opened is what was looked at: the writer lock is held since before.
        shipper.position = Some(position);
        Ok(shipper)
    }

    /// Stops before the first entry above this op or time; what is copied ends with the last one at or below.
    #[must_use]
    pub fn until(mut self, until: Target) -> Shipper<B> {
        self.until = Some(until);
        self
    }

    /// Whether somebody writes the source, so that an incomplete entry at its end is left for the next step; it is by
    /// default. Otherwise that is damage.
    #[must_use]
    pub fn live(mut self, is_live: bool) -> Shipper<B> {
        self.is_live = is_live;
        self
    }

    /// The source is another one from the next step on: the next file after a rotation, for instance.
    pub fn change_source(&mut self) {
        self.position = None;
    }

    /// Copies what the source has and the copy has not.
    ///
    /// Durable on return: the copy. Dropping the future loses nothing that was durable; [`change_source`] before the next
    /// step then.
    ///
    /// [`change_source`]: Shipper::change_source
    ///
    /// # Errors
    ///
    /// [`Error::ChecksumMismatch`] where the source does not hold the last entry of the copy, which is then a copy of
    /// something else; [`Error::MaybePruned`] where it may have been pruned; [`Error::Corrupt`] at damage in the source,
    /// with everything before it durable in the copy; the failures of both storages.
    pub async fn step<R: AofRead>(&mut self, source: &mut R) -> Result<Shipped> {
        let position = match self.position {
            Some(position) => position,
            None => continuation(source, self.log.tip(), self.log.len()).await?,
        };
        self.position = None;
        let mut entries = Entries::starting_at(&mut *source, position, read::Options::new());
        let (mut shipped, mut since_checkpoint) = (Shipped::default(), 0);
        let ended = loop {
            match entries.next().await {
                Ok(Some(entry)) => {
                    if self.until.is_some_and(|until| is_after(&entry, until)) {
                        shipped.is_complete = true;
                        break Ok(entry.offset);
                    }
                    let prepare = entry.to_prepare();
                    self.log.write(&prepare).await?;
                    shipped.entries += 1;
                    shipped.bytes += prepare.size_disk();
                    since_checkpoint += prepare.size_disk();
                    if since_checkpoint >= CHECKPOINT_LEN {
                        self.log.checkpoint().await?;
                        since_checkpoint = 0;
                    }
                }
                Ok(None) => break Ok(entries.offset()),
                Err(error @ Error::Corrupt { .. }) => {
                    let Some(range) = entries.resync().await? else {
                        // It was being written, and is whole by now.
                        continue;
                    };
                    break if self.is_live && range.torn_end { Ok(range.offset) } else { Err(error) };
                }
                Err(error) => break Err(error),
            }
        };
        self.log.checkpoint().await?;
        let position = ended?;
        self.position = Some(position);
        shipped.len = self.log.len();
        shipped.tip = self.log.tip();
        shipped.bytes_behind = source.end().await?.saturating_sub(position);
        Ok(shipped)
    }

    /// The copy.
    #[must_use]
    pub fn log(&self) -> &Aof<B> {
        &self.log
    }

    /// Closes the copy.
    ///
    /// # Errors
    ///
    /// Those of [`Aof::close`].
    pub async fn close(self) -> Result<()> {
        self.log.close().await
    }
}

/// The last whole entry of a copy, and where it ends.
async fn last_whole<R: AofRead>(copy: &mut R) -> Result<(Option<Tip>, u64)> {
    let start = copy.start().await?;
    let mut entries = Entries::starting_at(&mut *copy, start, read::Options::new());
    let (mut tip, mut end) = (None, start);
    loop {
        match entries.next().await {
            Ok(Some(entry)) => {
                tip = Some(Tip { op: entry.op(), checksum: entry.checksum() });
                end = entry.offset + entry.size_disk();
            }
            Ok(None) => return Ok((tip, end)),
            // Opening judges the damage: where it refuses, nothing was changed either.
            Err(Error::Corrupt { .. }) => drop(entries.resync().await?),
            Err(error) => return Err(error),
        }
    }
}

fn is_after(entry: &read::LocatedEntry<'_>, until: Target) -> bool {
    match until {
        Target::Op(op) => entry.op() > op,
        Target::Timestamp(timestamp) => entry.header().timestamp.get() > timestamp,
        _ => false,
    }
}

/// Where a source continues after the last entry of a copy, which has `len` bytes.
async fn continuation<R: AofRead>(source: &mut R, tip: Option<Tip>, len: u64) -> Result<u64> {
    let start = source.start().await?;
    let Some(tip) = tip else { return Ok(start) };
    let mut first = Entries::starting_at(&mut *source, start, read::Options::new());
    if let Some(entry) = first.next().await?
        && entry.header().parent == tip.checksum
    {
        return Ok(start);
    }
    let mut found = None;
    if let Some(place) = find(&mut *source, Target::Op(tip.op), read::Options::new()).await? {
        let mut entries = Entries::starting_at(&mut *source, place.offset, read::Options::new());
        // A restarted replica records entries again: the place counts that is where it is in the copy.
        loop {
            let is_tip = match entries.next().await {
                Ok(Some(entry)) => entry.checksum() == tip.checksum,
                Ok(None) | Err(Error::Corrupt { .. }) => break,
                Err(error) => return Err(error),
            };
            if is_tip {
                let end = entries.offset();
                if end == len {
                    return Ok(end);
                }
                found.get_or_insert(end);
            }
        }
    }
    match found {
        Some(end) => Ok(end),
        None if start > 0 => Err(Error::MaybePruned { expected: tip.checksum, start }),
        None => Err(Error::ChecksumMismatch { expected: tip.checksum, found: None }),
    }
}
