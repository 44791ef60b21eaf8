//! What a follower is handed when the log continues in another storage.

use crate::storage::error::Error;
use std::collections::VecDeque;

/// How many storages may wait for a follower.
const STORAGES_MAX: usize = 16;

/// How it continues at the end of the storage that is read.
#[derive(Debug)]
pub(crate) enum Next<R> {
    /// In another storage.
    Reader(R),
    /// Not at all.
    Break(Error),
}

/// The storages that a follower has not begun to read, and where each one before them ends.
#[derive(Debug)]
pub(super) struct Feed<R> {
    storages: VecDeque<(u64, Next<R>)>,
}

impl<R> Feed<R> {
    pub(super) fn new() -> Feed<R> {
        Feed { storages: VecDeque::new() }
    }

    /// Whether the follower has lost its way already.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self.storages.back(), Some((_, Next::Break(_))))
    }

    /// Whether it can take another storage.
    pub(super) fn has_room(&self) -> bool {
        self.storages.len() < STORAGES_MAX
    }

    /// Hands over the storage after one that ended at `previous_end`.
    pub(super) fn push(&mut self, previous_end: u64, next: Next<R>) {
        self.storages.push_back((previous_end, next));
    }

    /// Where the storage that is read ends, if it does.
    pub(super) fn end(&self) -> Option<u64> {
        self.storages.front().map(|(end, _)| *end)
    }

    pub(super) fn pop(&mut self) -> Option<Next<R>> {
        self.storages.pop_front().map(|(_, next)| next)
    }
}
