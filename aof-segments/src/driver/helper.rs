//! The thread on which checkpoints are made, spares are made ahead, and pruned segments are removed.

use super::Driver;
use super::running::Progress;
use crate::store::SegmentStore;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::thread;

enum Work {
    Checkpoints,
    Spare,
    Garbage,
}

impl<S: SegmentStore> Driver<S> {
    /// Starts the thread, unless it runs. It ends with the writer, and is not joined: a sync may take long.
    pub(crate) fn start_helper(self: &Arc<Self>) {
        if self.lock().has_helper {
            return;
        }
        let serving = Arc::clone(self);
        match thread::Builder::new().name("aof-segments".to_owned()).spawn(move || serving.serve()) {
            Ok(_) => self.lock().has_helper = true,
            Err(error) => {
                tracing::warn!(%error, "no thread for checkpoints could be made: the calling threads make them");
            }
        }
    }

    fn serve(self: Arc<Self>) {
        let place = self.new_place();
        loop {
            let mut queue = self.lock();
            let work = loop {
                if queue.stop.is_some() {
                    return;
                }
                if !queue.jobs.is_empty() {
                    break Work::Checkpoints;
                }
                if queue.is_free() && queue.wants_spares && queue.spares.len() < queue.spares_max {
                    break Work::Spare;
                }
                if queue.is_free() && (queue.prepares_start || !queue.garbage.is_empty()) {
                    break Work::Garbage;
                }
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            };
            drop(queue);
            // A panic of the system's has been settled as a failure; there may be more to settle.
            let worked = catch_unwind(AssertUnwindSafe(|| match work {
                Work::Checkpoints => {
                    futures::executor::block_on(poll_fn(|context| self.poll_jobs(context, place)));
                }
                Work::Spare => {
                    self.make_spare();
                }
                Work::Garbage => {
                    self.remove_garbage();
                }
            }));
            if worked.is_err() {
                tracing::error!("the thread that makes checkpoints panicked, and continues");
            }
        }
    }

    fn poll_jobs(self: &Arc<Self>, context: &mut Context<'_>, place: u64) -> Poll<()> {
        loop {
            self.register(context, place);
            match self.drive_once() {
                Progress::Idle => return Poll::Ready(()),
                Progress::Waits => return Poll::Pending,
                Progress::Settled => {}
            }
        }
    }
}
