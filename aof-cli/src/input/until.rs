//! A log up to a point in time: where that is, and a reader that ends there.

use super::source::Source;
use crate::output::failure::{Failure, Outcome};
use aof_api::read::{self, Until};
use aof_api::{AofRead, Entries, Error, Result};
use futures::executor::block_on;

/// Where the first entry past `until` begins, in bytes; `None` where there is none before damage. The log is read up to
/// there.
pub(crate) fn end_of(source: &Source, until: Until) -> Outcome<Option<u64>> {
    if source.is_stream() {
        return Err(Failure::Usage("a copy up to an op or a time needs a file, not a stream".to_owned()));
    }
    let failure = Failure::at(&source.path);
    let mut entries = Entries::new(source.reader()?, read::Options::new());
    let mut last = None;
    loop {
        match block_on(entries.next()) {
            Ok(Some(entry)) if until.is_past(entry.header()) => return Ok(Some(entry.offset)),
            Ok(Some(entry)) => last = Some((entry.op(), entry.offset + entry.size_disk())),
            // After the last op that is wanted, damage does not matter.
            Err(Error::Corrupt { .. }) => {
                let reached = last.filter(|(op, _)| matches!(until, Until::Op(until) if *op >= until));
                return Ok(reached.map(|(_, end)| end));
            }
            Ok(None) => return Ok(None),
            Err(error) => return Err(failure(error)),
        }
    }
}

/// A reader that ends at an offset.
pub(crate) struct UpTo<R> {
    reader: R,
    end: u64,
    cursor: u64,
}

impl<R> UpTo<R> {
    /// Up to `end`, or to the end of the log.
    pub(crate) fn new(reader: R, end: Option<u64>) -> UpTo<R> {
        UpTo { reader, end: end.unwrap_or(u64::MAX), cursor: 0 }
    }
}

impl<R: AofRead> AofRead for UpTo<R> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        self.reader.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let left = self.end.saturating_sub(self.cursor);
        let len = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        let read = self.reader.read(&mut buf[..len]).await?;
        self.cursor += read as u64;
        Ok(read)
    }

    async fn start(&mut self) -> Result<u64> {
        self.reader.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        Ok(self.reader.end().await?.min(self.end))
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        Ok(self.reader.changed(end).await?.min(self.end))
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        self.reader.next_data(offset).await
    }
}
