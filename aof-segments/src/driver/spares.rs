//! What is made ahead of the log, and what is removed after it.

use super::Driver;
use crate::store::{Segment, SegmentStore};
use std::collections::VecDeque;

impl<S: SegmentStore> Driver<S> {
    /// Says whether the segment that is written will soon be sealed.
    pub(crate) fn want_spares(&self, wanted: bool) {
        let mut queue = self.lock();
        queue.wants_spares = wanted;
        let begins = wanted && queue.has_helper && queue.spares.len() < queue.spares_max;
        drop(queue);
        if begins {
            self.changed.notify_all();
        }
    }

    /// Makes the spares that are wanted, on this thread, where no helper does.
    pub(crate) fn make_spares(&self) {
        while !self.lock().has_helper && self.wants_spare() && self.make_spare() {}
    }

    pub(super) fn wants_spare(&self) -> bool {
        let queue = self.lock();
        queue.is_free() && queue.wants_spares && queue.spares.len() < queue.spares_max
    }

    /// Makes one; without one, the log continues in the segment that it has.
    pub(super) fn make_spare(&self) -> bool {
        let Some(step) = self.begin_spare_step() else { return false };
        match step.check_place().and_then(|()| self.store.spare()) {
            Ok(spare) => {
                self.lock().spares.push_back(spare);
                true
            }
            Err(error) => {
                tracing::warn!(log = %self.store.describe(), %error, "no segment could be made ahead");
                // Until the next checkpoint asks again.
                self.lock().wants_spares = false;
                false
            }
        }
    }

    /// A spare, where there is one and no seal is under way.
    pub(crate) fn take_spare(&self) -> Option<S::Segment> {
        let mut queue = self.lock();
        if queue.seal.is_some() || queue.stop.is_some() {
            return None;
        }
        queue.spares.pop_front()
    }

    /// Gives one back that was not needed.
    pub(crate) fn return_spare(&self, spare: S::Segment) {
        self.lock().spares.push_front(spare);
    }

    /// Removes spares that are not needed any more, under the lock of the log.
    pub(super) fn remove_spares(&self, spares: VecDeque<S::Segment>) {
        for mut spare in spares {
            let view = spare.view();
            drop(spare);
            if let Ok(view) = view
                && let Err(error) = self.store.remove_spare(&view)
            {
                tracing::warn!(log = %self.store.describe(), %error, "a spare segment could not be removed");
            }
        }
    }

    /// Removes these segments, which were pruned, and keeps room for the next prune, if this one has used it: now, or by the
    /// helper thread.
    pub(crate) fn remove_pruned(&self, bases: Vec<u64>, prepares_start: bool) {
        let mut queue = self.lock();
        queue.prepares_start |= prepares_start;
        let stuck = std::mem::take(&mut queue.stuck);
        queue.garbage.extend(stuck.into_iter().chain(bases));
        let has_helper = queue.has_helper;
        drop(queue);
        match has_helper {
            true => self.changed.notify_all(),
            false => while self.remove_garbage() {},
        }
    }

    /// Removes one segment, or keeps room for the next prune; false where there is nothing to do.
    pub(super) fn remove_garbage(&self) -> bool {
        let Some(step) = self.begin_spare_step() else { return false };
        if std::mem::take(&mut self.lock().prepares_start) {
            if let Err(error) = step.check_place().and_then(|()| self.store.prepare_start()) {
                tracing::warn!(log = %self.store.describe(), %error, "no room is kept for the next prune");
            }
            return true;
        }
        let Some(base) = self.lock().garbage.pop_front() else { return false };
        if let Err(error) = step.check_place().and_then(|()| self.store.remove(base)) {
            tracing::warn!(log = %self.store.describe(), base, %error, "a pruned segment could not be removed");
            self.lock().stuck.push(base);
        }
        true
    }

    /// Begins to close: no spares are made any more.
    pub(crate) fn begin_close(&self) {
        self.lock().closing = true;
    }

    /// Removes what was pruned, as far as that can be done, before the log is closed. Opening keeps room for the next prune.
    pub(crate) fn finish_removing(&self) {
        self.lock().prepares_start = false;
        while self.remove_garbage() {}
    }
}
