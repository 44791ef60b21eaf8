//! What is under way, what is owed, and who waits.

use super::job::{Job, Outcome};
use crate::store::SegmentStore;
use aof_api::{Error, Result};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::Waker;

/// What one lock protects.
pub(super) struct Queue<S: SegmentStore> {
    /// In the order of their calls. Empty once `stop` is set.
    pub(super) jobs: VecDeque<Job<S>>,
    /// The one that is being driven just now, and what it will resolve to, as soon as its bytes are durable.
    pub(super) running: Option<(Arc<Outcome>, Option<Result<u64>>)>,
    /// Somebody was woken since the job that is being driven was polled.
    pub(super) woken: bool,
    /// Why nothing begins any more, and nothing under way counts.
    pub(super) stop: Option<Error>,
    /// The failure of a checkpoint that no call has returned yet.
    pub(super) unheard: Option<Error>,
    /// The seal that is under way, or owed.
    pub(super) seal: Option<Seal<S>>,
    /// Gone when the log is given up.
    pub(super) lock: Option<Arc<S::Lock>>,
    /// How many steps are being made that change names.
    pub(super) steps: usize,
    /// Segments made ahead.
    pub(super) spares: VecDeque<S::Segment>,
    pub(super) spares_max: usize,
    /// Whether the segment that is written will soon be sealed.
    pub(super) wants_spares: bool,
    /// Pruned segments that are to be removed, by their bases.
    pub(super) garbage: VecDeque<u64>,
    /// Those that could not be removed: the next prune tries again, or the next opening.
    pub(super) stuck: Vec<u64>,
    /// Room for the record of the next start is to be kept.
    pub(super) prepares_start: bool,
    /// How many calls wait until no step is under way that another call need not wait for, and then change names themselves.
    pub(super) pauses: usize,
    /// The log is being closed: no step begins that is not needed for that.
    pub(super) closing: bool,
    pub(super) has_helper: bool,
    /// What the newest note covers that is kept.
    pub(super) kept_note: Option<u64>,
    pub(super) wakers: Vec<(u64, Waker)>,
    /// How many places were given to those who wait.
    pub(super) places: u64,
}

/// A segment that is being sealed: it is written no more, and its successor has no name yet.
pub(crate) struct Seal<S: SegmentStore> {
    /// The base of the successor, which is where the sealed segment ends.
    pub(crate) base: u64,
    /// The successor.
    pub(crate) spare: S::View,
    /// To be kept with it.
    pub(crate) note: Vec<u8>,
    /// The segment itself, until the seal is finished; and its base.
    pub(crate) sealed: (u64, S::Segment),
    /// Its bytes are durable.
    pub(crate) synced: bool,
    /// The successor has its name, perhaps not durably.
    pub(crate) named: bool,
}

impl<S: SegmentStore> Queue<S> {
    pub(super) fn new(lock: S::Lock, kept_note: Option<u64>, spares_max: usize) -> Queue<S> {
        Queue {
            jobs: VecDeque::new(),
            running: None,
            woken: false,
            stop: None,
            unheard: None,
            seal: None,
            lock: Some(Arc::new(lock)),
            steps: 0,
            spares: VecDeque::new(),
            spares_max,
            wants_spares: false,
            garbage: VecDeque::new(),
            stuck: Vec::new(),
            prepares_start: false,
            pauses: 0,
            closing: false,
            has_helper: false,
            kept_note,
            wakers: Vec::new(),
            places: 0,
        }
    }

    /// Keeps `waker` until everybody is woken, in place of the earlier one, which is returned.
    pub(super) fn register(&mut self, place: u64, waker: Waker) -> Option<Waker> {
        if let Some((_, kept)) = self.wakers.iter_mut().find(|(of, _)| *of == place) {
            return Some(std::mem::replace(kept, waker));
        }
        self.wakers.push((place, waker));
        None
    }

    /// Takes out the checkpoints that were dropped before anything began. A helper thread makes those, too.
    pub(super) fn take_forgotten(&mut self) -> Vec<Job<S>> {
        if self.has_helper || !self.jobs.iter().any(Job::is_forgotten) {
            return Vec::new();
        }
        let (forgotten, kept): (Vec<_>, Vec<_>) = self.jobs.drain(..).partition(Job::is_forgotten);
        self.jobs = kept.into();
        forgotten
    }

    pub(super) fn is_drained(&self) -> bool {
        self.jobs.iter().all(|job| !self.has_helper && job.is_forgotten()) && self.running.is_none() && self.steps == 0
    }

    /// Whether a step may begin that is not needed by any call.
    pub(super) fn is_free(&self) -> bool {
        !self.closing && self.pauses == 0 && self.stop.is_none()
    }

    /// Settles everything under way with the reason why nothing begins any more; what is durable already resolves to that.
    pub(super) fn settle_all(&mut self) -> Vec<Job<S>> {
        let Some(reason) = &self.stop else { return Vec::new() };
        if let Some((outcome, durable)) = &self.running {
            let _ = outcome.set(durable.clone().unwrap_or_else(|| Err(reason.clone())));
        }
        let ended: Vec<_> = self.jobs.drain(..).collect();
        for job in &ended {
            let _ = job.outcome.set(Err(reason.clone()));
        }
        ended
    }
}

impl<S: SegmentStore> fmt::Debug for Queue<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("jobs", &self.jobs)
            .field("stop", &self.stop)
            .field("seals", &self.seal.as_ref().map(|seal| seal.base))
            .field("spares", &self.spares.len())
            .field("garbage", &self.garbage)
            .finish_non_exhaustive()
    }
}
