//! A backend whose bytes can be looked at while a log owns it, and whose futures are not ready at once.

use super::polling::pending;
use aof_api::storage::IoCall;
use aof_api::{AofBackend, AofRead, Error, Result};
use futures::future::BoxFuture;
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
    start: u64,
    /// Every note, with what its checkpoint covered.
    notes: Vec<(u64, Vec<u8>)>,
    /// The note that opening found.
    note: Option<(u64, Vec<u8>)>,
    pending_before: usize,
    pending_after: usize,
    writes: usize,
    truncates: Vec<u64>,
    unreadable: Option<Range<u64>>,
    /// Bytes that were read, of all handles.
    read: u64,
    longest_write: usize,
    cannot_cut: bool,
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

    /// How long the longest write was, in bytes.
    pub(crate) fn longest_write(&self) -> usize {
        self.lock().longest_write
    }

    /// `truncate` is unsupported from now on.
    pub(crate) fn set_cannot_cut(&self) {
        self.lock().cannot_cut = true;
    }

    /// How many bytes were read, of this handle and its clones.
    pub(crate) fn read_bytes(&self) -> u64 {
        self.lock().read
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

    /// The same bytes as another opening finds them, with the newest note, and nothing known to be durable.
    pub(crate) fn reopened(&self) -> Disk {
        let image = self.lock();
        let again = Disk::with(&image.bytes);
        {
            let mut found = again.lock();
            (found.start, found.durable_len) = (image.start, image.start);
            (found.notes, found.note) = (image.notes.clone(), image.notes.last().cloned());
        }
        again
    }

    /// The bytes below `start` are gone.
    pub(crate) fn pruned_to(self, start: u64) -> Disk {
        self.lock().start = start;
        self
    }

    /// This note, as opening the storage finds it.
    pub(crate) fn noted(self, covered: u64, note: &[u8]) -> Disk {
        self.lock().note = Some((covered, note.to_vec()));
        self
    }

    /// Every note that a checkpoint carried, with what it covered.
    pub(crate) fn notes(&self) -> Vec<(u64, Vec<u8>)> {
        self.lock().notes.clone()
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
            let mut image = self.lock();
            if self.cursor < image.start {
                return Err(Error::Pruned { start: image.start });
            }
            let start = usize::try_from(self.cursor).unwrap_or(usize::MAX).min(image.bytes.len());
            let mut there = &image.bytes[start..];
            if let Some(range) = &image.unreadable {
                if range.contains(&self.cursor) && !there.is_empty() {
                    return Err(Error::io(IoCall::Read, self.cursor, io::Error::other("bad sector")));
                }
                if self.cursor < range.start {
                    there = &there[..there.len().min((range.start - self.cursor) as usize)];
                }
            }
            let count = there.len().min(buf.len());
            buf[..count].copy_from_slice(&there[..count]);
            image.read += count as u64;
            count
        };
        self.cursor += count as u64;
        self.after().await;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        self.before().await;
        Ok(self.lock().start)
    }

    async fn end(&mut self) -> Result<u64> {
        self.before().await;
        Ok(self.len())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        match self.end().await? {
            len if len > end => Ok(len),
            _ => Err(Error::Unsupported { what: "waiting for a disk of the tests" }),
        }
    }
}

impl AofBackend for Disk {
    type Reader = Disk;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.before().await;
        let offset = {
            let mut image = self.lock();
            let offset = image.bytes.len() as u64;
            parts.iter().for_each(|part| image.bytes.extend_from_slice(part));
            image.writes += 1;
            image.longest_write = image.longest_write.max(image.bytes.len() - offset as usize);
            offset
        };
        self.after().await;
        Ok(offset)
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let (disk, note) = (self.clone(), note.to_vec());
        let written = self.len();
        Box::pin(async move {
            disk.before().await;
            {
                let mut image = disk.lock();
                image.durable_len = image.durable_len.max(written);
                if !note.is_empty() {
                    image.notes.push((written, note));
                }
            }
            disk.after().await;
            Ok(written)
        })
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.before().await;
        {
            let mut image = self.lock();
            if image.cannot_cut {
                return Err(Error::Unsupported { what: "cutting a disk of the tests" });
            }
            if len > image.bytes.len() as u64 {
                return Err(Error::OutOfBounds { offset: len, len: image.bytes.len() as u64 });
            }
            image.bytes.truncate(len as usize);
            image.durable_len = len;
            image.notes.retain(|(covered, _)| *covered <= len);
            image.truncates.push(len);
        }
        self.after().await;
        Ok(())
    }

    /// To the last note at or below `to`.
    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.before().await;
        let mut image = self.lock();
        if to > image.durable_len {
            return Err(Error::OutOfBounds { offset: to, len: image.durable_len });
        }
        let ends = image.notes.iter().map(|(covered, _)| *covered);
        let start = ends.filter(|covered| *covered <= to && *covered < image.durable_len).max();
        image.start = image.start.max(start.unwrap_or(0));
        Ok(image.start)
    }

    async fn reader(&mut self) -> Result<Disk> {
        self.before().await;
        let cursor = self.lock().start;
        Ok(Disk { image: Arc::clone(&self.image), cursor })
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

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.lock().note.clone()
    }
}
