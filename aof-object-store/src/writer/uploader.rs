//! The task that puts chunks: one PUT in flight, while the next chunk fills.

use super::progress::Settled;
use super::queue::{Cut, Queue};
use crate::chunk::{Chunk, Kind, Note, Writer};
use crate::index::Index;
use crate::requests::{Created, Requests, broken};
use aof_api::format::Checksum;
use aof_api::storage::IoCall;
use aof_api::storage::extent::Settler;
use aof_api::storage::unflushed::{Piece, Unflushed};
use aof_api::{Error, Result};
use bytes::Bytes;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// What the task has.
#[derive(Debug)]
pub(crate) struct Uploader {
    pub(crate) requests: Arc<Requests>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) unflushed: Arc<Unflushed>,
    pub(crate) index: Arc<RwLock<Index>>,
    pub(crate) settler: Settler,
    pub(crate) settled: watch::Sender<Settled>,
    pub(crate) writer: Writer,
    pub(crate) previous: Checksum,
    pub(crate) note: Option<Note>,
}

impl Uploader {
    /// Runs until the queue is closed or a chunk cannot be put.
    pub(crate) async fn run(mut self) -> Result<()> {
        let ended = loop {
            if !self.queue.wait().await {
                break Error::Closed;
            }
            match self.put_next().await {
                Ok(()) => {}
                Err(error @ Error::Fenced { .. }) => break error,
                // Dropped while it was tried again: not known, and nobody is left who needs to know.
                Err(_) if matches!(self.settler.check(), Err(Error::Closed)) => break Error::Closed,
                Err(failure) => {
                    self.settler.poison(&failure);
                    break failure;
                }
            }
        };
        self.queue.close();
        self.settled.send_modify(|settled| settled.ended = Some(ended));
        Ok(())
    }

    /// Puts the next chunk, and shows everybody that it is durable.
    async fn put_next(&mut self) -> Result<()> {
        let options = &self.requests.options;
        let slot = self.slot();
        if !options.linger.is_zero() {
            self.linger(Instant::now() + options.linger, slot.offset).await;
        }
        let Some(Cut { id, to, note }) = self.queue.take(slot.offset, options.chunk_len) else { return Ok(()) };
        let note = note.or_else(|| self.note.clone());
        let payload = payload(self.unflushed.pieces(), slot.offset, to);
        let chunk = Chunk::new(Kind::Data, self.writer, slot, self.previous, note.clone(), payload);
        let key = self.requests.names.chunk(slot);
        if let Created::Theirs = self.requests.create(&key, &chunk.object, slot.offset).await? {
            return Err(self.collision(slot).await);
        }
        self.previous = chunk.header.checksum();
        self.note = note;
        let payload_len = chunk.header.payload_len;
        drop(chunk);
        // The index first: what is released is looked for there.
        self.index.write().unwrap_or_else(PoisonError::into_inner).push(payload_len);
        self.unflushed.release(to);
        self.settler.set_durable(to);
        self.settled.send_modify(|settled| (settled.cut, settled.durable) = (id, to));
        Ok(())
    }

    /// Waits for more to put into the chunk.
    async fn linger(&self, until: Instant, from: u64) {
        let step = self.requests.options.linger / 8;
        while Instant::now() < until && !self.queue.is_full(from, self.requests.options.chunk_len) {
            sleep_until((Instant::now() + step).min(until)).await;
        }
    }

    fn slot(&self) -> crate::names::Slot {
        self.index.read().unwrap_or_else(PoisonError::into_inner).next()
    }

    /// What it means that another chunk is in the slot.
    async fn collision(&self, slot: crate::names::Slot) -> Error {
        let theirs = match self.requests.chunk_header(slot).await {
            Ok(Some(theirs)) => theirs,
            Ok(None) => return self.overwritten(slot, "it was there, and is gone: something deletes chunks"),
            Err(error) => return error,
        };
        if theirs.writer.epoch > self.writer.epoch
            || theirs.writer.epoch == self.writer.epoch && theirs.writer.writer != self.writer.writer
        {
            return self.settler.fence(&self.requests.what());
        }
        self.overwritten(slot, "it holds a chunk that no writer of this log can have put there")
    }

    fn overwritten(&self, slot: crate::names::Slot, why: &str) -> Error {
        broken(IoCall::Verify, &self.requests.names.chunk(slot), slot.offset, why)
    }
}

impl Drop for Uploader {
    fn drop(&mut self) {
        // Foreign code of the store panicked: what became of the PUT is not known.
        if self.settled.borrow().ended.is_none() {
            let message = "a store panicked while a chunk was put, whose outcome is not known".into();
            let panicked = Error::Panicked { message };
            self.queue.close();
            self.settler.poison(&panicked);
            self.settled.send_modify(|settled| settled.ended = Some(panicked));
        }
    }
}

/// The bytes from `from` to `to`: a part of the one piece that holds them, or else a copy.
fn payload(pieces: Vec<Piece>, from: u64, to: u64) -> Bytes {
    let mut parts = Vec::new();
    for (offset, bytes) in pieces {
        let end = offset + bytes.len() as u64;
        let (begin, end) = (from.max(offset), to.min(end));
        if begin < end {
            let within = (begin - offset) as usize..(end - offset) as usize;
            parts.push(Bytes::from_owner(Shared(bytes)).slice(within));
        }
    }
    match parts.len() {
        1 => parts.remove(0),
        _ => parts.concat().into(),
    }
}

/// A piece, as an owner of bytes.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
