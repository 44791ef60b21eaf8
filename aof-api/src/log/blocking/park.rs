//! Driving a future on a thread that parks.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Wakes one thread. The flag is its own, because others may unpark the thread too, an executor around it for instance.
struct Parked {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Parked {
    fn wake(self: Arc<Parked>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Parked>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Drives a future to its end on this thread. Unlike that of an executor, it may be called within another one.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let parked = Arc::new(Parked { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&parked));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        while !parked.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::channel::oneshot;

    #[test]
    fn it_waits_for_another_thread_and_may_be_nested() {
        let (done, waiting) = oneshot::channel();
        let other = thread::spawn(move || done.send(7));
        let outcome = block_on(async { block_on(async { futures::executor::block_on(async { block_on(waiting) }) }) });
        assert_eq!(outcome, Ok(7));
        assert_eq!(other.join().ok(), Some(Ok(())));
    }

    #[test]
    fn being_unparked_by_others_is_not_being_woken() {
        thread::current().unpark();
        let mut polls = 0;
        block_on(std::future::poll_fn(|context| {
            polls += 1;
            if polls == 3 {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            thread::spawn(move || waker.wake());
            Poll::Pending
        }));
        assert_eq!(polls, 3);
    }
}
