//! Readers elsewhere with a flaw.

use super::Flaw;
use crate::disk::SimReader;
use aof_api::{AofRead, AofReadExt, Result};

/// A reader of a flawed log that shares nothing with the writer.
#[derive(Debug)]
pub(super) struct BadElsewhere {
    inner: SimReader,
    flaw: Flaw,
    cursor: u64,
    /// Where the log ended at the first look.
    first_end: Option<u64>,
    /// What was read first.
    cache: Vec<u8>,
}

impl BadElsewhere {
    pub(super) fn new(inner: SimReader, flaw: Flaw) -> BadElsewhere {
        BadElsewhere { inner, flaw, cursor: 0, first_end: None, cache: Vec::new() }
    }

    async fn look(&mut self) -> Result<u64> {
        let end = self.inner.end().await?;
        if self.flaw == Flaw::ReaderElsewhereKeepsCutBytes && (end as usize) > self.cache.len() {
            let mut bytes = vec![0; end as usize - self.cache.len()];
            self.inner.read_all_at(self.cache.len() as u64, &mut bytes).await?;
            self.cache.extend(bytes);
        }
        Ok(match self.flaw {
            Flaw::ReaderElsewhereIsASnapshot => end.min(*self.first_end.get_or_insert(end)),
            _ => end,
        })
    }
}

impl AofRead for BadElsewhere {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let there = self.look().await?.saturating_sub(self.cursor);
        let wanted = usize::try_from(there).map_or(buf.len(), |there| there.min(buf.len()));
        self.inner.seek(self.cursor).await?;
        let mut count = self.inner.read(&mut buf[..wanted]).await?;
        if let Some(cached) = self.cache.get(self.cursor as usize..) {
            let known = cached.len().min(count);
            buf[..known].copy_from_slice(&cached[..known]);
            count = count.max(known);
        }
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        self.inner.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        self.look().await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        match self.flaw {
            Flaw::ReaderElsewhereIsDeaf => std::future::pending().await,
            _ => self.inner.changed(end).await,
        }
    }
}
