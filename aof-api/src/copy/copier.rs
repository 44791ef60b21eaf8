//! Copying a log from any storage to any other, verified on both sides, from where an earlier copy stopped.

use crate::chain::tip::Tip;
use crate::copy::error::{Error, Result};
use crate::format::entry::AofEntry;
use crate::read;
use crate::read::bounded::Bounded;
use crate::read::scan::{DamageAt, DamagedRange, Scan, Step};
use crate::storage::backend::{AofBackend, AofRead, AofReadExt};
use crate::storage::error::{Error as StorageError, IoCall};
use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use zerocopy::IntoBytes;

/// How much may be written before it is made durable, in bytes.
const CHECKPOINT_LEN: u64 = 64 << 20;

/// How much is looked at together to see whether it is zero, in bytes.
const ZEROS_LEN: usize = 64 << 10;

/// How to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Options {
    read: read::Options,
    live: bool,
}

impl Options {
    /// On one thread, of a log that nobody writes.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// How to read both sides.
    #[must_use]
    pub const fn read(mut self, read: read::Options) -> Options {
        self.read = read;
        self
    }

    /// Whether somebody is writing the source: an incomplete last entry, or zeros at the end, are then left for the next
    /// copy, and are no error.
    #[must_use]
    pub const fn live(mut self, live: bool) -> Options {
        self.live = live;
        self
    }
}

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Copied {
    /// Entries in the destination now.
    pub entries: u64,
    /// Bytes in the destination now, all of them durable.
    pub bytes: u64,
    /// How many of them were there already, and were found to be the same.
    pub resumed_at: u64,
    /// The last entry; none where nothing was copied.
    pub tip: Option<Tip>,
    /// Bytes at the end of a live source that are no whole entry yet, and were not copied.
    pub pending: u64,
}

/// Copies a log, byte for byte: every entry is verified as it is read, and again as it is read back from the destination.
///
/// What the destination holds already must be the beginning of the source, down to the byte; then the copy goes on
/// behind it, in mid-entry where an earlier copy was interrupted there. Zeros at its end, which a power loss leaves behind,
/// are cut first. What the source gains meanwhile is not copied. Memory is that of [`read::Options`].
///
/// Durable on return: everything in the destination. While copying, a checkpoint is made every 64 MiB.
///
/// # Errors
///
/// [`Error::Differs`] where the destination is not the beginning of the source; nothing in it was changed.
/// [`Error::Corrupt`] where the source is damaged: everything before is copied, durable and read back, and copying again
/// goes on there once the source was mended; a [`Copier`] tells how much that is. [`Error::Io`] with the operation `read
/// back` when the destination does not hold what was written to it. The failures of either storage; copying again goes on where they stopped it.
///
/// ```
/// use aof_api::copy::{self, copy};
/// use aof_api::{Aof, AofBackend, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
/// log.append(Operation(200), b"one").await?;
/// let mut source = log.into_inner();
///
/// let mut destination = MemoryBackend::new();
/// let copied = copy(source.reader().await?, &mut destination, copy::Options::new()).await?;
/// assert_eq!((copied.entries, copied.resumed_at), (1, 0));
/// assert_eq!(destination.snapshot(), source.snapshot());
/// # Ok::<(), copy::Error>(())
/// # }).unwrap();
/// ```
pub async fn copy<R: AofRead, B: AofBackend>(source: R, destination: &mut B, options: Options) -> Result<Copied> {
    Copier::new(options).copy(source, destination).await
}

/// Copies a log as [`copy()`] does, and tells how much it has copied: while it does, and when it could not copy all.
///
/// ```
/// use aof_api::copy::{self, Copier};
/// use aof_api::{Aof, AofBackend, Error, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
/// log.append(Operation(200), b"one").await?;
/// log.append(Operation(200), b"two").await?;
/// let mut damaged = log.into_inner().snapshot();
/// *damaged.last_mut().unwrap() ^= 1;
///
/// let (source, mut destination) = (MemoryBackend::from_bytes(&damaged), MemoryBackend::new());
/// let mut copier = Copier::new(copy::Options::new());
/// let error = copier.copy(source, &mut destination).await.unwrap_err();
/// assert!(matches!(error, copy::Error::Storage(Error::Corrupt { offset: 275, .. })));
/// assert_eq!((copier.copied().entries, destination.len()), (1, 275));
/// # Ok::<(), copy::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Copier {
    options: Options,
    copied: Copied,
    stopped: Option<DamagedRange>,
    /// `copied.entries`, for others to see meanwhile.
    entries_so_far: Arc<AtomicU64>,
}

impl Copier {
    /// A copier that has copied nothing.
    #[must_use]
    pub fn new(options: Options) -> Copier {
        Copier { options, copied: Copied::default(), stopped: None, entries_so_far: Arc::default() }
    }

    /// How many entries were copied so far, for a display of progress. It is brought up to date about every 256 KiB.
    #[must_use]
    pub fn entries_so_far(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.entries_so_far)
    }

    /// What the last [`copy`](Copier::copy) copied, when it answered an error too. After [`Error::Corrupt`] that is all
    /// before the damage, durable; after another error it may not be durable, and was not read back.
    #[must_use]
    pub fn copied(&self) -> Copied {
        self.copied
    }

    /// The damage at which the last copy ended; none where it did not.
    #[must_use]
    pub fn stopped(&self) -> Option<DamagedRange> {
        self.stopped
    }

    /// Copies a log, as [`copy()`].
    ///
    /// # Errors
    ///
    /// Those of [`copy()`].
    pub async fn copy<R: AofRead, B: AofBackend>(&mut self, mut source: R, destination: &mut B) -> Result<Copied> {
        (self.copied, self.stopped) = (Copied::default(), None);
        let end = source.end().await?;
        let mut scan = Scan::new(Bounded::new(source, end), 0, self.options.read);
        let mut copying = Copying {
            there: destination.len(),
            destination,
            buf: Vec::new(),
            order: blake3::Hasher::new(),
            copied: &mut self.copied,
        };
        let damage = loop {
            match scan.step().await? {
                Step::Entries => {
                    copying.put(scan.bytes()).await?;
                    copying.count(scan.entries().map(|(_, entry)| entry));
                    self.entries_so_far.store(copying.copied.entries, Ordering::Relaxed);
                }
                Step::Damage(DamageAt { offset, damage, .. }) => break Some(StorageError::damaged(offset, damage)),
                Step::End => break None,
            }
        };
        if let Some(error) = damage {
            let range = scan.resync().await?;
            let pending = range.filter(|range| self.options.live && range.torn_end);
            let Some(range) = pending else {
                self.stopped = range;
                // What the destination may hold beyond is nothing to judge by a damaged source.
                copying.destination.checkpoint(&[]).await?;
                copying.read_back(self.options.read).await?;
                return Err(error.into());
            };
            copying.copied.pending = range.len;
        }
        copying.cut_beyond().await?;
        copying.destination.checkpoint(&[]).await?;
        copying.read_back(self.options.read).await?;
        Ok(self.copied)
    }
}

struct Copying<'a, B> {
    destination: &'a mut B,
    /// How much of the destination was there before and is not replaced.
    there: u64,
    /// What the destination holds, to be compared.
    buf: Vec<u8>,
    /// Over the checksums of all entries in their order.
    order: blake3::Hasher,
    copied: &'a mut Copied,
}

impl<B: AofBackend> Copying<'_, B> {
    fn count<'e>(&mut self, entries: impl Iterator<Item = AofEntry<'e>>) {
        for entry in entries {
            self.order.update(entry.checksum().as_bytes());
            self.copied.entries += 1;
            self.copied.tip = Some(Tip { op: entry.op(), checksum: entry.checksum() });
        }
    }

    /// The next bytes of the source: compared as far as the destination has some, and then written.
    async fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let start = self.copied.bytes;
        let known = self.compare(start, bytes).await?;
        if known < bytes.len() {
            self.destination.write(&[IoSlice::new(&bytes[known..])]).await?;
        }
        self.copied.bytes += bytes.len() as u64;
        if self.destination.len() - self.destination.durable_len().min(self.destination.len()) >= CHECKPOINT_LEN {
            self.destination.checkpoint(&[]).await?;
        }
        Ok(())
    }

    /// How many of `bytes` stand in the destination already.
    async fn compare(&mut self, start: u64, bytes: &[u8]) -> Result<usize> {
        let left = self.there.saturating_sub(start);
        let len = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        if len == 0 {
            return Ok(0);
        }
        if self.buf.len() < len {
            self.buf.resize(len, 0);
        }
        let count = self.destination.read_all_at(start, &mut self.buf[..len]).await?;
        let same = self.buf[..count].iter().zip(bytes).take_while(|(there, byte)| there == byte).count();
        self.copied.resumed_at += same as u64;
        if same < len {
            self.cut_zeros(start + same as u64).await?;
        }
        Ok(same)
    }

    /// What stands in the destination beyond the source is no copy of it.
    async fn cut_beyond(&mut self) -> Result<()> {
        if self.there > self.copied.bytes { self.cut_zeros(self.copied.bytes).await } else { Ok(()) }
    }

    /// Cuts what stands in the destination from `offset` on, if all of it reads as zeros.
    async fn cut_zeros(&mut self, offset: u64) -> Result<()> {
        self.destination.seek(offset).await?;
        if self.buf.len() < ZEROS_LEN {
            self.buf.resize(ZEROS_LEN, 0);
        }
        loop {
            let count = self.destination.read(&mut self.buf).await?;
            if count == 0 {
                break;
            }
            if self.buf[..count].iter().any(|byte| *byte != 0) {
                return Err(Error::Differs { offset });
            }
        }
        self.there = offset;
        Ok(self.destination.truncate(offset).await?)
    }

    /// Reads what was copied from its beginning: each entry verified, each in its place.
    async fn read_back(self, read: read::Options) -> Result<()> {
        let mut scan = Scan::new(Bounded::new(self.destination.reader().await?, self.copied.bytes), 0, read);
        let mut order = blake3::Hasher::new();
        let differs = loop {
            match scan.step().await? {
                Step::Entries => scan.entries().for_each(|(_, entry)| {
                    order.update(entry.checksum().as_bytes());
                }),
                Step::Damage(DamageAt { damage, .. }) => break Some(damage.to_string()),
                Step::End if order.finalize() == self.order.finalize() => break None,
                Step::End => break Some("not the entries that were written".to_owned()),
            }
        };
        match differs {
            None => Ok(()),
            Some(what) => {
                let text = format!("{what}: the storage of the destination is not to be trusted");
                Err(StorageError::io(IoCall::ReadBack, scan.offset(), std::io::Error::other(text)).into())
            }
        }
    }
}
