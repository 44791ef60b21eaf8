//! What the backends, readers and checkpoints of one flawed log share, and their fixture sees.

use crate::wrap::call::Call;
use aof_api::Error;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

#[derive(Debug, Default)]
pub(super) struct Shared {
    /// A call that is to fail, where the flaw handles failures itself.
    pub(super) failing: Mutex<Option<Call>>,
    /// A call whose answer is to be lost.
    pub(super) losing: Mutex<Option<Call>>,
    /// The longest log that there was, for cut bytes to come back from.
    pub(super) cut: Mutex<Vec<u8>>,
    pub(super) durable_len: AtomicU64,
    pub(super) cursor: AtomicU64,
    /// What poisoned the last writer, where the flaw handles failures itself.
    pub(super) poison: Mutex<Option<Error>>,
    /// How far a checkpoint went that was dropped.
    pub(super) begun: Mutex<Option<u64>>,
    /// Whether the last writer was closed.
    pub(super) closed: AtomicBool,
    /// One more for each living reader.
    pub(super) readers: Arc<()>,
    /// Where the checkpoints ended, over all openings.
    pub(super) pieces: Mutex<Vec<u64>>,
    /// A write that came too late, and where it landed.
    pub(super) stray: Mutex<Option<(u64, Vec<u8>)>>,
    /// Whether each checkpoint that was called is done.
    under_way: Mutex<Vec<Arc<AtomicBool>>>,
    /// A failure that no call has returned: later syncs find nothing to do.
    pub(super) forgotten: AtomicBool,
    /// The last checkpoint carried no note.
    pub(super) erased: AtomicBool,
    /// Notes as the flaw keeps them.
    pub(super) note: Mutex<Option<(u64, Vec<u8>)>>,
    /// Some wait for a change was dropped.
    pub(super) deaf: AtomicBool,
}

/// Counts a checkpoint as under way until it is dropped.
pub(super) struct UnderWay(Arc<AtomicBool>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Shared {
    pub(super) fn fails(&self, call: Call) -> bool {
        lock(&self.failing).take_if(|failing| *failing == call).is_some()
    }

    pub(super) fn loses(&self, call: Call) -> bool {
        lock(&self.losing).take_if(|losing| *losing == call).is_some()
    }

    pub(super) fn poison(&self, failure: &Error) {
        *lock(&self.poison) = Some(failure.poison());
    }

    /// A checkpoint that begins now, and those that began before it.
    pub(super) fn begin(&self) -> (UnderWay, Vec<Arc<AtomicBool>>) {
        let mut under_way = lock(&self.under_way);
        let earlier = under_way.clone();
        let done = Arc::<AtomicBool>::default();
        under_way.push(Arc::clone(&done));
        (UnderWay(done), earlier)
    }

    /// Waits for every checkpoint under way, and drives none of them.
    pub(super) async fn wait_for_all(&self) {
        let earlier = lock(&self.under_way).clone();
        wait_for(&earlier).await;
    }

    pub(super) fn is_any_under_way(&self) -> bool {
        lock(&self.under_way).iter().any(|done| !done.load(Ordering::SeqCst))
    }
}

/// Waits until these are done, without asking to be woken.
pub(super) async fn wait_for(earlier: &[Arc<AtomicBool>]) {
    poll_fn(|_| match earlier.iter().all(|done| done.load(Ordering::SeqCst)) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

/// Is pending once, without arranging a wake-up.
pub(super) async fn pending_unwoken() {
    let mut polled = false;
    poll_fn(|_| match std::mem::replace(&mut polled, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is done under these locks that could panic half way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
