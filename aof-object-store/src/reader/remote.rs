//! A log that another process writes: looked at by the one key that comes next.

use crate::core::Core;
use crate::found::Found;
use crate::manifest::Manifest;
use crate::options::Options;
use crate::requests::{Requests, broken};
use crate::runtime::Runtime;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use object_store::ObjectStore;
use object_store::path::Path;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::sleep;

const POLL_INTERVAL_MIN: Duration = Duration::from_millis(10);

/// After so many chunks found one by one, a listing is cheaper.
const ONE_BY_ONE_MAX: usize = 8;

/// What is known of a log elsewhere. The index is the reader's own.
#[derive(Debug)]
pub(super) struct Remote {
    /// Held while somebody looks, on the thread of the requests.
    manifest: Arc<Mutex<Manifest>>,
}

impl Remote {
    pub(super) async fn open(
        store: Arc<dyn ObjectStore>,
        prefix: Path,
        options: Options,
    ) -> Result<(Arc<Core>, Remote)> {
        let runtime = Runtime::start()?;
        let requests = Arc::new(Requests::new(store, prefix, options));
        let finding = Arc::clone(&requests);
        let found = runtime.run_while_wanted(async move { finding.find().await }).await?;
        let Some(Found { manifest, index, .. }) = found else {
            let path = std::path::Path::new(requests.names.prefix().as_ref());
            let why = format!("there is no log below this prefix on {}", requests.store);
            return Err(Error::io_at(IoCall::Open, path, 0, io::Error::new(io::ErrorKind::NotFound, why)));
        };
        let core = Core { requests, runtime, index: Arc::new(RwLock::new(index)) };
        Ok((Arc::new(core), Remote { manifest: Arc::new(Mutex::new(manifest)) }))
    }

    /// Looks for more.
    pub(super) async fn refresh(&self, core: &Arc<Core>) -> Result<()> {
        let (looking, manifest) = (Arc::clone(core), Arc::clone(&self.manifest));
        core.runtime.run_while_wanted(async move { look(&looking, &mut *manifest.lock().await).await }).await
    }

    /// Waits until the log ends beyond `end`, with pauses that grow.
    pub(super) async fn changed(&self, core: &Arc<Core>, end: u64) -> Result<u64> {
        let (looking, manifest) = (Arc::clone(core), Arc::clone(&self.manifest));
        let wait = async move {
            let mut pause = POLL_INTERVAL_MIN;
            loop {
                look(&looking, &mut *manifest.lock().await).await?;
                let (start, now) = {
                    let index = looking.index();
                    (index.start(), index.end())
                };
                if now > end {
                    return Ok(now);
                }
                if now < end {
                    return Err(Error::Truncated { offset: end, len: now });
                }
                if start > end {
                    return Err(Error::Pruned { start });
                }
                sleep(pause).await;
                pause = (pause * 2).min(looking.requests.options.poll_interval_max.max(POLL_INTERVAL_MIN));
            }
        };
        core.runtime.run_while_wanted(wait).await
    }
}

/// Takes in what was added, pruned and compacted since the last look.
async fn look(core: &Core, manifest: &mut Manifest) -> Result<()> {
    let requests = &core.requests;
    let mut added = 0;
    // The next chunk first. Where it is gone because it was pruned or compacted, the manifest that says so was there
    // before, and is found now.
    loop {
        let slot = core.index().next();
        let Some(header) = requests.chunk_header(slot).await? else { break };
        if header.writer.log != manifest.writer.log {
            let why = "it belongs to another log: this one was removed and made again";
            return Err(broken(IoCall::Verify, &requests.names.chunk(slot), slot.offset, why));
        }
        core.index.write().unwrap_or_else(PoisonError::into_inner).push(header.payload_len);
        added += 1;
        if added > ONE_BY_ONE_MAX {
            return look_at_all(core, manifest).await;
        }
    }
    while let Some((newer, _)) = requests.manifest(manifest.number.saturating_add(1)).await? {
        if !is_opening_only(manifest, &newer) {
            return look_at_all(core, manifest).await;
        }
        *manifest = newer;
    }
    Ok(())
}

/// Whether a manifest only says that another writer opened the log.
fn is_opening_only(before: &Manifest, after: &Manifest) -> bool {
    (before.start, before.first, &before.segments) == (after.start, after.first, &after.segments)
}

/// Finds everything again.
async fn look_at_all(core: &Core, manifest: &mut Manifest) -> Result<()> {
    let Some(found) = core.requests.find().await? else {
        let why = "the log was removed while it was read";
        return Err(broken(IoCall::Lookup, core.requests.names.prefix(), 0, why));
    };
    if found.manifest.writer.log != manifest.writer.log {
        let why = "it belongs to another log: this one was removed and made again";
        return Err(broken(IoCall::Verify, &core.requests.names.manifest(found.manifest.number), 0, why));
    }
    *manifest = found.manifest;
    *core.index.write().unwrap_or_else(PoisonError::into_inner) = found.index;
    Ok(())
}
