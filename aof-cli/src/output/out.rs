//! What a command prints on standard output, and what becomes of it when nobody reads it any more.

use super::failure::{Failure, Outcome};
use super::standard::Standard;
use anstream::adapter::StripBytes;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, Write};

/// How much is gathered before it is written, in bytes.
const GATHERED_LEN: usize = 1 << 16;

/// Standard output, buffered, without colours where they are not wanted.
pub(crate) struct Out {
    gathered: Vec<u8>,
    /// Takes colours away, where they are not wanted.
    strip: Option<StripBytes>,
    /// Whether there were any so far: without, there is nothing to take away.
    is_styled: bool,
    /// What to do when the reader of a pipe is gone.
    gone: Gone,
    is_gone: bool,
}

/// What a command does when the reader of its output is gone: `aof validate LOG | head -1`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gone {
    /// It continues in silence: its exit code is what it is run for.
    Continue,
    /// It ends, since its output is what it is run for.
    Fail,
}

impl Out {
    /// For a command that judges or writes: without a reader it continues, and ends with its verdict.
    pub(crate) fn of_verdict() -> Out {
        Out::new(Gone::Continue)
    }

    /// For a command that lists: without a reader it fails, as [`Failure::is_reader_gone`].
    pub(crate) fn of_listing() -> Out {
        Out::new(Gone::Fail)
    }

    fn new(gone: Gone) -> Out {
        let strip = matches!(AutoStream::choice(&io::stdout()), ColorChoice::Never).then(StripBytes::new);
        Out { gathered: Vec::new(), strip, is_styled: false, gone, is_gone: false }
    }

    /// Writes what is gathered.
    pub(crate) fn finish(&mut self) -> Outcome<()> {
        self.flush().map_err(Failure::output)
    }

    /// Puts something, usually a line, at the end of what is gathered.
    pub(crate) fn line(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        if self.is_gone {
            return Ok(());
        }
        put(&mut self.gathered);
        if self.gathered.len() < GATHERED_LEN { Ok(()) } else { self.flush() }
    }

    /// Writes many lines after what is gathered, without gathering them too.
    pub(crate) fn block(&mut self, text: &[u8]) -> io::Result<()> {
        if text.len() < GATHERED_LEN {
            return self.line(|gathered| gathered.extend_from_slice(text));
        }
        self.flush()?;
        self.write_now(text)
    }

    /// Writes it, unless nobody reads it any more.
    fn write_now(&mut self, text: &[u8]) -> io::Result<()> {
        if self.is_gone {
            return Ok(());
        }
        match self.write_unstyled(text) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.gone == Gone::Continue => {
                self.is_gone = true;
                Ok(())
            }
            written => written,
        }
    }

    fn write_unstyled(&mut self, text: &[u8]) -> io::Result<()> {
        self.is_styled |= memchr::memchr(b'\x1b', text).is_some();
        match self.strip.as_mut().filter(|_| self.is_styled) {
            None => Standard::Output.write_all(text),
            Some(strip) => strip.strip_next(text).try_for_each(|printable| Standard::Output.write_all(printable)),
        }
    }
}

impl Write for Out {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_all(buf).map(|()| buf.len())
    }

    fn write_all(&mut self, buf: &[u8]) -> io::Result<()> {
        self.line(|gathered| gathered.extend_from_slice(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut gathered = std::mem::take(&mut self.gathered);
        let written = self.write_now(&gathered);
        // Its memory is used again.
        gathered.clear();
        self.gathered = gathered;
        written
    }
}

impl Drop for Out {
    /// What was printed before a failure is worth having; nobody hears of one here.
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
