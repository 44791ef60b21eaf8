//! What a command prints on standard output, and what becomes of it when nobody reads it any more.

use super::failure::{Failure, Outcome};
use super::standard::Standard;
use anstream::adapter::StripBytes;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, BufWriter, Write};

/// Standard output, buffered, without colours where they are not wanted.
pub(crate) struct Out {
    stream: BufWriter<Standard>,
    /// Takes colours away, where they are not wanted.
    strip: Option<StripBytes>,
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
        Out { stream: BufWriter::with_capacity(1 << 16, Standard::Output), strip, gone, is_gone: false }
    }

    /// Writes what is buffered.
    pub(crate) fn finish(&mut self) -> Outcome<()> {
        self.flush().map_err(Failure::output)
    }

    /// Whether to take this result for success.
    fn settle<T>(&mut self, result: io::Result<T>, done: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.gone == Gone::Continue => {
                self.is_gone = true;
                Ok(done)
            }
            result => result,
        }
    }
}

impl Write for Out {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_all(buf).map(|()| buf.len())
    }

    fn write_all(&mut self, buf: &[u8]) -> io::Result<()> {
        if self.is_gone {
            return Ok(());
        }
        let stream = &mut self.stream;
        let written = match &mut self.strip {
            None => stream.write_all(buf),
            Some(strip) => strip.strip_next(buf).try_for_each(|printable| stream.write_all(printable)),
        };
        self.settle(written, ())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_gone {
            return Ok(());
        }
        let flushed = self.stream.flush();
        self.settle(flushed, ())
    }
}
