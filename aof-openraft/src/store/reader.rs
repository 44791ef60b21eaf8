//! Reading entries: the newest from memory, the others from the storage.

use super::cache::Body;
use super::shared::Shared;
use super::state::State;
use crate::codec::Codec;
use crate::error::{invalid, to_io};
use crate::record::{ENTRY, decode_entry};
use aof_api::read::Options;
use aof_api::{AofBackend, Entries, Error};
use futures::stream::{self, Stream, StreamExt};
use openraft::alias::VoteOf;
use openraft::entry::RaftEntry;
use openraft::storage::RaftLogReader;
use openraft::{OptionalSend, RaftTypeConfig};
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, Range, RangeBounds};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are read at once. A gap that is no longer is read over, not sought over.
const CHUNK_LEN: usize = 64 << 10;

/// Reads the entries of an [`AofLogStore`](crate::AofLogStore), with a cursor of its own.
pub struct AofLogReader<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> {
    shared: Arc<Shared<C, B, K>>,
    /// Made when it is first needed. The lock is never contended: it makes a reader `Sync` whose storage is not.
    entries: Mutex<Option<Entries<B::Reader>>>,
}

/// Where the entries of a range are, as of one moment.
struct Plan {
    /// The first index of the range that is there.
    first: u64,
    /// Offsets in the log.
    stored: Vec<u64>,
    /// What follows is in memory.
    cached: Vec<Body>,
}

impl Plan {
    fn new<C: RaftTypeConfig>(state: &State<C>, range: &Range<u64>) -> Plan {
        let there = state.places.range();
        let (first, end) = (range.start.max(there.start), range.end.min(there.end));
        let cached = state.cache.range();
        let in_memory = if cached.is_empty() { end } else { cached.start.clamp(first, end.max(first)) };
        Plan {
            first,
            stored: state.places.iter(first..in_memory).map(|place| place.offset).collect(),
            cached: state.cache.iter(in_memory..end).cloned().collect(),
        }
    }
}

impl<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> AofLogReader<C, B, K> {
    pub(crate) fn new(shared: Arc<Shared<C, B, K>>) -> Self {
        AofLogReader { shared, entries: Mutex::new(None) }
    }

    /// The entries of a range that are there; those after the first `limit` bytes may be left out.
    async fn read(&mut self, range: Range<u64>, limit: usize) -> io::Result<Vec<C::Entry>> {
        let mut plan = Plan::new(&self.shared.state(), &range);
        loop {
            match self.read_planned(&plan, limit).await {
                Err(ReadError::Log(Error::Pruned { .. })) => {
                    let again = Plan::new(&self.shared.state(), &range);
                    if again.first <= plan.first {
                        // Nothing was purged meanwhile, so what is missing still counts.
                        return Err(invalid(format!("the storage lost entry {} of the Raft log", plan.first)));
                    }
                    plan = again;
                }
                Err(ReadError::Log(error)) => return Err(to_io(error)),
                Err(ReadError::Io(error)) => return Err(error),
                Ok(entries) => return Ok(entries),
            }
        }
    }

    /// The first entries of a range, and what is left of it.
    async fn read_piece(&mut self, range: Range<u64>, begun: bool) -> io::Result<(Vec<C::Entry>, Option<Range<u64>>)> {
        let limit = self.shared.options.read_bytes;
        let entries = self.read(range.clone(), limit).await?;
        if let Some(first) = entries.first()
            && begun
            && first.index() != range.start
        {
            return Err(invalid(format!("entry {} of the Raft log was purged while it was read", range.start)));
        }
        let rest = entries.last().map(|last| last.index().saturating_add(1)..range.end);
        Ok((entries, rest))
    }

    async fn read_planned(&mut self, plan: &Plan, limit: usize) -> Result<Vec<C::Entry>, ReadError> {
        let mut found = Vec::with_capacity(plan.stored.len().min(4096) + plan.cached.len());
        let mut bytes = 0_usize;
        if !plan.stored.is_empty() {
            let slot = self.entries.get_mut().unwrap_or_else(PoisonError::into_inner);
            let entries = match slot {
                Some(entries) => entries,
                None => slot.insert(reader(&self.shared).await?),
            };
            for &offset in &plan.stored {
                if bytes >= limit && !found.is_empty() {
                    return Ok(found);
                }
                bytes = bytes.saturating_add(read_entry::<C, K, _>(entries, offset, &mut found).await?);
            }
        }
        for body in &plan.cached {
            if bytes >= limit && !found.is_empty() {
                return Ok(found);
            }
            bytes = bytes.saturating_add(body.as_ref().len());
            found.push(decode_entry::<C, K>(body.as_ref()).map_err(invalid)?);
        }
        Ok(found)
    }
}

/// A cursor on the log.
async fn reader<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec>(
    shared: &Shared<C, B, K>,
) -> Result<Entries<B::Reader>, Error> {
    let mut locked = shared.lock().await;
    let reader = locked.log()?.entries().await?.into_inner();
    Ok(Entries::starting_at(reader, 0, Options::new().chunk_len(CHUNK_LEN)))
}

/// Reads the entry at `offset`, and returns how long its body is.
async fn read_entry<C: RaftTypeConfig, K: Codec, R: aof_api::AofRead>(
    entries: &mut Entries<R>,
    offset: u64,
    found: &mut Vec<C::Entry>,
) -> Result<usize, ReadError> {
    if !(0..=CHUNK_LEN as u64).contains(&offset.wrapping_sub(entries.offset())) {
        entries.seek(offset);
    }
    // Other records between two entries are passed, unless they were pruned.
    match pass(entries, offset).await {
        Err(Error::Pruned { .. }) => entries.seek(offset),
        passed => passed?,
    }
    if let Some(entry) = entries.next().await? {
        if entry.offset == offset && entry.header().operation() == ENTRY {
            found.push(decode_entry::<C, K>(entry.body()).map_err(invalid)?);
            return Ok(entry.body().len());
        }
    }
    Err(invalid(format!("no entry of the Raft log begins at offset {offset} of the log, where one was written")).into())
}

/// Moves on to the entry at `offset`, or past it.
async fn pass<R: aof_api::AofRead>(entries: &mut Entries<R>, offset: u64) -> Result<(), Error> {
    while entries.offset() < offset {
        if entries.next().await?.is_none() {
            break;
        }
    }
    Ok(())
}

/// Why reading failed: the log, which a purge may explain, or what was read.
enum ReadError {
    Log(Error),
    Io(io::Error),
}

impl From<Error> for ReadError {
    fn from(error: Error) -> ReadError {
        ReadError::Log(error)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        ReadError::Io(error)
    }
}

impl<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> RaftLogReader<C> for AofLogReader<C, B, K> {
    async fn try_get_log_entries<RB>(&mut self, range: RB) -> Result<Vec<C::Entry>, io::Error>
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        self.read(half_open(&range), usize::MAX).await
    }

    async fn read_vote(&mut self) -> Result<Option<VoteOf<C>>, io::Error> {
        Ok(self.shared.state().vote.clone())
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<C::Entry>, io::Error> {
        let limit = self.shared.options.read_bytes;
        self.read(start..end, limit).await
    }

    async fn entries_stream<RB>(&mut self, range: RB) -> impl Stream<Item = Result<C::Entry, io::Error>> + OptionalSend
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        // Piece by piece: what is applied after a long time away does not fit in memory at once.
        let pieces = stream::unfold((self, Some(half_open(&range)), false), |(reader, left, begun)| async move {
            let left = left.filter(|range| range.start < range.end)?;
            let (piece, rest) = match reader.read_piece(left, begun).await {
                Ok((entries, rest)) => (entries.into_iter().map(Ok).collect(), rest),
                Err(error) => (vec![Err(error)], None),
            };
            Some((stream::iter(piece), (reader, rest, true)))
        });
        Box::pin(pieces.flatten())
    }
}

fn half_open(range: &impl RangeBounds<u64>) -> Range<u64> {
    let start = match range.start_bound() {
        Bound::Included(&start) => start,
        Bound::Excluded(&start) => start.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&end) => end.saturating_add(1),
        Bound::Excluded(&end) => end,
        Bound::Unbounded => u64::MAX,
    };
    start..end
}
