//! Pruning: the new start is recorded first, and objects are removed after that.

use super::ObjectStoreBackend;
use crate::core::Core;
use crate::index::{Entry, Place};
use crate::manifest::Manifest;
use crate::names::Slot;
use crate::requests::{Created, Requests, broken};
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use object_store::path::Path;
use std::sync::{Arc, PoisonError};

impl ObjectStoreBackend {
    pub(super) async fn prune_to(&mut self, to: u64) -> Result<u64> {
        self.check_open()?;
        self.extent.check()?;
        let durable = self.extent.durable_len();
        if to > durable {
            return Err(Error::OutOfBounds { offset: to, len: durable });
        }
        self.drive().await?;
        let (core, writing, manifest) = (Arc::clone(&self.core), Arc::clone(&self.writing), Arc::clone(&self.manifest));
        let settler = self.extent.settler();
        let pruning = self.core.runtime.run(async move {
            let mut manifest = manifest.lock().await;
            let pruned = prune(&core, &writing, &mut manifest, to).await;
            if let Err(error) = &pruned {
                match error {
                    Error::Fenced { .. } => drop(settler.fence(&writing.what())),
                    _ => drop(settler.poison(error)),
                }
            }
            pruned
        });
        let start = pruning.await?;
        self.extent.prune(start);
        Ok(start)
    }
}

async fn prune(core: &Core, writing: &Requests, manifest: &mut Manifest, to: u64) -> Result<u64> {
    let start = core.index().start();
    let Some(division) = division(core, writing, manifest, to).await?.filter(|division| *division > start) else {
        return Ok(start);
    };
    let mut kept = core.index().clone();
    kept.prune(division);
    let first = match kept.entries().first() {
        Some(Entry { offset, place: Place::Chunk { seq }, .. }) => Slot { seq: *seq, offset: *offset },
        // A segment holds the start, so the first chunk stays what it was.
        _ => manifest.first,
    };
    let segments = manifest.segments.iter().copied().filter(|segment| segment.to > division).collect();
    let next = Manifest { number: manifest.number + 1, start: division, first, segments, ..manifest.clone() };
    record(writing, manifest, next).await?;
    let pruned: Vec<Path> = {
        let mut index = core.index.write().unwrap_or_else(PoisonError::into_inner);
        let pruned = index.entries().iter().filter(|entry| entry.end() <= division);
        let pruned = pruned.map(|entry| entry.object(&writing.names).0).collect();
        index.prune(division);
        pruned
    };
    writing.remove_all(pruned).await;
    Ok(division)
}

/// The highest offset up to `to` at which a checkpoint with a note ended, below the last durable write.
async fn division(core: &Core, writing: &Requests, manifest: &Manifest, to: u64) -> Result<Option<u64>> {
    let (limit, holder) = {
        let index = core.index();
        let Some(last) = index.last() else { return Ok(None) };
        let limit = to.min(last.offset);
        (limit, index.locate(limit))
    };
    // The note of a chunk is the newest one at its end, so the chunk before may be the one that knows.
    let mut looked_at = holder;
    for _ in 0..2 {
        let Some(entry) = looked_at else { break };
        match entry.place {
            Place::Segment { .. } => {
                // Segments begin and end where the log may be divided.
                return Ok(Some(if entry.end() <= limit { entry.end() } else { entry.offset }));
            }
            Place::Chunk { seq } => {
                let slot = Slot { seq, offset: entry.offset };
                let Some(header) = writing.chunk_header(slot).await? else {
                    if writing.manifest(manifest.number.saturating_add(1)).await?.is_some() {
                        // A later writer has opened the log, and pruned it.
                        return Err(Error::Fenced { what: writing.what() });
                    }
                    let why = "it is missing: something else deletes objects of the log";
                    return Err(broken(IoCall::Lookup, &writing.names.chunk(slot), slot.offset, why));
                };
                let covered = header.note.map_or(0, |note| note.covered);
                if covered <= limit {
                    return Ok(Some(covered));
                }
            }
        }
        looked_at = core.index().before(entry.offset);
    }
    Ok(None)
}

/// Puts the next manifest. A later writer has put its own there when it opened the log.
pub(super) async fn record(writing: &Requests, manifest: &mut Manifest, next: Manifest) -> Result<()> {
    let key = writing.names.manifest(next.number);
    match writing.create(&key, &next.encode().into(), next.start).await? {
        Created::Ours => {
            *manifest = next;
            Ok(())
        }
        Created::Theirs => match writing.manifest(next.number).await? {
            Some((theirs, _)) if theirs.writer.writer == next.writer.writer => Err(broken(
                IoCall::Verify,
                &key,
                next.start,
                "it holds a manifest that this writer cannot have put there",
            )),
            _ => Err(Error::Fenced { what: writing.what() }),
        },
    }
}

impl Requests {
    /// Removes objects that nothing names any more. What cannot be removed stays, and is no failure.
    pub(super) async fn remove_all(&self, keys: Vec<Path>) {
        for key in keys {
            if let Err(error) = self.delete(&key).await {
                tracing::warn!(%error, %key, "an object that was pruned could not be removed");
            }
        }
    }
}
