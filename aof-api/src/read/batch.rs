//! A stretch of a log in memory: read in one go, cut into entries, verified.

use crate::chain::run::Run;
use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::format::entry::{AofEntry, decode_header};
use crate::format::header::Header;
use crate::format::layout::{ENTRY_SIZE_MIN, MAGIC, size_disk};
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};
use zerocopy::FromBytes;

/// Where a batch ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Between two entries, as far as one can see: the log continues.
    #[default]
    Boundary,
    /// At the end of the log.
    End,
    /// Before something that is not a whole entry.
    Suspect,
}

/// What to do with an entry that continues after the bytes that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// Read the rest of it.
    Whole,
    /// Leave it to the next batch, unless it is the only one.
    IfItIsThere,
}

/// Whole entries, one after the other, as far as their headers say.
///
/// The walk from header to header takes sizes as they are: [`verify`](Batch::verify) comes afterwards, perhaps on
/// another thread, and what follows the first entry that fails was walked for nothing. Only where a size decides
/// about reading on, the header is verified first.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Where the first byte is in the log.
    offset: u64,
    /// Never shrinks, so that it is zeroed only once.
    buf: Vec<u8>,
    filled: usize,
    /// Where each whole entry begins, and where the last one ends.
    bounds: Vec<u32>,
    stop: Stop,
    run: Run,
}

impl Batch {
    /// Reads about `chunk_len` bytes at `offset`, and then perhaps the rest of the last entry.
    ///
    /// A reading error after whole entries is left to the next batch, which meets it again.
    pub(crate) async fn fill<R: AofRead>(
        &mut self,
        reader: &mut R,
        offset: u64,
        chunk_len: usize,
        last: Last,
    ) -> Result<()> {
        self.offset = offset;
        self.filled = 0;
        self.bounds.clear();
        self.bounds.push(0);
        self.stop = Stop::Boundary;
        reader.seek(offset).await?;
        let mut at_end = match self.read_to(reader, chunk_len).await {
            Ok(at_end) => at_end,
            Err(error) => return self.walk_what_is_there(error),
        };
        loop {
            self.walk();
            let end = self.end();
            let have = self.filled - end;
            if have == 0 {
                self.stop = if at_end { Stop::End } else { Stop::Boundary };
                return Ok(());
            }
            if last == Last::IfItIsThere && !self.is_empty() {
                return Ok(());
            }
            let need = match decode_header(&self.buf[end..self.filled]) {
                _ if at_end => return self.suspect(),
                Ok(header) => size_disk(header.size.get()) as usize,
                Err(_) if have < ENTRY_SIZE_MIN => ENTRY_SIZE_MIN,
                Err(_) => return self.suspect(),
            };
            if need <= have {
                // The walk takes every entry that is whole, so this is not reached; it would be safe to read on.
                return self.suspect();
            }
            at_end = match self.read_to(reader, end + need).await {
                Ok(at_end) => at_end,
                Err(error) => return self.walk_what_is_there(error),
            };
        }
    }

    /// Takes whole entries from bytes of the log that were read already.
    pub(crate) fn fill_from(&mut self, bytes: &[u8], offset: u64) {
        self.offset = offset;
        self.filled = bytes.len();
        if self.buf.len() < bytes.len() {
            self.buf = bytes.to_vec();
        } else {
            self.buf[..bytes.len()].copy_from_slice(bytes);
        }
        self.bounds.clear();
        self.bounds.push(0);
        self.walk();
        self.stop = if self.is_empty() { Stop::Suspect } else { Stop::Boundary };
    }

    /// Reads until `len` bytes are filled. Returns whether the log ended before.
    async fn read_to<R: AofRead>(&mut self, reader: &mut R, len: usize) -> Result<bool> {
        if self.buf.len() < len {
            // Memory that comes as zeros need not be written: most reads of a short log fill little of it.
            let mut longer = vec![0; len];
            longer[..self.filled].copy_from_slice(&self.buf[..self.filled]);
            self.buf = longer;
        }
        while self.filled < len {
            match reader.read(&mut self.buf[self.filled..len]).await? {
                0 => return Ok(true),
                count => self.filled += count,
            }
        }
        Ok(false)
    }

    /// Makes do with what was read before an error: whole entries, or enough to see that none begins here.
    fn walk_what_is_there(&mut self, error: Error) -> Result<()> {
        self.walk();
        if !self.is_empty() {
            return Ok(());
        }
        match decode_header(&self.buf[..self.filled]) {
            Ok(_) | Err(Damage::Torn { .. }) => Err(error),
            Err(_) => self.suspect(),
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "the last step of `fill`")]
    fn suspect(&mut self) -> Result<()> {
        self.stop = Stop::Suspect;
        Ok(())
    }

    /// Steps over every whole entry, from the last bound on.
    fn walk(&mut self) {
        let mut at = self.end();
        let filled = &self.buf[..self.filled];
        while let Some(start) = filled.get(at..at + ENTRY_SIZE_MIN)
            && start[..MAGIC.len()] == MAGIC
            && let Ok(header) = Header::ref_from_bytes(&start[MAGIC.len()..])
            && header.valid_size()
        {
            let next = at + size_disk(header.size.get()) as usize;
            if next > filled.len() {
                break;
            }
            at = next;
            // A batch is a chunk and an entry long, and a chunk is bounded to fit (`Options::chunk_len`).
            self.bounds.push(at as u32);
        }
    }

    /// How many entries, from the first on, are what was written.
    ///
    /// With `summarize`, [`run`](Batch::run) then summarizes them.
    pub(crate) fn verify(&mut self, summarize: bool) -> usize {
        let mut run = std::mem::take(&mut self.run);
        run.clear();
        let verified = self.verify_into(summarize.then_some(&mut run));
        self.run = run;
        verified
    }

    /// As [`verify`](Batch::verify), and adds the verified entries to a run that continues.
    pub(crate) fn verify_into(&self, mut run: Option<&mut Run>) -> usize {
        let failed = self.entries(self.len()).position(|(_, entry)| {
            let header = entry.header();
            let valid = header.valid_checksum() && header.checksum_body == Checksum::of(entry.body());
            if valid && let Some(run) = &mut run {
                run.push(header);
            }
            !valid
        });
        failed.unwrap_or(self.len())
    }

    /// What the verified entries say as a whole.
    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// The first `count` entries, with their offsets in the log.
    pub(crate) fn entries(&self, count: usize) -> impl Iterator<Item = (u64, AofEntry<'_>)> {
        self.bounds[..=count].windows(2).map(|bound| self.entry_between(bound[0], bound[1]))
    }

    /// The bytes of the first `count` entries.
    pub(crate) fn bytes(&self, count: usize) -> &[u8] {
        &self.buf[..self.bounds[count] as usize]
    }

    /// The entry number `index`, with its offset in the log.
    pub(crate) fn entry(&self, index: usize) -> (u64, AofEntry<'_>) {
        self.entry_between(self.bounds[index], self.bounds[index + 1])
    }

    fn entry_between(&self, start: u32, end: u32) -> (u64, AofEntry<'_>) {
        (self.offset + u64::from(start), AofEntry::from_verified(&self.buf[start as usize..end as usize]))
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn end(&self) -> usize {
        self.bounds.last().map_or(0, |end| *end as usize)
    }

    /// Where entry number `index` is in the log; for the number of entries, where the last one ends.
    pub(crate) fn offset_of(&self, index: usize) -> u64 {
        self.offset + u64::from(self.bounds[index])
    }

    pub(crate) fn stop(&self) -> Stop {
        self.stop
    }
}
