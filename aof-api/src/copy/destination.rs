//! The destination of a copy: compared as far as it holds something, then written, then read back.

use super::copied::Copied;
use super::error::{Error, Result};
use super::noted::Noted;
use super::options::Options;
use super::resume::Seam;
use crate::format::layout::size_disk;
use crate::read;
use crate::read::bounded::Bounded;
use crate::read::scan::{DamageAt, Scan, Step};
use crate::storage::backend::{AofBackend, AofRead, AofReadExt};
use crate::storage::error::{Error as StorageError, IoCall};
use std::io::IoSlice;
use zerocopy::IntoBytes;

/// How much is written at once, in bytes: an entry below what every storage takes.
const WRITE_LEN: usize = 32 << 20;

/// How much is looked at together to see whether it is zero, in bytes.
const ZEROS_LEN: usize = 64 << 10;

pub(super) struct Destination<'a, B> {
    backend: &'a mut B,
    /// Where it begins.
    start: u64,
    /// Where the source and the destination are compared from.
    seam: Seam,
    /// Where the next byte of the source belongs.
    at: u64,
    /// Where what was there before ends, as far as it is not replaced.
    there: u64,
    /// How much may be written before it is made durable, in bytes.
    checkpoint_len: u64,
    /// What the destination holds, to be compared.
    buf: Vec<u8>,
    noted: Noted,
    /// Over the checksums of all entries from the seam on, in their order.
    order: blake3::Hasher,
    copied: &'a mut Copied,
}

impl<'a, B: AofBackend> Destination<'a, B> {
    pub(super) async fn new(
        backend: &'a mut B,
        seam: Seam,
        Options { read, checkpoint_len, .. }: Options,
        copied: &'a mut Copied,
    ) -> Result<Destination<'a, B>> {
        let start = backend.start().await?;
        let noted = Noted::new(start, backend.note());
        let (at, there) = (seam.destination, backend.len());
        let order = blake3::Hasher::new();
        let buf = Vec::new();
        let mut destination =
            Destination { backend, start, seam, at, there, checkpoint_len, buf, noted, order, copied };
        destination.count_before_seam(read).await?;
        Ok(destination)
    }

    /// Takes the entries that only the destination still has.
    async fn count_before_seam(&mut self, read: read::Options) -> Result<()> {
        if self.start < self.seam.destination {
            let reader = Bounded::new(self.backend.reader().await?, self.seam.destination);
            let mut scan = Scan::new(reader, self.start, read);
            while let Step::Entries = scan.step().await? {
                for (offset, entry) in scan.entries() {
                    self.noted.push(entry.header(), offset, offset + size_disk(entry.header().size.get()));
                    self.copied.entries += 1;
                }
            }
        }
        self.copied.bytes = self.at.saturating_sub(self.start);
        self.copied.resumed_at = self.copied.bytes;
        self.copied.tip = self.noted.tip();
        Ok(())
    }

    pub(super) fn copied(&mut self) -> &mut Copied {
        self.copied
    }

    /// The entries of the source that were stepped to: compared as far as the destination has some, and then written.
    pub(super) async fn put<R: AofRead>(&mut self, scan: &Scan<R>) -> Result<()> {
        // What is before the seam, the destination never had, or has pruned.
        let Some(first) = scan.entries().position(|(offset, _)| offset >= self.seam.source) else { return Ok(()) };
        let (base, _) = scan.entry(first);
        if base - self.seam.source != self.at - self.seam.destination {
            // No entry of the source begins where the destination does.
            return Err(Error::Differs { offset: self.at });
        }
        let bytes = &scan.bytes()[(base - scan.entry(0).0) as usize..];
        let bounds = scan.entries().skip(first + 1).map(|(offset, _)| (offset - base) as usize);
        let bounds: Vec<usize> = bounds.chain([bytes.len()]).collect();
        let kept = self.keep(bytes, &bounds).await?;
        self.copied.resumed_at += kept as u64;
        let mut from = kept;
        while from < bytes.len() {
            let most = bounds.partition_point(|bound| *bound <= from.saturating_add(WRITE_LEN));
            let to = bounds[..most].last().copied().filter(|to| *to > from).unwrap_or(bytes.len());
            self.backend.write(&[IoSlice::new(&bytes[from..to])]).await?;
            from = to;
        }
        for (offset, entry) in scan.entries().skip(first) {
            let (offset, size) = (self.at + (offset - base), size_disk(entry.header().size.get()));
            self.noted.push(entry.header(), offset, offset + size);
            self.order.update(entry.checksum().as_bytes());
            self.copied.entries += 1;
        }
        self.at += bytes.len() as u64;
        self.copied.bytes = self.at - self.start;
        self.copied.tip = self.noted.tip();
        let undurable = self.at - self.backend.durable_len().min(self.at);
        if undurable >= self.checkpoint_len && self.backend.len() == self.at {
            self.checkpoint().await?;
        }
        Ok(())
    }

    /// How many of `bytes` the destination keeps, in whole entries: what it holds after them is cut. `bounds` are the
    /// ends of the entries.
    async fn keep(&mut self, bytes: &[u8], bounds: &[usize]) -> Result<usize> {
        let left = self.there.saturating_sub(self.at);
        let len = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        if len == 0 {
            return Ok(0);
        }
        if self.buf.len() < len {
            self.buf = vec![0; len];
        }
        let count = self.backend.read_all_at(self.at, &mut self.buf[..len]).await?;
        let same = self.buf[..count].iter().zip(bytes).take_while(|(there, byte)| there == byte).count();
        if same == bytes.len() {
            return Ok(same);
        }
        let whole = bounds[..bounds.partition_point(|bound| *bound <= same)].last().copied().unwrap_or(0);
        if same < len {
            self.expect_zeros(self.at + same as u64).await?;
            self.cut(self.at + whole as u64).await?;
        } else if whole < same {
            match self.cut(self.at + whole as u64).await {
                // What cannot be cut is completed.
                Err(Error::Storage(StorageError::Unsupported { .. })) => return Ok(same),
                cut => cut?,
            }
        }
        Ok(whole)
    }

    /// Cuts what the destination has beyond the source, if all of it reads as zeros: else it is not a copy of it.
    pub(super) async fn cut_beyond(&mut self) -> Result<()> {
        if self.there > self.at {
            self.expect_zeros(self.at).await?;
            self.cut(self.at).await?;
        }
        Ok(())
    }

    async fn expect_zeros(&mut self, offset: u64) -> Result<()> {
        self.backend.seek(offset).await?;
        if self.buf.len() < ZEROS_LEN {
            self.buf = vec![0; ZEROS_LEN];
        }
        loop {
            let count = self.backend.read(&mut self.buf).await?;
            if count == 0 {
                return Ok(());
            }
            if self.buf[..count].iter().any(|byte| *byte != 0) {
                return Err(Error::Differs { offset });
            }
        }
    }

    async fn cut(&mut self, offset: u64) -> Result<()> {
        self.backend.truncate(offset).await?;
        self.there = offset;
        Ok(())
    }

    /// Makes everything durable, with a note where the destination ends with what was copied.
    pub(super) async fn checkpoint(&mut self) -> Result<()> {
        let note = self.noted.encode(self.backend.len());
        self.backend.checkpoint(&note).await?;
        Ok(())
    }

    /// Reads what was copied or compared: each entry verified, each in its place.
    pub(super) async fn read_back(self, read: read::Options) -> Result<()> {
        let reader = Bounded::new(self.backend.reader().await?, self.at);
        let mut scan = Scan::new(reader, self.seam.destination, read);
        let mut order = blake3::Hasher::new();
        let differs = loop {
            match scan.step().await? {
                Step::Entries => scan.entries().for_each(|(_, entry)| {
                    order.update(entry.checksum().as_bytes());
                }),
                Step::Damage(DamageAt { damage, .. }) => break Some(damage.to_string()),
                Step::End if order.finalize() == self.order.finalize() => break None,
                Step::End => break Some("not the entries that were written".to_owned()),
            }
        };
        match differs {
            None => Ok(()),
            Some(what) => {
                let text = format!("{what}: the storage of the destination is not to be trusted");
                Err(StorageError::io(IoCall::ReadBack, scan.offset(), std::io::Error::other(text)).into())
            }
        }
    }
}
