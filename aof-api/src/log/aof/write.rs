//! Storing prepared messages as they are.

use super::Aof;
use crate::format::header::Header;
use crate::format::prepare::Prepare;
use crate::log::position::Position;
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Result};
use std::io::IoSlice;

/// Writes, and moves to the next position when that has happened: now, or, where the future is dropped, at the next
/// call. Evaluates to the result, and, as `?` does, returns from the caller where there is no room or the filler fails.
///
/// No function, because the future of an async one is filled in small pieces, is read in larger ones, and returns in
/// pieces again: each such read waits until the copy of the entry before it has reached the caches, which makes a write
/// to memory half as fast.
macro_rules! accept {
    ($log:ident, $parts:expr, $size:expr) => {{
        let size: u64 = $size;
        $log.check_room(size)?;
        if $log.filler.is_some() {
            $log.fill_up().await?;
        }
        $log.positions.begin($log.backend.len() + size);
        let written = $log.backend.write($parts).await;
        $log.positions.end(written.is_ok());
        written
    }};
}

pub(super) use accept;

impl<B: AofBackend> Aof<B> {
    /// Stores a prepared message exactly as it is, at the end of the log, and returns its offset.
    ///
    /// As in the reference, duplicates, backtracking and gaps are allowed here (and traced): a replica that restarts
    /// records again. Durable on return: nothing, until [`checkpoint`](Aof::checkpoint).
    ///
    /// A replica that stores the entries of a leader should open its log with
    /// [`Marks::Foreign`](crate::log::Marks::Foreign): what the entries record as checkpointed is the leader's.
    ///
    /// # Errors
    ///
    /// [`Error::WrongCluster`]; [`Error::RootOp`] for op 0, which no log records; [`Error::UnflushedMax`]; the failures
    /// of [`AofBackend::write`]. Nothing was written.
    pub async fn write(&mut self, prepare: &Prepare) -> Result<u64> {
        let header = prepare.header();
        self.settle();
        let cluster = check_prepare(header, self.cluster)?;
        // Not stored again each time: the next write would wait for it, as for a position.
        self.cluster.get_or_insert(cluster);
        self.root.get_or_insert(header.parent);
        let now = self.positions.now();
        trace_order(now, header);
        *self.positions.next_mut() = now.after(header);
        let offset = accept!(self, &[IoSlice::new(prepare.as_entry_bytes())], prepare.size_disk())?;
        self.index.push(header.op.get(), offset);
        Ok(offset)
    }

    /// As [`write`](Aof::write), for many at once: all or none, in one write of the backend. Returns the offset of the
    /// first.
    ///
    /// # Errors
    ///
    /// As [`write`](Aof::write); [`Error::TooLarge`] when all together are above
    /// [`LogOptions::unflushed_max`](crate::LogOptions::unflushed_max) or
    /// [`WRITE_LEN_MAX`](crate::storage::WRITE_LEN_MAX).
    pub async fn write_all(&mut self, prepares: &[Prepare]) -> Result<u64> {
        self.settle();
        let mut cluster = self.cluster;
        let mut after = *self.positions.now();
        for prepare in prepares {
            cluster = Some(check_prepare(prepare.header(), cluster)?);
            trace_order(&after, prepare.header());
            after = after.after(prepare.header());
        }
        if let Some(first) = prepares.first() {
            self.root.get_or_insert(first.header().parent);
        }
        *self.positions.next_mut() = after;
        self.cluster = cluster;
        let size = prepares.iter().map(Prepare::size_disk).sum();
        let parts: Vec<_> = prepares.iter().map(|prepare| IoSlice::new(prepare.as_entry_bytes())).collect();
        let first = accept!(self, &parts, size)?;
        let mut offset = first;
        for prepare in prepares {
            self.index.push(prepare.op(), offset);
            offset += prepare.size_disk();
        }
        Ok(first)
    }
}

fn trace_order(position: &Position, header: &Header) {
    let Position { base, op_max, .. } = position;
    if header.parent != base.checksum {
        let (op, checksum, parent) = (header.op.get(), header.checksum, header.parent);
        tracing::info!(op, %checksum, %parent, tip = %base.checksum, op_max, "written out of the chain");
    }
}

/// Checks what `write` checks, and returns the cluster.
fn check_prepare(header: &Header, cluster: Option<u128>) -> Result<u128> {
    let found = header.cluster.get();
    match cluster {
        Some(expected) if expected != found => Err(Error::WrongCluster { expected, found }),
        _ if header.op.get() == 0 => Err(Error::RootOp),
        _ => Ok(found),
    }
}
