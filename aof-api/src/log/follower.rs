//! Durable entries, in order, as they become so: what a replica is fed with.

mod chain;

use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::format::prepare::Prepare;
use crate::log::group_commit::GroupCommit;
use crate::log::group_commit::feed::Next;
use crate::log::group_commit::feeding::{Extent, Feeding};
use crate::read;
use crate::read::bounded::Bounded;
use crate::read::entries::Entries;
use crate::read::find::{Target, find};
use crate::storage::backend::{AofBackend, AofRead};
use crate::storage::error::{CorruptReason, Error, Result};
use chain::{Chain, Take};

/// Follows a log under [`GroupCommit`]: hands out entries once they are durable, in the order of the chain, each once.
///
/// Made by [`GroupCommit::follow`]. It waits without polling, and drives the log while it waits, like every other caller.
/// It continues across rotations by [`with_log`](GroupCommit::with_log): each storage is read to its durable end, and the
/// entry that the next one begins with (its seam) is left out, because it was handed out already.
///
/// ```
/// use aof_api::{Aof, GroupCommit, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let log = GroupCommit::new(Aof::create(MemoryBackend::new(), LogOptions::new()).await?);
/// let mut follower = log.follow(None).await?;
/// log.append(Operation(128), "one").await?;
/// assert_eq!(follower.next().await?.body(), b"one");
///
/// let place = follower.place(); // keep this beside what was made of the entries
/// log.append(Operation(128), "two").await?;
/// let mut resumed = log.follow(place).await?;
/// assert_eq!(resumed.next().await?.body(), b"two");
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
pub struct Follower<B: AofBackend> {
    feeding: Feeding<B>,
    entries: Entries<Bounded<B::Reader>>,
    options: read::Options,
    extent: Extent,
    chain: Chain,
    /// The last entry that was read, handed out or not.
    last: Option<Checksum>,
    /// Damage that was passed since the last entry.
    passed: Option<Error>,
    /// What ended it.
    ended: Option<Error>,
}

impl<B: AofBackend + 'static> GroupCommit<B> {
    /// Follows the log: a [`Follower`] hands out each entry once it is durable.
    ///
    /// It begins after `from`, the last entry that the caller has: the first entry that is handed out has its checksum as
    /// its parent. Where `from` is above the last durable entry, it waits and checks then. `None` begins with the first
    /// entry that the storage holds.
    ///
    /// # Errors
    ///
    /// As [`entries`](GroupCommit::entries).
    pub async fn follow(&self, from: Option<Tip>) -> Result<Follower<B>> {
        let (entries, feeding) = self.feed().await?;
        let options = entries.options();
        let mut reader = entries.into_inner();
        let begin = match from {
            Some(from) => begin(&mut reader, from, feeding.end(), options).await?,
            None => reader.start().await?,
        };
        Ok(Follower {
            feeding,
            entries: Entries::starting_at(Bounded::new(reader, 0), begin, options),
            options,
            extent: Extent { end: 0, tip: None, is_final: false },
            chain: Chain::new(from),
            last: None,
            passed: None,
            ended: None,
        })
    }
}

/// An offset at or before which the entry `from` ends, with no other place of it before; `end` where the log does
/// not hold it.
async fn begin<R: AofRead>(reader: &mut R, from: Tip, end: u64, options: read::Options) -> Result<u64> {
    let place = find(reader, Target::Op(from.op), options).await?;
    Ok(place.map_or(end, |place| place.offset))
}

impl<B: AofBackend + 'static> Follower<B> {
    /// Returns the next entry, once it is durable.
    ///
    /// Entries that are recorded again after they were handed out are left out. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// All but [`Error::Io`] are final, and are returned again by every later call:
    ///
    /// - [`Error::Closed`], [`Error::Fenced`], [`Error::Poisoned`]: what ended the log, after everything durable was
    ///   handed out.
    /// - [`Error::Forked`]: the log has another entry in the place of the one to begin after, or after it.
    /// - [`Error::Pruned`]: the next entry is no longer in the storage.
    /// - [`Error::Lagged`]: the next entry is in a file that the log has left: it was rotated twice in one closure, or
    ///   more than 16 times since this follower read, or before it was made.
    /// - [`Error::ChainBroken`]: an entry does not continue the chain. [`Error::Corrupt`] where damage is the reason.
    pub async fn next(&mut self) -> Result<Prepare> {
        if let Some(ended) = &self.ended {
            return Err(ended.clone());
        }
        let next = self.find_next().await;
        if let Err(error) = &next
            && !matches!(error, Error::Io { .. } | Error::Lent)
        {
            self.ended = Some(error.clone());
        }
        next
    }

    /// The last entry that was handed out, or the one that it began after: what to [`follow`](GroupCommit::follow) from
    /// to continue here. `None` before the first entry.
    #[must_use]
    pub fn place(&self) -> Option<Tip> {
        self.chain.place()
    }

    async fn find_next(&mut self) -> Result<Prepare> {
        loop {
            match self.entries.next().await {
                Ok(Some(entry)) => {
                    self.last = Some(entry.header().checksum);
                    match self.chain.take(entry.offset, entry.header()) {
                        Ok(Take::HandOut) => {
                            self.passed = None;
                            return Ok(entry.to_prepare());
                        }
                        Ok(Take::LeaveOut) => continue,
                        Ok(Take::Missing) => return Err(self.missing().await?),
                        Err(error) => return Err(self.passed.take().unwrap_or(error)),
                    }
                }
                Ok(None) => {}
                // The rest of it is not durable yet, or is never written: then other bytes follow, which show it.
                Err(Error::Corrupt { reason: CorruptReason::Damaged(Damage::Torn { .. }), .. }) => {}
                // A damaged tail that was kept when the log was opened. Whether an entry is lost, the chain shows.
                Err(error @ Error::Corrupt { .. }) => {
                    self.entries.resync().await?;
                    self.passed.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(error),
            }
            self.wait().await?;
        }
    }

    /// Waits for more to read, in this storage or in the next one.
    async fn wait(&mut self) -> Result<()> {
        if self.extent.is_final {
            match self.feeding.next_storage() {
                Some(Next::Reader(reader)) => {
                    self.entries = Entries::new(Bounded::new(reader, 0), self.options);
                    self.extent = Extent { end: 0, tip: None, is_final: false };
                }
                Some(Next::Break(error)) => return Err(error),
                None => return Err(Error::Lagged),
            }
        } else if let Some(tip) = self.extent.tip
            && self.passed.is_some()
            && self.last.is_some_and(|last| last != tip.checksum)
        {
            // The last durable entry was in the damage.
            return Err(self.passed.take().unwrap_or(Error::Lagged));
        }
        self.extent = self.feeding.wait_past(self.extent.end).await?;
        self.entries.reader_mut().set_end(self.extent.end);
        Ok(())
    }

    /// The log begins too late.
    async fn missing(&mut self) -> Result<Error> {
        let start = self.entries.reader_mut().start().await?;
        Ok(if start > 0 { Error::Pruned { start } } else { Error::Lagged })
    }
}
