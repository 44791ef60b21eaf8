//! Joining small chunks into segments: the segment first, then the manifest that names it, then the chunks go.

use super::ObjectStoreBackend;
use super::retention::record;
use crate::chunk::{ChunkHeader, HEADER_LEN};
use crate::compaction::{Compacted, Compaction};
use crate::core::Core;
use crate::index::{Entry, Place};
use crate::manifest::{Manifest, Segment};
use crate::names::{Slot, parse_chunk, parse_segment};
use crate::requests::{Requests, Upload, broken};
use aof_api::format::Checksum;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use bytes::Bytes;
use futures::{StreamExt, stream};
use object_store::path::Path;
use std::future::Future;
use std::sync::{Arc, PoisonError};
use uuid::Uuid;

/// How many chunks are fetched at once.
const FETCHES: usize = 8;

/// How often a segment is uploaded before compaction fails; each request was tried again before.
const UPLOADS_MAX: usize = 3;

impl ObjectStoreBackend {
    /// Joins chunks into segments, so that opening the log lists fewer objects and reading it makes fewer requests.
    ///
    /// It runs on the thread of the backend, polled or not, while the log is written and read; readers that know the chunks
    /// find the segments. What is in the log does not change, nor what is durable. It may end at any request, by a kill
    /// too: what a segment is made of is removed after a manifest that names the segment, and fences are never removed. A
    /// segment ends at a checkpoint with a note (`Aof` gives one to each), where the log may be pruned.
    ///
    /// Requests, for each segment: one GET for each chunk and for each 8 MiB, one PUT for each 8 MiB, three more, and one
    /// DELETE for each chunk; at the end two LISTs, which find what an earlier one left that was killed. None where nothing
    /// is joined.
    ///
    /// ```
    /// use aof_api::{Aof, LogOptions, Operation};
    /// use aof_object_store::{Compaction, ObjectStoreBackend, Options};
    /// use object_store::memory::InMemory;
    /// use std::sync::Arc;
    ///
    /// # futures::executor::block_on(async {
    /// let backend = ObjectStoreBackend::open(Arc::new(InMemory::new()), "logs/a", Options::new()).await?;
    /// let mut log = Aof::create(backend, LogOptions::new()).await?;
    /// for _ in 0..10 {
    ///     log.append(Operation(200), b"pay 5 to bob").await?;
    ///     log.checkpoint().await?;
    /// }
    /// let compacted = log.backend().compact(Compaction::new().segment_len_min(1000)).await?;
    /// assert_eq!((compacted.segments, compacted.chunks), (1, 9));
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Fenced`] where another writer has the log, which ends this one; [`Error::Io`] for requests that failed
    /// until the [deadline](crate::Options::deadline), and for chunks that are damaged or missing, which stay as they are.
    /// Where it is not known whether a manifest was put, the writer is poisoned.
    pub fn compact(&self, compaction: Compaction) -> impl Future<Output = Result<Compacted>> + Send + use<> {
        let begun = self.check_open().and_then(|()| self.extent.check()).map(|()| {
            let (core, writing) = (Arc::clone(&self.core), Arc::clone(&self.writing));
            let (manifest, settler) = (Arc::clone(&self.manifest), self.extent.settler());
            self.core.runtime.run(async move {
                let mut manifest = manifest.lock().await;
                let mut compacted = Compacted::default();
                while let Some(joined) = join(&core, &writing, &manifest, &compaction).await? {
                    let next = Manifest {
                        number: manifest.number + 1,
                        first: joined.first,
                        segments: [&manifest.segments[..], &[joined.segment]].concat(),
                        ..manifest.clone()
                    };
                    if let Err(error) = record(&writing, &mut manifest, next).await {
                        match error {
                            Error::Fenced { .. } => drop(settler.fence(&writing.what())),
                            _ => drop(settler.poison(&error)),
                        }
                        return Err(error);
                    }
                    // The index first: readers of this process look there for what is removed.
                    core.index.write().unwrap_or_else(PoisonError::into_inner).replace(joined.segment);
                    compacted.segments += 1;
                    compacted.chunks += joined.chunks.len() as u64;
                    compacted.bytes += joined.segment.to - joined.segment.from;
                    writing.remove_all(joined.chunks).await;
                }
                // A call with nothing to do makes no request.
                if compacted.segments > 0 {
                    let left = unnamed(&writing, &manifest).await?;
                    writing.remove_all(left).await;
                }
                Ok(compacted)
            })
        });
        async move { begun?.await }
    }
}

/// A segment that is on the store, and that no manifest names yet.
struct Joined {
    segment: Segment,
    /// The first chunk after it.
    first: Slot,
    chunks: Vec<Path>,
}

/// Makes the next segment; none where there are too few bytes.
async fn join(core: &Core, writing: &Requests, manifest: &Manifest, compaction: &Compaction) -> Result<Option<Joined>> {
    let (mut chunks, is_full) = compaction.candidates(&core.index());
    // It ends where the log may be divided: where a checkpoint with a note covered everything.
    let ends = loop {
        let Some(last) = chunks.last().filter(|_| is_full || compaction.is_enough(&chunks)) else { return Ok(None) };
        let slot = slot(last);
        let Some(header) = writing.chunk_header(slot).await? else { return Err(gone(writing, manifest, slot).await) };
        if header.note.is_some_and(|note| note.covered == last.end()) {
            break slot.next(last.len);
        }
        chunks.pop();
    };
    // Not empty: the loop ended at a last one.
    let from = chunks.first().map_or(ends.offset, |first| first.offset);
    let mut uploads = 0;
    let id = loop {
        let id = Uuid::new_v4().as_u128();
        let mut upload = writing.upload(writing.names.segment(from, ends.offset, id)).await?;
        uploads += 1;
        let uploaded = match copy(writing, manifest, &chunks, &mut upload).await {
            Ok(()) => upload.finish().await,
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        };
        match uploaded {
            Ok(()) => break id,
            Err(error @ Error::Io { call: IoCall::Write, .. }) if uploads < UPLOADS_MAX => {
                tracing::debug!(%error, "a segment is uploaded again");
            }
            Err(error) => return Err(error),
        }
    };
    let keys = chunks.iter().map(|chunk| chunk.object(&writing.names).0).collect();
    Ok(Some(Joined { segment: Segment { from, to: ends.offset, id }, first: ends, chunks: keys }))
}

/// The slot of a chunk.
fn slot(chunk: &Entry) -> Slot {
    match chunk.place {
        Place::Chunk { seq } => Slot { seq, offset: chunk.offset },
        // Candidates are chunks.
        Place::Segment { .. } => Slot { seq: 0, offset: chunk.offset },
    }
}

/// Uploads the payloads of chunks, one after the other.
async fn copy(writing: &Requests, manifest: &Manifest, chunks: &[Entry], upload: &mut Upload<'_>) -> Result<()> {
    let fetched = chunks.iter().map(|chunk| async {
        let object =
            writing.get(&chunk.object(&writing.names).0, 0..HEADER_LEN as u64 + chunk.len, chunk.offset).await?;
        Ok::<_, Error>((*chunk, object))
    });
    let mut fetched = stream::iter(fetched.collect::<Vec<_>>()).buffered(FETCHES);
    while let Some(next) = fetched.next().await {
        let (chunk, object) = next?;
        let Some(object) = object else { return Err(gone(writing, manifest, slot(&chunk)).await) };
        upload.push(&payload(writing, &chunk, &object)?).await?;
    }
    Ok(())
}

/// The payload of a chunk, verified.
fn payload(writing: &Requests, chunk: &Entry, object: &Bytes) -> Result<Bytes> {
    let damaged =
        |why: &dyn ToString| broken(IoCall::Verify, &chunk.object(&writing.names).0, chunk.offset, why.to_string());
    let header = ChunkHeader::decode(object).map_err(|bad| damaged(&bad))?;
    let payload = object.slice(HEADER_LEN..);
    if header.slot != slot(chunk) || header.payload_len != chunk.len {
        return Err(damaged(&"its header names another place or another length: it was copied or cut"));
    }
    if header.payload_checksum != Checksum::of(&payload) {
        return Err(damaged(&"the checksum of its payload is wrong: it is left as it is"));
    }
    Ok(payload)
}

/// Why a chunk is missing.
async fn gone(writing: &Requests, manifest: &Manifest, slot: Slot) -> Error {
    match writing.manifest(manifest.number.saturating_add(1)).await {
        // A later writer has opened the log, and pruned or compacted it.
        Ok(Some(_)) => Error::Fenced { what: writing.what() },
        Ok(None) => {
            let why = "it is missing: something else deletes objects of the log";
            broken(IoCall::Lookup, &writing.names.chunk(slot), slot.offset, why)
        }
        Err(error) => error,
    }
}

/// Objects that no manifest names and none ever will: a compaction or a prune that was killed has left them. They are below
/// the first chunk of the manifest, where later writers put nothing either. Fences are no such objects.
async fn unnamed(writing: &Requests, manifest: &Manifest) -> Result<Vec<Path>> {
    let mut unnamed = Vec::new();
    for meta in writing.list(&writing.names.chunks(), None).await? {
        let is_below = parse_chunk(&meta.location).is_some_and(|slot| slot.seq < manifest.first.seq);
        if is_below && meta.size > HEADER_LEN as u64 {
            unnamed.push(meta.location);
        }
    }
    for meta in writing.list(&writing.names.segments(), None).await? {
        let Some(segment) = parse_segment(&meta.location) else { continue };
        if segment.from < manifest.first.offset && !manifest.segments.contains(&segment) {
            unnamed.push(meta.location);
        }
    }
    Ok(unnamed)
}
