//! A reader that ends where the log ended when somebody looked, though the log may grow.

use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};

/// A reader that ends at an offset, though the log may be longer or grow.
///
/// ```
/// use aof_api::AofReadExt;
/// use aof_api::read::Bounded;
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let mut reader = Bounded::new(MemoryBackend::from_bytes(b"0123456789"), 4);
/// let mut bytes = [0; 10];
/// assert_eq!(reader.read_all(&mut bytes).await?, 4);
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
///
/// A validator that read on while an entry is being written would meet its first half, and its second half later, and
/// call both damage.
#[derive(Debug)]
pub struct Bounded<R> {
    reader: R,
    end: u64,
    cursor: u64,
}

impl<R: AofRead> Bounded<R> {
    /// Reads up to `end`, in bytes from the first ever written, and no further.
    #[must_use]
    pub fn new(reader: R, end: u64) -> Bounded<R> {
        Bounded { reader, end, cursor: 0 }
    }

    /// Reads up to `end` from now on.
    pub(crate) fn set_end(&mut self, end: u64) {
        self.end = end;
    }
}

impl<R: AofRead> AofRead for Bounded<R> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        self.reader.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let left = self.end.saturating_sub(self.cursor);
        let len = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        if len == 0 {
            return Ok(0);
        }
        let count = self.reader.read(&mut buf[..len]).await?;
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        self.reader.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        Ok(self.end.min(self.reader.end().await?))
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        let there = self.end().await?;
        if there > end || self.end > end {
            return Ok(self.end.min(self.reader.changed(end).await?));
        }
        Err(Error::Unsupported { what: "waiting beyond the end of a bounded reader" })
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        // At or past the end, nobody else need be asked.
        if offset >= self.end {
            return Ok(offset);
        }
        Ok(self.end.min(self.reader.next_data(offset).await?))
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        self.reader.boundary(offset.min(self.end)).await
    }
}
