//! A reader that keeps the contract and is as awkward as it allows.

use super::polling::pending;
use super::random::Random;
use aof_api::storage::IoCall;
use aof_api::{AofRead, Error, Result};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much a read answers at most.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// All that is there.
    Whole,
    OneByte,
    /// From 1 byte to 1 KiB, as it comes.
    Short(Random),
}

/// Reads bytes that do not change.
#[derive(Clone, Debug)]
pub(crate) struct SliceReader {
    bytes: Arc<[u8]>,
    cursor: u64,
    manner: Manner,
    pending_times: usize,
    unreadable: Vec<Range<u64>>,
    /// Where the storage divided the log, in order.
    divided_at: Vec<u64>,
    longest: Arc<AtomicUsize>,
    total: Arc<AtomicUsize>,
}

impl SliceReader {
    pub(crate) fn new(bytes: &[u8]) -> SliceReader {
        SliceReader {
            bytes: bytes.into(),
            cursor: 0,
            manner: Manner::Whole,
            pending_times: 0,
            unreadable: Vec::new(),
            divided_at: Vec::new(),
            longest: Arc::default(),
            total: Arc::default(),
        }
    }

    pub(crate) fn manner(mut self, manner: Manner) -> SliceReader {
        self.manner = manner;
        self
    }

    /// Is not ready so many times before each answer.
    pub(crate) fn pending(mut self, times: usize) -> SliceReader {
        self.pending_times = times;
        self
    }

    /// Knows that an entry begins at each of these offsets, which are in order.
    pub(crate) fn divided_at(mut self, offsets: Vec<u64>) -> SliceReader {
        self.divided_at = offsets;
        self
    }

    /// Reading from here is an error; reading up to here is not.
    pub(crate) fn unreadable(mut self, range: Range<u64>) -> SliceReader {
        self.unreadable.push(range);
        self
    }

    /// The longest read that was asked for, of this reader and its clones.
    pub(crate) fn longest(&self) -> usize {
        self.longest.load(Ordering::Relaxed)
    }

    /// How many bytes were read, of this reader and its clones.
    pub(crate) fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }
}

impl AofRead for SliceReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        pending(self.pending_times).await;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        pending(self.pending_times).await;
        self.longest.fetch_max(buf.len(), Ordering::Relaxed);
        let end = self.bytes.len() as u64;
        let mut readable = end.saturating_sub(self.cursor);
        for range in &self.unreadable {
            if range.contains(&self.cursor) && self.cursor < end {
                return Err(Error::io(IoCall::Read, self.cursor, io::Error::other("bad sector")));
            }
            if self.cursor < range.start {
                readable = readable.min(range.start - self.cursor);
            }
        }
        let wanted = match &mut self.manner {
            Manner::Whole => buf.len(),
            Manner::OneByte => buf.len().min(1),
            Manner::Short(random) => buf.len().min(1 + random.below(1024)),
        };
        let count = wanted.min(readable as usize);
        if count > 0 {
            let at = self.cursor as usize;
            buf[..count].copy_from_slice(&self.bytes[at..at + count]);
            self.cursor += count as u64;
            self.total.fetch_add(count, Ordering::Relaxed);
        }
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(0)
    }

    async fn end(&mut self) -> Result<u64> {
        pending(self.pending_times).await;
        Ok(self.bytes.len() as u64)
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        match self.end().await? {
            len if len > end => Ok(len),
            _ => Err(Error::Unsupported { what: "waiting for bytes that do not change" }),
        }
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        let next = self.divided_at.partition_point(|at| *at <= offset);
        Ok(next.checked_sub(1).map_or(0, |last| self.divided_at[last]))
    }
}
