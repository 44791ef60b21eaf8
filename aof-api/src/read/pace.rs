//! Lets the other tasks of an executor run while a long log is read.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How many bytes are worked on before the executor has its turn: well below a millisecond, and far above the cost of a
/// turn.
const TURN_LEN: u64 = 256 << 10;

/// Counts the bytes that a task has worked on since it last yielded.
///
/// Storage may be ready at once every time, as memory and the page cache are. Without this, a walk over such a log
/// returns to its executor only at the end of the log.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    worked: u64,
}

impl Pace {
    /// Adds bytes that were read, hashed or searched.
    pub(crate) fn work(&mut self, bytes: u64) {
        self.worked = self.worked.saturating_add(bytes);
    }

    /// Yields to the executor once where enough was done since the last time. Dropping the future is harmless.
    pub(crate) async fn rest(&mut self) {
        if self.worked >= TURN_LEN {
            self.worked = 0;
            YieldNow { yielded: false }.await;
        }
    }
}

/// Pending once, and woken at once.
struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn a_task_yields_once_for_each_quarter_of_a_mebibyte() {
        let mut pace = Pace::default();
        for _ in 0..3 {
            pace.work(TURN_LEN - 1);
            assert_eq!(pace.rest().now_or_never(), Some(()));
            pace.work(1);
            assert_eq!(pace.rest().now_or_never(), None);
            assert_eq!(pace.rest().now_or_never(), Some(()));
        }
    }
}
