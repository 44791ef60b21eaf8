//! A step that changes names: made under the lock of the log, which is not given back before the step has ended.

use super::Driver;
use crate::store::SegmentStore;
use aof_api::{Error, Result};
use std::sync::Arc;

/// A step, until this is dropped.
pub(super) struct Step<'a, S: SegmentStore> {
    driver: &'a Driver<S>,
    /// None only while it is dropped.
    lock: Option<Arc<S::Lock>>,
}

impl<S: SegmentStore> Driver<S> {
    /// Begins a step, where the log is neither given up nor poisoned.
    pub(super) fn begin_step(&self) -> Result<Step<'_, S>> {
        let mut queue = self.lock();
        if let Some(reason) = &queue.stop {
            return Err(reason.clone());
        }
        let lock = queue.lock.clone().ok_or(Error::Closed)?;
        queue.steps += 1;
        Ok(Step { driver: self, lock: Some(lock) })
    }

    /// Begins a step that no call needs, unless a call changes names just now.
    pub(super) fn begin_spare_step(&self) -> Option<Step<'_, S>> {
        let mut queue = self.lock();
        if queue.pauses > 0 || queue.stop.is_some() {
            return None;
        }
        let lock = queue.lock.clone()?;
        queue.steps += 1;
        Some(Step { driver: self, lock: Some(lock) })
    }

    /// Lets no step begin that no call needs, until the pause is dropped: the caller waits for one such step at most, and
    /// shares no file with one.
    pub(crate) fn pause(self: &Arc<Self>) -> Pause<S> {
        self.lock().pauses += 1;
        Pause { driver: Arc::clone(self) }
    }
}

/// A time in which only calls begin steps, until this is dropped.
pub(crate) struct Pause<S: SegmentStore> {
    driver: Arc<Driver<S>>,
}

impl<S: SegmentStore> Drop for Pause<S> {
    fn drop(&mut self) {
        self.driver.lock().pauses -= 1;
        self.driver.changed.notify_all();
    }
}

impl<S: SegmentStore> Step<'_, S> {
    /// Whether the place is still the one that was locked.
    pub(super) fn check_place(&self) -> Result<()> {
        match &self.lock {
            Some(lock) => self.driver.store.check_place(lock),
            None => Err(Error::Closed),
        }
    }
}

impl<S: SegmentStore> Drop for Step<'_, S> {
    fn drop(&mut self) {
        drop(self.lock.take());
        self.driver.lock().steps -= 1;
        self.driver.wake_all();
    }
}
