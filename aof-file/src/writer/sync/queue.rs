//! Which sync is under way, which is next, and who waits.

use super::round::Round;
use crate::open::file::Scope;
use aof_api::Error;
use std::sync::Arc;
use std::task::Waker;

/// What one lock protects. It is held over memory only: neither a sync nor foreign code runs under it.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) running: Option<Arc<Round>>,
    /// Asked for and not begun. None once `stop` is set.
    pub(super) next: Option<Next>,
    /// Why nothing begins any more, and nothing under way counts.
    pub(super) stop: Option<Error>,
    /// Whether a thread of this file begins what is next; otherwise the polling thread does.
    pub(super) has_helper: bool,
    /// The failure of a sync that no call has returned yet.
    pub(super) unheard: Option<Error>,
    wakers: Vec<Waker>,
    /// How often the wakers were taken.
    wakings: u64,
}

/// A sync that was asked for.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) round: Arc<Round>,
    pub(super) scope: Scope,
    /// How many bytes of the log it makes durable.
    pub(super) end: u64,
}

/// Where a waiting ticket has its waker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    waking: u64,
    index: usize,
}

impl Queue {
    /// Begins what is next, where nothing is under way. The caller runs it.
    pub(super) fn begin(&mut self) -> Option<Next> {
        if self.running.is_some() {
            return None;
        }
        let next = self.next.take()?;
        self.running = Some(Arc::clone(&next.round));
        Some(next)
    }

    /// Keeps `waker` until [`take_wakers`](Queue::take_wakers), in place of the earlier one of this ticket, which is given
    /// back to be dropped outside of the lock.
    pub(super) fn register(&mut self, place: &mut Option<Place>, waker: Waker) -> Option<Waker> {
        if let Some(Place { waking, index }) = *place
            && waking == self.wakings
        {
            return Some(std::mem::replace(&mut self.wakers[index], waker));
        }
        *place = Some(Place { waking: self.wakings, index: self.wakers.len() });
        self.wakers.push(waker);
        None
    }

    /// All who wait; each looks again.
    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        self.wakings += 1;
        std::mem::take(&mut self.wakers)
    }

    /// Settles what has not begun with the reason why it never will.
    pub(super) fn settle_next(&mut self) {
        if let Some(reason) = &self.stop
            && let Some(next) = self.next.take()
        {
            next.round.settle(Err(reason.clone()));
        }
    }
}
