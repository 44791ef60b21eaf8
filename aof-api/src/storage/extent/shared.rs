//! What the writer, its readers and its checkpoints share.

use crate::storage::error::{Error, Result};
use futures::task::AtomicWaker;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The cut of a view that was never cut. No log is that long.
pub(super) const UNCUT: u64 = u64::MAX;

/// What belongs to one view.
#[derive(Debug)]
pub(super) struct Cut {
    /// The lowest length to which the log was cut since the view was made.
    pub(super) at: AtomicU64,
    pub(super) waker: AtomicWaker,
}

#[derive(Debug)]
pub(super) struct Shared {
    start: AtomicU64,
    len: AtomicU64,
    durable_len: AtomicU64,
    /// Whether `ending` is set.
    ended: AtomicBool,
    ending: Mutex<Option<Error>>,
    /// How many views wait for a change.
    waiting: AtomicUsize,
    views: Mutex<Vec<Weak<Cut>>>,
}

impl Shared {
    pub(super) fn new(start: u64, len: u64) -> Shared {
        Shared {
            start: AtomicU64::new(start),
            len: AtomicU64::new(len),
            durable_len: AtomicU64::new(start),
            ended: AtomicBool::new(false),
            ending: Mutex::new(None),
            waiting: AtomicUsize::new(0),
            views: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn start(&self) -> u64 {
        self.start.load(Ordering::Acquire)
    }

    pub(super) fn len(&self) -> u64 {
        self.len.load(Ordering::Acquire)
    }

    pub(super) fn durable_len(&self) -> u64 {
        self.durable_len.load(Ordering::Acquire)
    }

    /// Where readers see the log end, cuts aside.
    pub(super) fn visible_len(&self) -> u64 {
        let len = self.len();
        if self.ended.load(Ordering::Acquire) { len.min(self.durable_len()) } else { len }
    }

    pub(super) fn check(&self) -> Result<()> {
        match self.ended.load(Ordering::Acquire) {
            false => Ok(()),
            true => lock(&self.ending).clone().map_or(Ok(()), Err),
        }
    }

    pub(super) fn set_len(&self, len: u64, has_views: bool) {
        self.len.store(len, Ordering::Release);
        if has_views {
            // Pairs with the one in `wait`: either this sees who waits, or the waiting view sees the length.
            fence(Ordering::SeqCst);
            if self.waiting.load(Ordering::Relaxed) > 0 {
                self.wake_all();
            }
        }
    }

    pub(super) fn set_durable(&self, len: u64) {
        self.durable_len.fetch_max(len, Ordering::AcqRel);
    }

    pub(super) fn truncate(&self, len: u64) {
        if len >= self.len() {
            return;
        }
        for view in self.living_views() {
            view.at.fetch_min(len, Ordering::SeqCst);
        }
        self.durable_len.fetch_min(len, Ordering::SeqCst);
        self.len.store(len, Ordering::SeqCst);
        self.wake_all();
    }

    pub(super) fn prune(&self, start: u64) {
        self.start.fetch_max(start, Ordering::SeqCst);
        self.wake_all();
    }

    pub(super) fn poison(&self, failure: &Error) -> Error {
        self.end(failure.poison())
    }

    pub(super) fn fence(&self, what: &str) -> Error {
        self.end(Error::Fenced { what: what.to_owned() })
    }

    /// Ends the log for its readers, unless it has ended by something that counts more. Returns what every later call
    /// fails with.
    pub(super) fn end(&self, error: Error) -> Error {
        let error = {
            let mut ending = lock(&self.ending);
            if ending.as_ref().is_none_or(|before| precedence(&error) > precedence(before)) {
                *ending = Some(error);
            }
            self.ended.store(true, Ordering::SeqCst);
            ending.clone().unwrap_or(Error::Closed)
        };
        self.wake_all();
        error
    }

    pub(super) fn add_view(&self) -> Arc<Cut> {
        let cut = Arc::new(Cut { at: AtomicU64::new(UNCUT), waker: AtomicWaker::new() });
        let mut views = lock(&self.views);
        if views.len() == views.capacity() {
            views.retain(|view| view.strong_count() > 0);
        }
        views.push(Arc::downgrade(&cut));
        cut
    }

    /// Counts a view that waits; it must look once more after this call.
    pub(super) fn begin_wait(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    pub(super) fn end_wait(&self) {
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    fn living_views(&self) -> Vec<Arc<Cut>> {
        lock(&self.views).iter().filter_map(Weak::upgrade).collect()
    }

    /// Wakes every view that waits, outside of the lock: wakers are foreign code.
    fn wake_all(&self) {
        for view in self.living_views() {
            view.waker.wake();
        }
    }
}

/// Which error is returned where several apply: the highest.
fn precedence(error: &Error) -> u8 {
    match error {
        Error::Fenced { .. } => 2,
        Error::Poisoned { .. } => 1,
        _ => 0,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is done under these locks that could panic half way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A handle on an [`Extent`](super::Extent) for a checkpoint: it reports what became of it, also when nobody polls it.
#[derive(Clone, Debug)]
pub struct Settler {
    shared: Arc<Shared>,
}

impl Settler {
    pub(super) fn new(shared: Arc<Shared>) -> Settler {
        Settler { shared }
    }

    /// Says that the first `len` bytes are durable; a smaller number than before changes nothing.
    pub fn set_durable(&self, len: u64) {
        self.shared.set_durable(len);
    }

    /// How many bytes from the beginning are known to survive a crash.
    #[must_use]
    pub fn durable_len(&self) -> u64 {
        self.shared.durable_len()
    }

    /// As [`Extent::check`](super::Extent::check).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn check(&self) -> Result<()> {
        self.shared.check()
    }

    /// As [`Extent::poison`](super::Extent::poison).
    pub fn poison(&self, failure: &Error) -> Error {
        self.shared.poison(failure)
    }

    /// As [`Extent::fence`](super::Extent::fence).
    pub fn fence(&self, what: &str) -> Error {
        self.shared.fence(what)
    }
}
