//! Standard output and standard error, in whatever state the parent process left them.
//!
//! The streams of the standard library are not used: a parent with an event loop may have put a stream into non-blocking
//! mode, where they lose what they have buffered, and `println!` panics on a full disk.

use std::io::{self, Write};

/// One of the two streams. A write waits until the stream takes something, also in non-blocking mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standard {
    Output,
    Error,
}

impl Write for Standard {
    #[cfg(unix)]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, poll};
        use std::os::fd::AsFd;
        let (out, err) = (io::stdout(), io::stderr());
        let stream = match self {
            Standard::Output => out.as_fd(),
            Standard::Error => err.as_fd(),
        };
        loop {
            match rustix::io::write(stream, buf) {
                Ok(count) => return Ok(count),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => {
                    // A failure of this wait is met again by the write.
                    let _ = poll(&mut [PollFd::new(&stream, PollFlags::OUT)], None);
                }
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    #[cfg(not(unix))]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Standard::Output => {
                let mut out = io::stdout().lock();
                out.write_all(buf).and_then(|()| out.flush())?;
            }
            Standard::Error => io::stderr().lock().write_all(buf)?,
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
