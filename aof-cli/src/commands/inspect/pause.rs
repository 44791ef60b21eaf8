//! Waiting, unless nobody reads the output any more.

use std::time::Duration;

/// Waits so long. Returns false at once when the reader of standard output is gone: `aof inspect -f LOG | head`.
#[cfg(unix)]
pub(super) fn pause(duration: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let out = std::io::stdout();
    // Nothing is asked for: that the other end of a pipe is gone is always reported.
    let mut out = [PollFd::new(&out, PollFlags::empty())];
    let timeout = Timespec { tv_sec: duration.as_secs() as i64, tv_nsec: i64::from(duration.subsec_nanos()) };
    match poll(&mut out, Some(&timeout)) {
        Ok(0) => true,
        Ok(_) => !out[0].revents().intersects(PollFlags::ERR | PollFlags::HUP),
        // Interrupted, or not to be polled.
        Err(_) => {
            std::thread::sleep(duration);
            true
        }
    }
}

/// Waits so long.
#[cfg(not(unix))]
pub(super) fn pause(duration: Duration) -> bool {
    std::thread::sleep(duration);
    true
}
