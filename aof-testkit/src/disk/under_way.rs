//! The checkpoints under way: in the order of their calls, one sync at a time.

use super::options::{Defect, Options};
use super::retention::Retention;
use super::state::State;
use crate::wrap::call::Call;
use crate::wrap::fault::{Fault, Faults, injected};
use aof_api::storage::extent::Settler;
use aof_api::{Error, Result};
use std::sync::{Arc, OnceLock};

/// Where the outcome of a checkpoint is kept for its future.
pub(super) type Outcome = Arc<OnceLock<Result<u64>>>;

/// A checkpoint whose outcome is not settled.
#[derive(Debug)]
pub(super) struct Job {
    /// The opening that it belongs to.
    pub(super) opening: u64,
    /// The end of the log at the call.
    pub(super) end: u64,
    /// The length of the file at the call, with what was allocated ahead.
    pub(super) file_len: usize,
    pub(super) note: Vec<u8>,
    /// How many steps the sync takes before the one that settles it.
    pub(super) steps: u32,
    pub(super) begun: bool,
    /// Whether its future was dropped.
    pub(super) dropped: bool,
    pub(super) outcome: Outcome,
    pub(super) settler: Settler,
}

/// What one step came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// No checkpoint is under way.
    Idle,
    /// The sync takes more steps.
    Taken,
    /// A checkpoint was settled.
    Settled,
}

impl State {
    /// Takes on a checkpoint that was called.
    pub(super) fn begin(&mut self, job: Job, options: &Options) {
        if options.has(Defect::NoteAheadOfTheDisk) {
            self.keep_note(job.end, &job.note, options);
        }
        self.jobs.push_back(job);
    }

    /// One step of the sync that is under way.
    pub(super) fn step(&mut self, faults: &Faults, options: &Options) -> Step {
        let Some(job) = self.jobs.front_mut() else { return Step::Idle };
        job.begun = true;
        match job.steps.checked_sub(1) {
            Some(left) => {
                job.steps = left;
                Step::Taken
            }
            None => {
                self.settle_front(faults, options);
                Step::Settled
            }
        }
    }

    /// Settles the sync that has begun, if one has: it is finished before the lock goes.
    pub(super) fn finish_begun(&mut self, faults: &Faults, options: &Options) {
        if self.jobs.front().is_some_and(|job| job.begun) {
            self.settle_front(faults, options);
        }
    }

    /// Ends every checkpoint under way: what is durable already is so, and the others fail with `error`.
    pub(super) fn end_all(&mut self, error: &Error) {
        for job in self.jobs.drain(..) {
            let durable = job.settler.durable_len() >= job.end;
            let _ = job.outcome.set(if durable { Ok(job.end) } else { Err(error.clone()) });
        }
    }

    /// The future of a checkpoint was dropped. Where nothing has begun, it owes nothing.
    pub(super) fn dropped(&mut self, outcome: &Outcome, options: &Options) {
        self.jobs.retain_mut(|job| {
            let dropped = Arc::ptr_eq(&job.outcome, outcome);
            job.dropped |= dropped;
            !dropped || job.begun || options.helped
        });
    }

    fn settle_front(&mut self, faults: &Faults, options: &Options) {
        let Some(job) = self.jobs.pop_front() else { return };
        let end = job.end;
        match faults.strike(Call::Checkpoint) {
            None => {
                self.make_durable(&job, options);
                job.settler.set_durable(end);
                let _ = job.outcome.set(Ok(end));
            }
            Some(Fault::CheckpointLies) => {
                job.settler.set_durable(end);
                let _ = job.outcome.set(Ok(end));
            }
            Some(Fault::CheckpointIsFull) => {
                let _ = job.outcome.set(Err(Error::Full { needed: 1, available: 0 }));
            }
            Some(fault) => {
                match fault {
                    Fault::CheckpointKeepsPart => {
                        let kept = Retention::Random(faults.draw_seed());
                        self.images.sync_in_part(if options.truncates { kept } else { self.whole_writes(kept) });
                    }
                    // No call returns it.
                    Fault::CheckpointAnswerLost => self.make_durable(&job, options),
                    _ => {}
                }
                let error = injected(Call::Checkpoint, job.settler.durable_len());
                let _ = job.outcome.set(Err(error.clone()));
                let forgotten = options.has(Defect::DroppedCheckpointIsForgotten) && job.dropped;
                if !options.has(Defect::CheckpointIgnoresAnEarlierFailure) && !forgotten {
                    let poison = job.settler.poison(&error);
                    self.end_all(&poison);
                }
            }
        }
    }

    /// What a sync that succeeds does.
    pub(super) fn make_durable(&mut self, job: &Job, options: &Options) {
        let end = match options.has(Defect::CheckpointCoversHalf) {
            true => usize::midpoint(self.images.durable().len().min(job.end as usize), job.end as usize),
            false => job.end as usize,
        };
        if options.has(Defect::CheckpointOutlivesTheLock) && self.writer != Some(job.opening) {
            self.images.truncate(end, true);
        }
        self.images.sync_up_to(end, job.file_len.max(end));
        // A disk that keeps notes too early has kept it.
        if !options.has(Defect::NoteAheadOfTheDisk) {
            self.keep_note(job.end, &job.note, options);
        }
    }
}
