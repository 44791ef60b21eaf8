//! A reader that ends where the log ended when somebody looked, though the log may grow.

use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};

/// Reads up to `end` and no further.
///
/// A validator that read on while an entry is being written would meet its first half, and its second half later, and
/// call both damage.
pub(crate) struct Bounded<R> {
    reader: R,
    end: u64,
    cursor: u64,
}

impl<R: AofRead> Bounded<R> {
    pub(crate) fn new(reader: R, end: u64) -> Bounded<R> {
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
}
