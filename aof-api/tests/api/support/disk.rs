//! A backend whose bytes can be looked at while a log owns it, and whose futures are not ready at once.

use super::polling::pending;
use aof_api::{AofBackend, AofRead, Error, Result};
use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle; clones are handles on the same bytes. It keeps the contract, save the lock (B10).
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    image: Arc<Mutex<Image>>,
    cursor: u64,
}

#[derive(Debug, Default)]
struct Image {
    bytes: Vec<u8>,
    durable_len: u64,
    recovery_offset: u64,
    pending_before: usize,
    pending_after: usize,
    writes: usize,
    truncates: Vec<u64>,
    unreadable: Option<Range<u64>>,
}

impl Disk {
    pub(crate) fn new() -> Disk {
        Disk::default()
    }

    pub(crate) fn with(bytes: &[u8]) -> Disk {
        let disk = Disk::new();
        disk.lock().bytes = bytes.to_vec();
        disk
    }

    /// How often each call is `Pending` before it does what it does, within one poll, and how often afterwards.
    pub(crate) fn pending(self, before: usize, after: usize) -> Disk {
        self.set_pending(before, after);
        self
    }

    pub(crate) fn set_pending(&self, before: usize, after: usize) {
        let mut image = self.lock();
        (image.pending_before, image.pending_after) = (before, after);
    }

    pub(crate) fn recovery_from(self, offset: u64) -> Disk {
        self.lock().recovery_offset = offset;
        self
    }

    /// Reading from this range is an error from now on.
    pub(crate) fn set_unreadable(&self, range: Option<Range<u64>>) {
        self.lock().unreadable = range;
    }

    /// Other bytes from now on, as a file has that is written over.
    pub(crate) fn replace(&self, bytes: &[u8]) {
        self.lock().bytes = bytes.to_vec();
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// How many writes there were.
    pub(crate) fn writes(&self) -> usize {
        self.lock().writes
    }

    /// Every cut there was.
    pub(crate) fn truncates(&self) -> Vec<u64> {
        self.lock().truncates.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Image> {
        self.image.lock().unwrap()
    }

    async fn before(&self) {
        let times = self.lock().pending_before;
        pending(times).await;
    }

    async fn after(&self) {
        let times = self.lock().pending_after;
        pending(times).await;
    }
}

impl AofRead for Disk {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.before().await;
        self.cursor = offset;
        self.after().await;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.before().await;
        let count = {
            let image = self.lock();
            let start = usize::try_from(self.cursor).unwrap_or(usize::MAX).min(image.bytes.len());
            let mut there = &image.bytes[start..];
            if let Some(range) = &image.unreadable {
                if range.contains(&self.cursor) && !there.is_empty() {
                    return Err(Error::io("read", self.cursor, io::Error::other("bad sector")));
                }
                if self.cursor < range.start {
                    there = &there[..there.len().min((range.start - self.cursor) as usize)];
                }
            }
            let count = there.len().min(buf.len());
            buf[..count].copy_from_slice(&there[..count]);
            count
        };
        self.cursor += count as u64;
        self.after().await;
        Ok(count)
    }

    async fn end(&mut self) -> Result<u64> {
        self.before().await;
        Ok(self.len())
    }
}

impl AofBackend for Disk {
    type Reader = Disk;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.before().await;
        let offset = {
            let mut image = self.lock();
            let offset = image.bytes.len() as u64;
            parts.iter().for_each(|part| image.bytes.extend_from_slice(part));
            image.writes += 1;
            offset
        };
        self.after().await;
        Ok(offset)
    }

    async fn checkpoint(&mut self) -> Result<u64> {
        let written = self.len();
        self.before().await;
        self.lock().durable_len = written;
        self.after().await;
        Ok(written)
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.before().await;
        {
            let mut image = self.lock();
            if len > image.bytes.len() as u64 {
                return Err(Error::OutOfBounds { offset: len, len: image.bytes.len() as u64 });
            }
            image.bytes.truncate(len as usize);
            image.durable_len = len;
            image.truncates.push(len);
        }
        self.after().await;
        Ok(())
    }

    async fn reader(&mut self) -> Result<Disk> {
        self.before().await;
        Ok(Disk { image: Arc::clone(&self.image), cursor: 0 })
    }

    async fn close(&mut self) -> Result<()> {
        self.before().await;
        Ok(())
    }

    fn len(&self) -> u64 {
        self.lock().bytes.len() as u64
    }

    fn durable_len(&self) -> u64 {
        self.lock().durable_len
    }

    fn recovery_offset(&self) -> u64 {
        self.lock().recovery_offset
    }
}
