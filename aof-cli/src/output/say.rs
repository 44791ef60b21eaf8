//! Standard error: what is said beside the output.

use super::standard::Standard;
use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether standard error, or standard output, is a log, where nothing may be said.
static ERROR_MUTED: AtomicBool = AtomicBool::new(false);
static OUTPUT_MUTED: AtomicBool = AtomicBool::new(false);

/// Says nothing more on that stream.
pub(crate) fn mute(stream: Standard) {
    match stream {
        Standard::Output => OUTPUT_MUTED.store(true, Ordering::Relaxed),
        Standard::Error => ERROR_MUTED.store(true, Ordering::Relaxed),
    }
}

/// Whether a failure may be printed on standard output.
pub(crate) fn may_print() -> bool {
    !OUTPUT_MUTED.load(Ordering::Relaxed)
}

/// Writes one line to standard error. What can be said on no stream is left unsaid: no command fails for it.
pub(crate) fn line(text: Arguments<'_>) {
    if ERROR_MUTED.load(Ordering::Relaxed) {
        return;
    }
    let text = format!("{text}\n");
    let _ = match AutoStream::choice(&io::stderr()) {
        ColorChoice::Never => Standard::Error.write_all(strip_str(&text).to_string().as_bytes()),
        _ => Standard::Error.write_all(text.as_bytes()),
    };
}

/// A [`line()`] with a format.
macro_rules! say {
    ($($format:tt)*) => { $crate::output::say::line(format_args!($($format)*)) };
}
pub(crate) use say;
