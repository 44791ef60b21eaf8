//! What the records say: vote, bounds of the Raft log, and where its entries are.

use super::cache::{Body, Cache};
use super::places::{Place, Places};
use crate::error::RecordError;
use openraft::RaftTypeConfig;
use openraft::alias::{LogIdOf, VoteOf};

/// What the records up to here say. It changes by whole records, while a log is opened and while it is written alike.
pub(crate) struct State<C: RaftTypeConfig> {
    pub(crate) vote: Option<VoteOf<C>>,
    pub(crate) committed: Option<LogIdOf<C>>,
    pub(crate) purged: Option<LogIdOf<C>>,
    /// The last entry, or what was purged where there is none.
    pub(crate) last: Option<LogIdOf<C>>,
    pub(crate) places: Places,
    pub(crate) cache: Cache,
    /// The op of the last record; 0 before the first.
    pub(crate) op: u64,
    /// Records before the first one that was seen are unknown, so that the log may continue with any index.
    is_partial: bool,
}

impl<C: RaftTypeConfig> State<C> {
    pub(crate) fn new(cache_bytes: usize) -> State<C> {
        State {
            vote: None,
            committed: None,
            purged: None,
            last: None,
            places: Places::default(),
            cache: Cache::new(cache_bytes),
            op: 0,
            is_partial: false,
        }
    }

    /// The records begin in the middle of a history.
    pub(crate) fn begin_partial(&mut self) {
        self.is_partial = true;
    }

    /// All records were seen.
    ///
    /// # Errors
    ///
    /// [`RecordError::Hole`] where the beginning is missing: what was pruned held entries that still count.
    pub(crate) fn complete(&mut self) -> Result<(), RecordError> {
        if std::mem::take(&mut self.is_partial) {
            // Nothing is pruned before something was purged, so that without a purge entries are missing.
            let expected = self.purged.as_ref().map_or(0, |purged| purged.index + 1);
            match self.places.range() {
                range if range.is_empty() && self.purged.is_some() => self.last = self.purged.clone(),
                range if !range.is_empty() && self.purged.is_some() && range.start == expected => {}
                range => return Err(RecordError::Hole { expected, found: range.start }),
            }
        }
        Ok(())
    }

    /// The index with which the log continues; `None` where any will do.
    pub(crate) fn next(&self) -> Option<u64> {
        self.last.as_ref().map(|last| last.index.saturating_add(1))
    }

    /// Whether an entry with this index may follow `last`.
    ///
    /// # Errors
    ///
    /// [`RecordError::Hole`].
    pub(crate) fn check_next(&self, found: u64) -> Result<(), RecordError> {
        let floor = self.purged.as_ref().map_or(0, |purged| purged.index.saturating_add(1));
        match self.next() {
            Some(expected) if expected != found => Err(RecordError::Hole { expected, found }),
            None if found < floor => Err(RecordError::Hole { expected: floor, found }),
            _ => Ok(()),
        }
    }

    /// An entry follows. With its body, it is cached.
    pub(crate) fn push(&mut self, log_id: LogIdOf<C>, place: Place, body: Option<Body>) {
        self.op = place.op;
        self.places.push(log_id.index, place);
        if let Some(body) = body {
            self.cache.push(log_id.index, body);
        }
        self.last = Some(log_id);
    }

    /// Whether there may be entries after `last`.
    pub(crate) fn truncates(&self, last: Option<&LogIdOf<C>>) -> bool {
        let end = last.map_or(0, |last| last.index.saturating_add(1));
        self.next().map_or(self.is_partial, |next| next > end)
    }

    /// Entries after `last` no longer count. Where there are none, nothing changes.
    pub(crate) fn truncate_after(&mut self, last: Option<LogIdOf<C>>) {
        if !self.truncates(last.as_ref()) {
            return;
        }
        let end = last.as_ref().map_or(0, |last| last.index.saturating_add(1));
        self.places.cut(end);
        self.cache.cut(end);
        let purged_is_later = self.purged.as_ref().is_some_and(|purged| purged.index >= end);
        self.last = if purged_is_later { self.purged.clone() } else { last };
    }

    /// Entries up to `log_id` no longer count. Past the last entry, the log continues after it.
    pub(crate) fn purge(&mut self, log_id: LogIdOf<C>) {
        if !self.purges(&log_id) {
            return;
        }
        let first = log_id.index.saturating_add(1);
        self.places.drop_below(first);
        self.cache.drop_below(first);
        let is_jump = match &self.last {
            Some(last) => last.index <= log_id.index,
            None => !self.is_partial,
        };
        if is_jump {
            self.last = Some(log_id.clone());
        }
        self.purged = Some(log_id);
    }

    /// Whether purging up to `log_id` changes anything.
    pub(crate) fn purges(&self, log_id: &LogIdOf<C>) -> bool {
        self.purged.as_ref().is_none_or(|purged| purged.index < log_id.index)
    }
}
