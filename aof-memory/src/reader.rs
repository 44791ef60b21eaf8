//! A cursor over the memory, of the backend or on its own.

use crate::memory::{READ_LEN_MAX, SharedMemory};
use aof_api::storage::extent::ExtentView;
use aof_api::{AofRead, Result};
use std::fmt;

/// A reader of a [`MemoryBackend`](crate::MemoryBackend), with a cursor of its own; it runs while the writer writes.
///
/// It keeps the memory alive when the backend is closed or dropped, and then ends where the log was durable.
///
/// ```
/// use aof_api::{AofBackend, AofRead, AofReadExt};
/// use aof_memory::MemoryBackend;
/// use std::io::IoSlice;
///
/// # futures::executor::block_on(async {
/// let mut backend = MemoryBackend::new();
/// let mut reader = backend.reader().await?;
/// backend.write(&[IoSlice::new(b"written later")]).await?;
/// let mut buf = [0; 32];
/// assert_eq!(reader.read_all(&mut buf).await?, 13);
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
pub struct MemoryReader {
    memory: SharedMemory,
    view: ExtentView,
    cursor: u64,
}

impl MemoryReader {
    pub(crate) fn new(memory: SharedMemory, view: ExtentView) -> MemoryReader {
        MemoryReader { memory, view, cursor: 0 }
    }
}

impl AofRead for MemoryReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let count = self.view.readable(self.cursor, buf.len().min(READ_LEN_MAX))?;
        self.memory.read(self.cursor, &mut buf[..count]);
        // A truncation and new bytes may have come between the check and the copy.
        let count = self.view.readable(self.cursor, count)?;
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(self.view.start())
    }

    async fn end(&mut self) -> Result<u64> {
        Ok(self.view.end())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.view.changed(end).await
    }
}

impl fmt::Debug for MemoryReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReader")
            .field("cursor", &self.cursor)
            .field("end", &self.view.end())
            .finish_non_exhaustive()
    }
}
