//! The backend: one writer over the memory.

use crate::memory::{Memory, SECTOR_SIZE};
use crate::reader::MemoryReader;
use aof_api::storage::extent::Extent;
use aof_api::storage::{NOTE_LEN_MAX, Quantity};
use aof_api::{AofBackend, AofRead, Error, Result};
use std::fmt;
use std::future::{Ready, ready};
use std::io::IoSlice;

/// The capacity of [`MemoryBackend::new`] in bytes: 32 MiB, as in the reference.
pub const CAPACITY_DEFAULT: u64 = 32 * 1024 * 1024;

/// Storage in memory, for tests, simulation and comparison.
///
/// Everything is allocated up front (the operating system may map pages at their first use), nothing grows, and what
/// does not fit is refused with [`Error::Full`]. A checkpoint is immediate: what counts as durable is what
/// [`snapshot`](MemoryBackend::snapshot) returns.
///
/// ```
/// use aof_api::{AofBackend, AofReadExt};
/// use aof_memory::MemoryBackend;
/// use std::io::IoSlice;
///
/// # futures::executor::block_on(async {
/// let mut backend = MemoryBackend::with_capacity(8192);
/// backend.write(&[IoSlice::new(b"one "), IoSlice::new(b"two")]).await?;
/// backend.checkpoint(&[]).await?;
///
/// let mut again = MemoryBackend::from_bytes(&backend.snapshot());
/// let mut buf = [0; 7];
/// again.read_all(&mut buf).await?;
/// assert_eq!(&buf, b"one two");
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
pub struct MemoryBackend {
    memory: Memory,
    capacity: u64,
    extent: Extent,
    cursor: u64,
    closed: bool,
}

impl MemoryBackend {
    /// An empty backend of [`CAPACITY_DEFAULT`].
    #[must_use]
    pub fn new() -> MemoryBackend {
        MemoryBackend::with_capacity(CAPACITY_DEFAULT)
    }

    /// An empty backend that takes `capacity` bytes and not one more. The memory is rounded up to whole sectors of
    /// [`SECTOR_SIZE`].
    ///
    /// # Panics
    ///
    /// When the capacity is more than the address space or the allocator has.
    #[must_use]
    pub fn with_capacity(capacity: u64) -> MemoryBackend {
        MemoryBackend { memory: Memory::new(capacity), capacity, extent: Extent::new(0), cursor: 0, closed: false }
    }

    /// A backend that holds these bytes, as if it had been opened after a stop: nothing counts as durable until the
    /// next checkpoint. Its capacity is [`CAPACITY_DEFAULT`], or the bytes in whole sectors when they are more.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> MemoryBackend {
        MemoryBackend::from_bytes_with_capacity(
            bytes,
            CAPACITY_DEFAULT.max(bytes.len().next_multiple_of(SECTOR_SIZE) as u64),
        )
    }

    /// As [`from_bytes`](MemoryBackend::from_bytes), with room for `capacity` bytes.
    ///
    /// # Panics
    ///
    /// When the bytes are more than the capacity.
    #[must_use]
    pub fn from_bytes_with_capacity(bytes: &[u8], capacity: u64) -> MemoryBackend {
        assert!(bytes.len() as u64 <= capacity, "{} bytes do not fit into {capacity}", bytes.len());
        let mut backend = MemoryBackend::with_capacity(capacity);
        backend.memory.write(0, &[IoSlice::new(bytes)]);
        backend.extent.set_len(bytes.len() as u64);
        backend
    }

    /// A copy of everything that was written, durable or not.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        // The length is within the memory, which is within the address space.
        let mut bytes = vec![0; self.extent.len() as usize];
        self.memory.read(0, &mut bytes);
        bytes
    }

    /// How many bytes fit in all.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Makes everything durable that was written, which here means no more than to say so.
    fn settle(&mut self, note: &[u8]) -> Result<u64> {
        self.check_open()?;
        if note.len() > NOTE_LEN_MAX {
            let (size, limit) = (note.len() as u64, NOTE_LEN_MAX as u64);
            return Err(Error::TooLarge { what: Quantity::Note, size, limit });
        }
        let len = self.extent.len();
        self.extent.set_durable(len);
        Ok(len)
    }

    fn check_open(&self) -> Result<()> {
        if self.closed { Err(Error::Closed) } else { Ok(()) }
    }
}

impl Default for MemoryBackend {
    fn default() -> MemoryBackend {
        MemoryBackend::new()
    }
}

impl AofRead for MemoryBackend {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.check_open()?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.check_open()?;
        let there = self.extent.len().saturating_sub(self.cursor);
        let count = usize::try_from(there).map_or(buf.len(), |there| there.min(buf.len()));
        self.memory.read(self.cursor, &mut buf[..count]);
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        self.check_open()?;
        Ok(self.extent.start())
    }

    async fn end(&mut self) -> Result<u64> {
        self.check_open()?;
        Ok(self.extent.len())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        match self.end().await? {
            len if len > end => Ok(len),
            _ => Err(Error::Unsupported { what: "waiting on the backend itself, which nobody else can write," }),
        }
    }
}

impl AofBackend for MemoryBackend {
    type Reader = MemoryReader;
    type Checkpoint = Ready<Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.check_open()?;
        let offset = self.extent.len();
        let available = self.capacity - offset;
        let needed = parts.iter().map(|part| part.len() as u64).sum();
        if needed > available {
            return Err(Error::Full { needed, available });
        }
        self.memory.write(offset, parts);
        self.extent.set_len(offset + needed);
        Ok(offset)
    }

    fn checkpoint(&mut self, note: &[u8]) -> Ready<Result<u64>> {
        ready(self.settle(note))
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.check_open()?;
        if len > self.extent.len() {
            return Err(Error::OutOfBounds { offset: len, len: self.extent.len() });
        }
        self.extent.truncate(len);
        self.extent.set_durable(len);
        Ok(())
    }

    async fn prune(&mut self, _to: u64) -> Result<u64> {
        self.check_open()?;
        Err(Error::Unsupported { what: "pruning, of memory that is allocated up front," })
    }

    async fn reader(&mut self) -> Result<MemoryReader> {
        self.check_open()?;
        Ok(MemoryReader::new(self.memory.share(), self.extent.view()))
    }

    async fn close(&mut self) -> Result<()> {
        self.extent.close();
        self.closed = true;
        Ok(())
    }

    fn len(&self) -> u64 {
        self.extent.len()
    }

    fn durable_len(&self) -> u64 {
        self.extent.durable_len()
    }

    /// None: bytes that are given to [`from_bytes`](MemoryBackend::from_bytes) may be anything.
    fn note(&self) -> Option<(u64, Vec<u8>)> {
        None
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBackend")
            .field("len", &self.extent.len())
            .field("durable_len", &self.extent.durable_len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
