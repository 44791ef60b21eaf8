//! Futures that are dropped before they are done, or held up on the way.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Polls `future` up to `polls` times, waiting between them to be woken as an executor would, then drops it.
///
/// Returns its value, or none when it was dropped before. With 0 polls it is dropped untouched. Calling with 0, 1,
/// 2, ... until something comes back visits every await point.
///
/// ```
/// use aof_testkit::drop_after;
///
/// # futures::executor::block_on(async {
/// assert_eq!(drop_after(0, async { 7 }).await, None);
/// assert_eq!(drop_after(1, async { 7 }).await, Some(7));
/// assert_eq!(drop_after(1, aof_testkit::pending(1)).await, None);
/// # });
/// ```
pub async fn drop_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            // Dropped right here, at the await point, and not when it would have been woken.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// A future that is pending `polls` times before it is ready, and asks to be polled again each time.
pub fn pending(polls: u32) -> impl Future<Output = ()> + Send {
    PendingFor(polls)
}

struct PendingFor(u32);

impl Future for PendingFor {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_polls_short_of_the_last_drops() {
        futures::executor::block_on(async {
            for polls in 0..4 {
                assert_eq!(drop_after(polls, pending(3)).await, None, "{polls} polls");
            }
            assert_eq!(drop_after(4, pending(3)).await, Some(()));
        });
    }
}
