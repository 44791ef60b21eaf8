//! The bytes around damage, read once however often they are looked at.

use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};

/// A stretch of a log that moves forwards.
///
/// After damage, each place with a valid header may claim a body of 1 MiB that is not there. Looking at such places one
/// by one reads only what was not read before.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// Where `buf[start]` is in the log.
    offset: u64,
    start: usize,
    /// Where the bytes end that were read.
    filled: usize,
    /// Never shrinks, so that it is zeroed only once. Twice as long as the longest view, so that the bytes need to be
    /// moved to its beginning no more than once for as many that are passed.
    buf: Vec<u8>,
}

impl Window {
    /// Forgets what was read: it may have changed since.
    pub(crate) fn clear(&mut self) {
        (self.start, self.filled) = (0, 0);
    }

    /// `len` bytes at `offset`, or as many as there are, and the error that they end before.
    pub(crate) async fn view<R: AofRead>(
        &mut self,
        reader: &mut R,
        offset: u64,
        len: usize,
    ) -> Result<(&[u8], Option<Error>)> {
        let skip = offset.checked_sub(self.offset).and_then(|skip| usize::try_from(skip).ok());
        match skip.filter(|skip| *skip <= self.held()) {
            Some(skip) => self.start += skip,
            None => self.clear(),
        }
        self.offset = offset;
        let error = if self.held() < len { self.read_to(reader, len).await? } else { None };
        let end = self.filled.min(self.start + len);
        Ok((&self.buf[self.start..end], error))
    }

    fn held(&self) -> usize {
        self.filled - self.start
    }

    /// Reads until `len` bytes are held.
    async fn read_to<R: AofRead>(&mut self, reader: &mut R, len: usize) -> Result<Option<Error>> {
        reader.seek(self.offset + self.held() as u64).await?;
        if self.start + len > self.buf.len() {
            let held = self.start..self.filled;
            if self.buf.len() < len * 2 {
                // Memory that comes as zeros need not be written: most windows are never filled.
                let mut longer = vec![0; len * 2];
                longer[..held.len()].copy_from_slice(&self.buf[held.clone()]);
                self.buf = longer;
            } else {
                self.buf.copy_within(held.clone(), 0);
            }
            (self.start, self.filled) = (0, held.len());
        }
        let end = self.start + len;
        while self.filled < end {
            match reader.read(&mut self.buf[self.filled..end]).await {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) => return Ok(Some(error)),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    /// Counts what is read of it.
    struct Counted {
        bytes: Vec<u8>,
        cursor: u64,
        read: usize,
    }

    impl AofRead for Counted {
        async fn seek(&mut self, offset: u64) -> Result<()> {
            self.cursor = offset;
            Ok(())
        }

        async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
            let there = self.bytes.get(self.cursor as usize..).unwrap_or_default();
            let count = there.len().min(buf.len());
            buf[..count].copy_from_slice(&there[..count]);
            self.cursor += count as u64;
            self.read += count;
            Ok(count)
        }

        async fn start(&mut self) -> Result<u64> {
            Ok(0)
        }

        async fn end(&mut self) -> Result<u64> {
            Ok(self.bytes.len() as u64)
        }

        async fn changed(&mut self, _end: u64) -> Result<u64> {
            Err(Error::Unsupported { what: "waiting for bytes that do not change" })
        }
    }

    fn counted(len: usize) -> Counted {
        Counted { bytes: (0..len).map(|at| (at % 251) as u8).collect(), cursor: 0, read: 0 }
    }

    #[test]
    fn every_view_is_what_is_there() {
        let mut reader = counted(5000);
        let mut window = Window::default();
        for (offset, len) in [(0, 10), (3, 400), (403, 1), (404, 0), (404, 100), (2000, 900), (100, 7), (4990, 50)] {
            let (bytes, error) = block_on(window.view(&mut reader, offset, len)).unwrap();
            let (start, end) = (offset as usize, (offset as usize + len).min(5000));
            assert!(error.is_none());
            assert_eq!(bytes, (start..end).map(|at| (at % 251) as u8).collect::<Vec<_>>(), "{len} bytes at {offset}");
        }
        for offset in [5000, 5001, u64::MAX] {
            assert_eq!(block_on(window.view(&mut reader, offset, 10)).unwrap().0, [0; 0]);
        }
    }

    #[test]
    fn views_that_overlap_read_each_byte_once() {
        let mut reader = counted(100_000);
        let mut window = Window::default();
        for offset in (0..90_000).step_by(10) {
            block_on(window.view(&mut reader, offset, 10_000)).unwrap();
        }
        assert_eq!(reader.read, 99_990);
        assert_eq!(window.buf.len(), 20_000);
    }

    #[test]
    fn what_the_log_has_grown_by_is_seen() {
        let mut reader = counted(100);
        let mut window = Window::default();
        assert_eq!(block_on(window.view(&mut reader, 40, 100)).unwrap().0.len(), 60);
        reader.bytes.extend([7; 50]);
        let (bytes, _) = block_on(window.view(&mut reader, 40, 100)).unwrap();
        assert_eq!((bytes.len(), bytes[60..].to_vec()), (100, vec![7; 40]));
    }

    #[test]
    fn what_was_cleared_is_read_again() {
        let mut reader = counted(100);
        let mut window = Window::default();
        block_on(window.view(&mut reader, 0, 100)).unwrap();
        reader.bytes = vec![9; 100];
        window.clear();
        assert_eq!(block_on(window.view(&mut reader, 0, 100)).unwrap().0, [9; 100]);
    }
}
