//! Futures that are polled by hand, and waiting that ends.

use crate::suite::verdict::Stop;
use futures::channel::oneshot;
use futures::future::{Either, select};
use futures::task::AtomicWaker;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

/// More polls than any call may need; a future that is never ready fails the case instead of hanging it.
pub(crate) const POLLS_MAX: usize = 10_000;

thread_local! {
    /// What a fixture says may take long, and must not take for ever.
    static PATIENCE: Cell<Duration> = const { Cell::new(Duration::from_secs(30)) };
}

/// Sets how long the cases of this thread wait for a call.
pub(crate) fn wait_at_most(patience: Duration) {
    PATIENCE.set(patience);
}

/// How long the cases of this thread wait for a call.
pub(crate) fn patience() -> Duration {
    PATIENCE.get()
}

/// For so long a future that waits must not ask to be polled.
const QUIET: Duration = Duration::from_millis(20);

/// Waits for `future`, and fails the case where that takes for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> Result<T, Stop> {
    match before(PATIENCE.get(), future).await {
        Some(value) => Ok(value),
        None => Err(Stop::broken(format_args!("{what} did not return within {:?}", PATIENCE.get()))),
    }
}

/// What `future` comes to, or none where it takes longer than `limit`. The timer is a thread of the suite: no storage is
/// to need one.
async fn before<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let (cancel, cancelled) = mpsc::channel::<()>();
    let (ring, rung) = oneshot::channel::<()>();
    let mut future = pin!(future);
    // The timer begins with the first pending poll: most futures need none.
    if let Some(value) = poll_fn(|context| Poll::Ready(ready(future.as_mut().poll(context)))).await {
        return Some(value);
    }
    thread::spawn(move || {
        if cancelled.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
            // The waiting call may have ended by then.
            let _ = ring.send(());
        }
    });
    let outcome = match select(future, rung).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    };
    drop(cancel);
    outcome
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Whether a future was ever pending, over all of a case: where none ever was, nothing was dropped or interleaved half way.
#[derive(Debug, Default)]
pub(crate) struct Waits(bool);

impl Waits {
    /// Takes note of a future that was polled `polls` times, and of whether it was done.
    pub(crate) fn saw(&mut self, polls: usize, done: bool) {
        self.0 |= polls > 0 && !done;
    }

    /// Skips aloud where nothing was ever pending; `what` was to happen half way.
    pub(crate) fn or_skip(&self, what: &str) -> Result<(), Stop> {
        match self.0 {
            true => Ok(()),
            false => Err(Stop::Absent(format!("its futures are ready at the first poll: nothing is {what} half way"))),
        }
    }
}

/// A future that is polled when it asked for it, and only then.
pub(crate) struct Watched<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    alarm: Arc<Alarm>,
}

/// Counts wake-ups, and passes them on.
#[derive(Default)]
struct Alarm {
    rings: AtomicUsize,
    outer: AtomicWaker,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.rings.fetch_add(1, Ordering::SeqCst);
        self.outer.wake();
    }
}

impl Alarm {
    /// Waits for a wake-up; false where none comes before `limit`.
    async fn rings(&self, limit: Duration) -> bool {
        let rung = poll_fn(|context| {
            self.outer.register(context.waker());
            match self.rings.swap(0, Ordering::SeqCst) {
                0 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        });
        before(limit, rung).await.is_some()
    }
}

impl<'a, T> Watched<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + Send + 'a) -> Watched<'a, T> {
        Watched { future: Box::pin(future), alarm: Arc::default() }
    }

    /// Polls until it is done, or waits without asking for more polls. Fails the case where it asks for ever.
    pub(crate) async fn settle(&mut self) -> Result<Option<T>, Stop> {
        self.drive(QUIET).await
    }

    /// Waits until it is done: by wake-ups alone. Fails the case where none comes.
    pub(crate) async fn finish(&mut self, what: &str) -> Result<T, Stop> {
        match self.drive(PATIENCE.get()).await? {
            Some(value) => Ok(value),
            None => Err(Stop::broken(format_args!("{what} was not woken within {:?}", PATIENCE.get()))),
        }
    }

    async fn drive(&mut self, patience: Duration) -> Result<Option<T>, Stop> {
        for _ in 0..POLLS_MAX {
            let waker = Waker::from(Arc::clone(&self.alarm));
            if let Poll::Ready(value) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Ok(Some(value));
            }
            if !self.alarm.rings(patience).await {
                return Ok(None);
            }
        }
        Err(Stop::broken(format_args!("a future that waits asked {POLLS_MAX} times to be polled again")))
    }
}
