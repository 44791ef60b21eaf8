//! Finding out what the store holds: listings are hints, the keys are the truth.

use crate::chunk::HEADER_LEN;
use crate::index::Index;
use crate::manifest::Manifest;
use crate::names::{Slot, parse_chunk, parse_manifest};
use crate::requests::{Requests, broken};
use aof_api::Result;
use aof_api::storage::IoCall;
use bytes::Bytes;
use std::time::SystemTime;

/// How often a listing that a prune or a compaction made stale is made again.
const LISTINGS_MAX: usize = 8;

/// A log as it was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) manifest: Manifest,
    /// The object that the manifest was read from.
    pub(crate) manifest_object: Bytes,
    pub(crate) index: Index,
    /// The slot of the newest chunk.
    pub(crate) newest: Option<Slot>,
    /// When the newest object was stored, by the clock of the store.
    pub(crate) newest_at: Option<SystemTime>,
}

impl Requests {
    /// Finds the newest manifest; none where there is no log.
    pub(crate) async fn newest_manifest(&self) -> Result<Option<(Manifest, Bytes)>> {
        let listed = self.list(&self.names.manifests(), None).await?;
        let newest = listed.iter().filter_map(|meta| parse_manifest(&meta.location)).max();
        match self.manifest(newest.unwrap_or(0)).await? {
            Some((manifest, object)) => Ok(Some(self.manifest_after(manifest, object).await?)),
            None => Ok(None),
        }
    }

    /// The newest manifest from this one on.
    pub(crate) async fn manifest_after(&self, mut manifest: Manifest, mut object: Bytes) -> Result<(Manifest, Bytes)> {
        // A listing may miss the newest ones.
        while let Some(next) = self.manifest(manifest.number.saturating_add(1)).await? {
            (manifest, object) = next;
        }
        Ok((manifest, object))
    }

    /// Reads one manifest; none where there is none with this number.
    pub(crate) async fn manifest(&self, number: u64) -> Result<Option<(Manifest, Bytes)>> {
        let key = self.names.manifest(number);
        let Some(object) = self.get_whole(&key).await? else { return Ok(None) };
        let manifest = Manifest::decode(&object).map_err(|bad| broken(IoCall::Verify, &key, 0, bad))?;
        if manifest.number != number {
            return Err(broken(IoCall::Verify, &key, 0, "it names another number: it was copied"));
        }
        Ok(Some((manifest, object)))
    }

    /// Finds the log; none where there is none.
    pub(crate) async fn find(&self) -> Result<Option<Found>> {
        let Some((mut manifest, mut object)) = self.newest_manifest().await? else { return Ok(None) };
        for _ in 0..LISTINGS_MAX {
            let found = self.find_chunks(&manifest).await?;
            // What the listing missed may have been pruned or joined meanwhile; then there is a newer manifest.
            let before = manifest.number;
            (manifest, object) = self.manifest_after(manifest, object).await?;
            let same = manifest.number == before;
            match found {
                Ok((index, newest, newest_at)) if same => {
                    return Ok(Some(Found { manifest, manifest_object: object, index, newest, newest_at }));
                }
                Err(missing) if same => {
                    let key = self.names.chunk(missing);
                    let why = "it is missing, and later chunks are there: it was deleted, which loses data";
                    return Err(broken(IoCall::Lookup, &key, missing.offset, why));
                }
                _ => {}
            }
        }
        let why = format!("the log was pruned or compacted {LISTINGS_MAX} times while it was opened: try again");
        Err(broken(IoCall::Lookup, &self.names.chunks(), 0, why))
    }

    /// The chunks after a manifest, or the slot of one that is missing.
    #[allow(clippy::type_complexity, reason = "one caller, which names the parts")]
    async fn find_chunks(
        &self,
        manifest: &Manifest,
    ) -> Result<std::result::Result<(Index, Option<Slot>, Option<SystemTime>), Slot>> {
        let (mut index, mut newest, mut newest_at) = (Index::of(manifest), None, None);
        let after = self.names.before_chunk(manifest.first.seq);
        for meta in self.list(&self.names.chunks(), Some(&after)).await? {
            let Some(slot) = parse_chunk(&meta.location).filter(|slot| *slot >= index.next()) else { continue };
            while index.next() != slot {
                // The listing missed one.
                let missing = index.next();
                match self.chunk_header(missing).await? {
                    Some(header) if missing < slot => index.push(header.payload_len),
                    _ => return Ok(Err(missing)),
                }
            }
            let Some(payload_len) = meta.size.checked_sub(HEADER_LEN as u64) else {
                return Err(broken(IoCall::Verify, &meta.location, slot.offset, "it is shorter than its header"));
            };
            index.push(payload_len);
            newest = Some(slot);
            newest_at = Some(meta.last_modified.into());
        }
        while let Some(header) = self.chunk_header(index.next()).await? {
            newest = Some(index.next());
            newest_at = Some(SystemTime::now());
            index.push(header.payload_len);
        }
        Ok(Ok((index, newest, newest_at)))
    }
}
