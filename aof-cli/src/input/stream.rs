//! A log that comes through a pipe: read forwards once, with as much kept as a walk ever goes back.

use aof_api::storage::IoCall;
use aof_api::{AofRead, Error, Result};
use std::io::{self, Read};
use std::sync::{Arc, OnceLock};

/// How far back a reader may go, in bytes. A walk on one thread goes back over a chunk of 256 KiB and an entry of 1 MiB,
/// and after damage over one entry more.
const KEPT_LEN: usize = 4 << 20;

/// How a stream began, once something came.
#[derive(Clone, Default)]
pub(crate) struct Begin(Arc<OnceLock<Vec<u8>>>);

/// How many bytes of the beginning are remembered.
const BEGIN_LEN: usize = 512;

impl Begin {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.get().cloned().unwrap_or_default()
    }
}

/// Reads a stream that has no beginning any more, only what was kept of it.
pub(crate) struct StreamReader {
    input: Box<dyn Read + Send>,
    /// The last bytes that came, and where the first of them is in the log.
    kept: Vec<u8>,
    start: u64,
    cursor: u64,
    ended: bool,
    begin: Begin,
    /// Why nothing more comes, where that is not the end.
    failed: Option<(io::ErrorKind, String)>,
}

impl StreamReader {
    pub(crate) fn new(input: impl Read + Send + 'static) -> StreamReader {
        StreamReader {
            input: Box::new(input),
            kept: Vec::new(),
            start: 0,
            cursor: 0,
            ended: false,
            begin: Begin::default(),
            failed: None,
        }
    }

    pub(crate) fn begin(&self) -> Begin {
        self.begin.clone()
    }

    fn kept_end(&self) -> u64 {
        self.start + self.kept.len() as u64
    }

    /// Takes more of the input, at most `len` bytes, and returns whether there was any.
    fn take(&mut self, len: usize) -> Result<bool> {
        if let Some((kind, message)) = &self.failed {
            return Err(Error::io(IoCall::Read, self.kept_end(), io::Error::new(*kind, message.clone())));
        }
        if self.ended {
            return Ok(false);
        }
        if self.kept.len() >= 2 * KEPT_LEN {
            let forgotten = self.kept.len() - KEPT_LEN;
            self.kept.drain(..forgotten);
            self.start += forgotten as u64;
        }
        let filled = self.kept.len();
        self.kept.resize(filled + len.min(KEPT_LEN), 0);
        let read = loop {
            match self.input.read(&mut self.kept[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.kept.truncate(filled + read.as_ref().copied().unwrap_or(0));
        match read {
            Ok(0) => {
                self.ended = true;
                Ok(false)
            }
            Ok(_) => {
                if filled == 0 && self.start == 0 {
                    self.begin.0.get_or_init(|| self.kept[..self.kept.len().min(BEGIN_LEN)].to_vec());
                }
                Ok(true)
            }
            Err(error) => {
                self.failed = Some((error.kind(), error.to_string()));
                Err(Error::io(IoCall::Read, self.kept_end(), error))
            }
        }
    }
}

impl AofRead for StreamReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        while self.cursor >= self.kept_end() {
            let gap = usize::try_from(self.cursor - self.kept_end()).unwrap_or(KEPT_LEN);
            if !self.take(buf.len().saturating_add(gap))? {
                return Ok(0);
            }
        }
        let Some(at) = self.cursor.checked_sub(self.start) else {
            let gone = io::Error::other("a stream cannot be read again from here: save it to a file first");
            return Err(Error::io(IoCall::Read, self.cursor, gone));
        };
        // Within what is kept, which fits into memory.
        let there = &self.kept[at as usize..];
        let count = there.len().min(buf.len());
        buf[..count].copy_from_slice(&there[..count]);
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(0)
    }

    async fn changed(&mut self, _: u64) -> Result<u64> {
        Err(Error::Unsupported { what: "waiting for a stream" })
    }

    /// Nobody knows until it is there.
    async fn end(&mut self) -> Result<u64> {
        Ok(if self.ended || self.failed.is_some() { self.kept_end() } else { u64::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aof_api::AofReadExt;
    use futures::executor::block_on;

    #[test]
    fn what_was_read_not_long_ago_can_be_read_again() {
        let bytes: Vec<u8> = (0..20_000_000_u32).map(|at| (at % 251) as u8).collect();
        let mut reader = StreamReader::new(io::Cursor::new(bytes.clone()));
        let mut buf = vec![0; 300_000];
        for offset in [0, 10, 250_000, 1_000_000, 9_000_000, 6_000_000, 19_900_000] {
            let count = block_on(reader.read_all_at(offset, &mut buf)).unwrap();
            let end = bytes.len().min(offset as usize + buf.len());
            assert!(buf[..count] == bytes[offset as usize..end], "{offset}");
            assert!(reader.kept.len() <= 3 * KEPT_LEN);
        }
        assert_eq!(block_on(reader.end()).unwrap(), 20_000_000);
        assert!(block_on(reader.read_all_at(0, &mut buf)).is_err());
    }

    #[test]
    fn a_failure_stays_one() {
        struct Fails;
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("no more"))
            }
        }
        let mut reader = StreamReader::new(io::Cursor::new(b"four").chain(Fails));
        let mut buf = [0; 4];
        assert_eq!(block_on(reader.read(&mut buf)).unwrap(), 4);
        for _ in 0..2 {
            assert!(block_on(reader.read(&mut buf)).is_err());
        }
        assert_eq!(block_on(reader.end()).unwrap(), 4);
    }
}
