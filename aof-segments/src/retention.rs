//! How much of a log is kept: by size, by age, by number, and never less than a reader still needs.

mod holds;

pub use holds::{Hold, Holds};

use crate::backend::SegmentedBackend;
use crate::store::{SegmentInfo, SegmentStore};
use aof_api::{Aof, AofBackend, Entries, Error, Result, read};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How much of a log is kept. The program calls [`prune`](Retention::prune) from time to time.
///
/// Each limit keeps what it says, at least, and what any of them keeps is kept: to bound the space on the disk, give
/// [`keep_bytes`](Retention::keep_bytes) alone. Whole segments are given back, so that up to one segment more is there.
/// Without a limit nothing is pruned.
///
/// ```
/// use aof_api::{Aof, LogOptions, Operation};
/// use aof_file::SyncOn;
/// use aof_segments::{Holds, Retention, SegmentedOptions};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("bank");
/// # futures::executor::block_on(async {
/// let backend = SegmentedOptions::new().segment_bytes(1000).sync_on(SyncOn::Caller).create(&path)?;
/// let mut log = Aof::create(backend, LogOptions::new()).await?;
/// let (retention, holds) = (Retention::new().keep_ops(10), Holds::new());
/// let mut replica = holds.hold(1); // needs everything from op 1 on
/// for round in 0..50 {
///     log.append(Operation(200), &[0; 200]).await?;
///     log.checkpoint().await?;
/// }
/// assert_eq!(retention.prune(&mut log, &holds).await?, 0);
/// replica.advance(45);
/// let start = retention.prune(&mut log, &holds).await?;
/// // Ops 41 to 50 are kept, and what else is in their segments.
/// assert!(start > 0 && log.get(41).await?.is_some());
/// # Ok::<(), aof_api::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    bytes: Option<u64>,
    age: Option<Duration>,
    ops: Option<u64>,
}

impl Retention {
    /// Keeps everything.
    #[must_use]
    pub fn new() -> Retention {
        Retention::default()
    }

    /// Keeps the last `bytes` of the log.
    #[must_use]
    pub fn keep_bytes(mut self, bytes: u64) -> Retention {
        self.bytes = Some(bytes);
        self
    }

    /// Keeps what was appended within `age`, by the timestamps of the entries.
    #[must_use]
    pub fn keep_for(mut self, age: Duration) -> Retention {
        self.age = Some(age);
        self
    }

    /// Keeps the last `ops` operations.
    #[must_use]
    pub fn keep_ops(mut self, ops: u64) -> Retention {
        self.ops = Some(ops);
        self
    }

    /// Prunes what no limit keeps and no hold needs, and returns where the log begins now.
    ///
    /// Reads the first header of a few segments. Durable on return: the new start.
    ///
    /// # Errors
    ///
    /// Those of [`Aof::prune`], and of reading the headers.
    pub async fn prune<S: SegmentStore>(&self, log: &mut Aof<SegmentedBackend<S>>, holds: &Holds) -> Result<u64> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let op = self.prunable(log, now).await?;
        // The hold last: what it needs may only grow less meanwhile.
        let op = holds.lowest().map_or(op, |lowest| op.min(lowest));
        match op {
            0 => Ok(log.start()),
            op => log.prune(op).await,
        }
    }

    /// The first op that some limit keeps, at `now` after 1970; 0 where everything is kept.
    ///
    /// # Errors
    ///
    /// Those of reading the first headers of segments.
    pub async fn prunable<S: SegmentStore>(&self, log: &mut Aof<SegmentedBackend<S>>, now: Duration) -> Result<u64> {
        let Some(tip) = log.tip() else { return Ok(0) };
        let mut limits = Vec::new();
        if let Some(ops) = self.ops {
            limits.push(tip.op.saturating_sub(ops).saturating_add(1));
        }
        let segments = log.backend().segments();
        if let Some(bytes) = self.bytes {
            let to = log.len().saturating_sub(bytes);
            // The last segment that begins at or before the kept bytes: all before it can go.
            let count = segments.partition_point(|segment| segment.base <= to);
            limits.push(first_op(log, &segments, count.saturating_sub(1)).await?);
        }
        if let Some(age) = self.age {
            let until = u64::try_from(now.saturating_sub(age).as_nanos()).unwrap_or(u64::MAX);
            let index = last_begun_before(log, &segments, until).await?;
            limits.push(first_op(log, &segments, index).await?);
        }
        Ok(limits.into_iter().min().unwrap_or(0))
    }
}

/// The index of the last segment whose first entry is not after `until`, in nanoseconds; 0 where there is none.
async fn last_begun_before<S: SegmentStore>(
    log: &mut Aof<SegmentedBackend<S>>,
    segments: &[SegmentInfo],
    until: u64,
) -> Result<usize> {
    // Timestamps increase, so halving finds it.
    let (mut low, mut high) = (0, segments.len());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match first_entry(log, segments[middle]).await? {
            Some((_, timestamp)) if timestamp <= until => low = middle,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// The op with which the segment begins; 0 where it has no entry, so that nothing is pruned for it.
async fn first_op<S: SegmentStore>(
    log: &mut Aof<SegmentedBackend<S>>,
    segments: &[SegmentInfo],
    index: usize,
) -> Result<u64> {
    let Some(segment) = segments.get(index) else { return Ok(0) };
    match first_entry(log, *segment).await? {
        Some((op, _)) => Ok(op),
        // An empty last segment: the entries before it can go, as far as the log lets them.
        None => Ok(log.tip().map_or(0, |tip| tip.op)),
    }
}

/// Op and timestamp of the first entry of a segment; none where it is empty.
async fn first_entry<S: SegmentStore>(
    log: &mut Aof<SegmentedBackend<S>>,
    segment: SegmentInfo,
) -> Result<Option<(u64, u64)>> {
    if segment.len == 0 {
        return Ok(None);
    }
    let reader = log.backend_mut().reader().await?;
    let mut entries = Entries::starting_at(reader, segment.base, read::Options::new().chunk_len(4096));
    match entries.next().await {
        Ok(entry) => Ok(entry.map(|entry| (entry.op(), entry.header().timestamp.get()))),
        // Only its own segment was pruned meanwhile by somebody else.
        Err(Error::Pruned { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
