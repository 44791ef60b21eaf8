//! A follower's hold of the handle: how far it may read, and where it continues.

use super::GroupCommit;
use super::call::ReadDone;
use super::feed::{Feed, Next};
use super::ticket::Stage;
use super::waiter::{Then, Waiter};
use crate::chain::tip::Tip;
use crate::read::entries::Entries;
use crate::storage::backend::AofBackend;
use crate::storage::error::Result;
use futures::channel::oneshot;

/// How far a storage may be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Up to here it is durable.
    pub(crate) end: u64,
    /// The entry that ends there, while the log is written in this storage.
    pub(crate) tip: Option<Tip>,
    /// The log continues in another storage.
    pub(crate) is_final: bool,
}

/// What keeps a follower supplied.
pub(crate) struct Feeding<B: AofBackend> {
    waiter: Waiter<B>,
    key: usize,
}

impl<B: AofBackend + 'static> GroupCommit<B> {
    /// A reader of the storage, and the state that says how far it may be read.
    pub(crate) async fn feed(&self) -> Result<(Entries<B::Reader>, Feeding<B>)> {
        let (done, reader) = oneshot::channel();
        let (entries, key) = self.read(ReadDone::Feed(done), reader).await?;
        Ok((entries, Feeding { waiter: Waiter::new(&self.shared, Stage::Watching, false), key }))
    }
}

impl<B: AofBackend + 'static> Feeding<B> {
    /// Waits until more than `seen` bytes are durable, or the storage is final. Fails with what ended the log, once
    /// nothing more can become durable.
    pub(crate) async fn wait_past(&mut self, seen: u64) -> Result<Extent> {
        let key = self.key;
        let extent = self.waiter.wait(Then::Pause, |state, _, _| {
            if let Some(end) = state.feeds.get(key).and_then(Feed::end) {
                return Some(Ok(Extent { end, tip: None, is_final: true }));
            }
            if state.durable_len > seen {
                return Some(Ok(Extent { end: state.durable_len, tip: state.tip, is_final: false }));
            }
            state.settled_end().map(Err)
        });
        extent.await
    }

    /// Up to where the storage is durable now.
    pub(crate) fn end(&self) -> u64 {
        let state = self.waiter.shared().lock();
        state.feeds.get(self.key).and_then(Feed::end).unwrap_or(state.durable_len)
    }

    /// How the log continues after a storage that is final.
    pub(crate) fn next_storage(&mut self) -> Option<Next<B::Reader>> {
        self.waiter.shared().lock().feeds.get_mut(self.key)?.pop()
    }
}

impl<B: AofBackend> Drop for Feeding<B> {
    fn drop(&mut self) {
        let feed = self.waiter.shared().lock().feeds.try_remove(self.key);
        // Readers are foreign code, so not under the lock.
        drop(feed);
    }
}
