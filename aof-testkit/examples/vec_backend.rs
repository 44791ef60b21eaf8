//! A complete backend in one file, over a vector of bytes, and everything it takes to test it: the methods of the traits,
//! and 39 lines beside them.
//!
//! `cargo run -p aof-testkit --example vec_backend` prints what the suite says of it;
//! `cargo test -p aof-testkit --example vec_backend` runs every case as a test.

use aof_api::storage::extent::{Extent, ExtentView};
use aof_api::storage::{NOTE_LEN_MAX, Quantity};
use aof_api::{AofBackend, AofRead, Error, Result};
use aof_testkit::{Capabilities, Fixture, run_all};
use std::future::{Ready, ready};
use std::io::IoSlice;
use std::sync::{Arc, RwLock};

/// A log in a vector. There is no disk, so a checkpoint has nothing to do, and nothing survives the process.
pub(crate) struct VecBackend {
    /// Tells readers how far the log reaches, and which of them a truncation has cut off.
    extent: Extent,
    reader: VecReader,
    /// What every call returns before it does anything: `Closed` after a close.
    open: Result<()>,
}

/// A cursor over the vector: of a reader, and of the backend itself.
pub(crate) struct VecReader {
    bytes: Arc<RwLock<Vec<u8>>>,
    view: ExtentView,
    cursor: u64,
}

impl VecBackend {
    /// A log that holds these bytes.
    pub(crate) fn new(bytes: Vec<u8>) -> VecBackend {
        let mut extent = Extent::new(bytes.len() as u64);
        let reader = VecReader { bytes: Arc::new(RwLock::new(bytes)), view: extent.view(), cursor: 0 };
        VecBackend { extent, reader, open: Ok(()) }
    }

    /// A checkpoint, which has no more to do than to say so.
    fn settle(&mut self, note: &[u8]) -> Result<u64> {
        self.open.clone()?;
        if note.len() > NOTE_LEN_MAX {
            let (size, limit) = (note.len() as u64, NOTE_LEN_MAX as u64);
            return Err(Error::TooLarge { what: Quantity::Note, size, limit });
        }
        let len = self.extent.len();
        self.extent.set_durable(len);
        Ok(len)
    }
}

impl AofRead for VecReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let bytes = self.bytes.read().expect("no thread panics while holding the lock");
        // Under the lock: nothing is cut while it is read.
        let count = self.view.readable(self.cursor, buf.len())?;
        if count > 0 {
            // Offsets below the end are those of a vector.
            buf[..count].copy_from_slice(&bytes[self.cursor as usize..][..count]);
            self.cursor += count as u64;
        }
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(0)
    }

    async fn end(&mut self) -> Result<u64> {
        Ok(self.view.end())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.view.changed(end).await
    }
}

impl AofRead for VecBackend {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.open.clone()?;
        self.reader.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.open.clone()?;
        self.reader.read(buf).await
    }

    async fn start(&mut self) -> Result<u64> {
        self.open.clone().map(|()| 0)
    }

    async fn end(&mut self) -> Result<u64> {
        self.open.clone().map(|()| self.extent.len())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.open.clone()?;
        match self.extent.len() {
            len if len > end => Ok(len),
            _ => Err(Error::Unsupported { what: "waiting on the backend itself, which nobody else can write," }),
        }
    }
}

impl AofBackend for VecBackend {
    type Reader = VecReader;
    type Checkpoint = Ready<Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.open.clone()?;
        let offset = self.extent.len();
        let mut bytes = self.reader.bytes.write().expect("no thread panics while holding the lock");
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        self.extent.set_len(bytes.len() as u64);
        Ok(offset)
    }

    fn checkpoint(&mut self, note: &[u8]) -> Ready<Result<u64>> {
        ready(self.settle(note))
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.open.clone()?;
        if len > self.extent.len() {
            return Err(Error::OutOfBounds { offset: len, len: self.extent.len() });
        }
        let mut bytes = self.reader.bytes.write().expect("no thread panics while holding the lock");
        self.extent.truncate(len);
        bytes.truncate(len as usize);
        drop(bytes);
        // The cursor of the backend is not cut off, as those of earlier readers are.
        self.reader.view = self.extent.view();
        self.extent.set_durable(len);
        Ok(())
    }

    async fn prune(&mut self, _to: u64) -> Result<u64> {
        self.open.clone()?;
        Err(Error::Unsupported { what: "pruning" })
    }

    async fn reader(&mut self) -> Result<VecReader> {
        self.open.clone()?;
        Ok(VecReader { bytes: Arc::clone(&self.reader.bytes), view: self.extent.view(), cursor: 0 })
    }

    async fn close(&mut self) -> Result<()> {
        self.extent.close();
        self.open = Err(Error::Closed);
        Ok(())
    }

    fn len(&self) -> u64 {
        self.extent.len()
    }

    fn durable_len(&self) -> u64 {
        self.extent.durable_len()
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        None
    }
}

// From here on, all that it takes to test it.

struct VecFixture;

impl Fixture for VecFixture {
    type Backend = VecBackend;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new().truncate()
    }

    async fn create(&self) -> Result<VecBackend> {
        Ok(VecBackend::new(Vec::new()))
    }

    async fn reopen(&self, backend: VecBackend) -> Result<VecBackend> {
        let bytes = backend.reader.bytes.read().expect("no thread panics while holding the lock").clone();
        Ok(VecBackend::new(bytes))
    }
}

aof_testkit::conformance!(|| VecFixture);

fn main() {
    println!("{}", run_all(|| VecFixture));
}
