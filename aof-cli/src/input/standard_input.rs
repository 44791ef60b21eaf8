//! Standard input, in whatever state the parent process left it.

use crate::output::signals::Interruption;
use std::io::{self, Read};

/// Reads standard input. Waits where it is in non-blocking mode; an interruption ends it as the end of the input does.
pub(crate) struct StandardInput {
    interruption: Option<Interruption>,
}

impl StandardInput {
    pub(crate) fn new() -> StandardInput {
        StandardInput { interruption: None }
    }

    /// One that ends when a signal comes.
    pub(crate) fn until(interruption: Interruption) -> StandardInput {
        StandardInput { interruption: Some(interruption) }
    }

    /// The signal that ended it, if one did.
    pub(crate) fn signal(&self) -> Option<i32> {
        self.interruption.as_ref().and_then(Interruption::signal)
    }
}

impl Read for StandardInput {
    #[cfg(unix)]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, poll};
        let input = io::stdin();
        loop {
            let mut waited_for = vec![PollFd::new(&input, PollFlags::IN)];
            let wakes = self.interruption.as_ref().map(Interruption::wakes);
            waited_for.extend(wakes.as_ref().map(|wakes| PollFd::new(wakes, PollFlags::IN)));
            match poll(&mut waited_for, None) {
                // What cannot be polled can be read.
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            if self.signal().is_some() {
                return Ok(0);
            }
            if waited_for[0].revents().is_empty() {
                continue;
            }
            match rustix::io::read(&input, &mut *buf) {
                Ok(count) => return Ok(count),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    #[cfg(not(unix))]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        io::stdin().lock().read(buf)
    }
}
