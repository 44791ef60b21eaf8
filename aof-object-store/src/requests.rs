//! Requests to the store: tried again until a deadline, and with errors of the log.

mod attempts;
mod create;
mod failure;
mod upload;

pub(crate) use create::Created;
pub(crate) use failure::{broken, failed, is_transient};
pub(crate) use upload::Upload;

use crate::chunk::ChunkHeader;
use crate::chunk::HEADER_LEN;
use crate::names::{Names, Slot};
use crate::options::Options;
use aof_api::Result;
use aof_api::storage::IoCall;
use attempts::Attempts;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A log on a store, and how long its requests are tried.
#[derive(Debug)]
pub(crate) struct Requests {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) names: Names,
    pub(crate) options: Options,
    /// Set when its writer was dropped: nothing is tried again.
    abandoned: AtomicBool,
}

impl Requests {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, prefix: Path, options: Options) -> Requests {
        Requests { store, names: Names::new(prefix), options, abandoned: AtomicBool::new(false) }
    }

    /// Ends all attempts after the one that is under way.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// A name of the log, for errors.
    pub(crate) fn what(&self) -> String {
        format!("the log {} on {}", self.names.prefix(), self.store)
    }

    /// Reads a part of an object; `None` where there is no such object. `offset` is the one in the log, for errors.
    pub(crate) async fn get(&self, key: &Path, range: Range<u64>, offset: u64) -> Result<Option<Bytes>> {
        let wanted = range.end - range.start;
        let bytes = self.get_up_to(key, range, offset).await?.map(|(_, bytes)| bytes);
        match bytes {
            Some(bytes) if bytes.len() as u64 != wanted => {
                Err(broken(IoCall::Read, key, offset, format!("it is too short: {} of {wanted} bytes", bytes.len())))
            }
            other => Ok(other),
        }
    }

    /// Reads the beginning of an object, and what the store says of it.
    async fn get_up_to(&self, key: &Path, range: Range<u64>, offset: u64) -> Result<Option<(ObjectMeta, Bytes)>> {
        let mut attempts = Attempts::new(self);
        loop {
            let attempt = async {
                let options = GetOptions::new().with_range(Some(GetRange::Bounded(range.clone())));
                let result = self.store.get_opts(key, options).await?;
                let meta = result.meta.clone();
                Ok((meta, result.bytes().await?))
            };
            match attempts.run(attempt).await {
                Ok(found) => return Ok(Some(found)),
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => attempts.again(error).await.map_err(|error| failed(IoCall::Read, key, offset, error))?,
            }
        }
    }

    /// Reads the header of the chunk in a slot, with the size of its object; `None` where there is none.
    pub(crate) async fn chunk_header(&self, slot: Slot) -> Result<Option<ChunkHeader>> {
        let key = self.names.chunk(slot);
        let Some((meta, bytes)) = self.get_up_to(&key, 0..HEADER_LEN as u64, slot.offset).await? else {
            return Ok(None);
        };
        let header = ChunkHeader::decode(&bytes).map_err(|bad| broken(IoCall::Verify, &key, slot.offset, bad))?;
        if header.slot != slot || meta.size != HEADER_LEN as u64 + header.payload_len {
            let bad = "its header names another place or another length: it was copied or cut";
            return Err(broken(IoCall::Verify, &key, slot.offset, bad));
        }
        Ok(Some(header))
    }

    /// Reads a whole object; `None` where there is no such object.
    pub(crate) async fn get_whole(&self, key: &Path) -> Result<Option<Bytes>> {
        let mut attempts = Attempts::new(self);
        loop {
            let attempt = async { self.store.get(key).await?.bytes().await };
            match attempts.run(attempt).await {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => attempts.again(error).await.map_err(|error| failed(IoCall::Read, key, 0, error))?,
            }
        }
    }

    /// Lists the objects below `prefix` whose keys sort after `after`, in the order of their keys.
    pub(crate) async fn list(&self, prefix: &Path, after: Option<&Path>) -> Result<Vec<ObjectMeta>> {
        let mut attempts = Attempts::new(self);
        loop {
            let listing = match after {
                Some(after) => self.store.list_with_offset(Some(prefix), after),
                None => self.store.list(Some(prefix)),
            };
            // Each page is a request, and the whole listing may take longer than one.
            match attempts.run_long(listing.try_collect::<Vec<_>>()).await {
                Ok(mut found) => {
                    // Most stores list in order; a directory does not.
                    found.sort_unstable_by(|a, b| a.location.cmp(&b.location));
                    return Ok(found);
                }
                Err(error) => {
                    attempts.again(error).await.map_err(|error| failed(IoCall::Lookup, prefix, 0, error))?;
                }
            }
        }
    }

    /// Removes an object; one that is not there is no error.
    pub(crate) async fn delete(&self, key: &Path) -> Result<()> {
        let mut attempts = Attempts::new(self);
        loop {
            match attempts.run(self.store.delete(key)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => return Ok(()),
                Err(error) => attempts.again(error).await.map_err(|error| failed(IoCall::Remove, key, 0, error))?,
            }
        }
    }
}
