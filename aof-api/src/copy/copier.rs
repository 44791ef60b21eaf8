//! Copying a log from any storage to any other, verified on both sides, from where an earlier copy stopped.

use super::copied::Copied;
use super::destination::Destination;
use super::error::Result;
use super::options::Options;
use super::resume::seam;
use crate::read::bounded::Bounded;
use crate::read::scan::{DamageAt, DamagedRange, Scan, Step};
use crate::storage::backend::{AofBackend, AofRead};
use crate::storage::error::Error as StorageError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Copies a log, byte for byte: every entry is verified as it is read, and again as it is read back from the destination.
///
/// What the destination holds already must be the beginning of the source, down to the byte; the copy continues after
/// its last whole entry. A torn entry after that one, or zeros, which a power loss leaves, are cut first; where the
/// destination cannot cut, the torn entry is completed. What the source gains meanwhile is not copied. Memory is that of
/// [`read::Options`](crate::read::Options).
///
/// Of a source that was pruned, what it still has is copied, to a destination whose offsets begin at 0. Copying it again
/// finds the last whole entry of the destination in the source by its checksum, and compares what both still have.
///
/// Durable on return: everything in the destination. While copying, a checkpoint is made every 64 MiB
/// ([`Options::checkpoint_len`]). Each one gives the
/// storage a note where an entry ends with the destination, so that it may divide the log there.
///
/// # Errors
///
/// [`Error::Differs`](super::Error::Differs) where the destination is not the beginning of the source; nothing in it was
/// changed. [`Error::Corrupt`](StorageError::Corrupt) where the source is damaged: everything before is copied, durable
/// and read back, and copying again continues there once the source was repaired; a [`Copier`] reports how much that is.
/// [`Error::Pruned`](StorageError::Pruned) where the source no longer has what follows the destination, or was pruned
/// while it was read. [`Error::Io`](StorageError::Io) with the call
/// [`ReadBack`](crate::storage::IoCall::ReadBack) when the destination does not hold what was written to it. The failures
/// of either storage; copying again continues where they stopped it.
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

/// Copies a log as [`copy()`] does, and reports how much it has copied: while it does, and when it could not copy all.
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

    /// What the last [`copy`](Copier::copy) copied, when it returned an error too. After [`Error::Corrupt`](crate::Error::Corrupt) that is all
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
        let read = self.options.read;
        let range = source.start().await?..source.end().await?;
        let seam = seam(&mut source, range.clone(), destination, read).await?;
        let mut destination = Destination::new(destination, seam, self.options, &mut self.copied).await?;
        let mut scan = Scan::new(Bounded::new(source, range.end), range.start, read);
        let damage = loop {
            match scan.step().await? {
                Step::Entries => {
                    destination.put(&scan).await?;
                    self.entries_so_far.store(destination.copied().entries, Ordering::Relaxed);
                }
                Step::Damage(DamageAt { offset, damage, .. }) => match scan.resync().await? {
                    // It was being written, and is whole by now.
                    None => {}
                    Some(range) if self.options.live && range.torn_end => {
                        destination.copied().pending = range.len;
                        break None;
                    }
                    stopped => {
                        self.stopped = stopped;
                        break Some(StorageError::damaged(offset, damage));
                    }
                },
                Step::End => break None,
            }
        };
        if let Some(error) = damage {
            // What the destination may hold beyond is nothing to judge by a damaged source.
            destination.checkpoint().await?;
            destination.read_back(read).await?;
            return Err(error.into());
        }
        destination.cut_beyond().await?;
        destination.checkpoint().await?;
        destination.read_back(read).await?;
        Ok(self.copied)
    }
}
