//! Ctrl-C: a log that is not complete yet is removed.

use crate::output::exit::{Failure, Outcome};
use aof_file::Draft;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is removed when the process is told to end.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a draft that does not outlive an interruption.
pub(crate) fn guarded(make: impl FnOnce() -> Outcome<Draft>) -> Outcome<Draft> {
    listen()?;
    // An interruption waits until there is a name to remove.
    let mut path = unfinished();
    let draft = make()?;
    *path = Some(draft.temporary_path().to_owned());
    Ok(draft)
}

/// Gives a draft its name. An interruption comes before that, or waits until it is done.
pub(crate) fn finished<T>(publish: impl FnOnce() -> T) -> T {
    let mut path = unfinished();
    let published = publish();
    // Where that failed, the draft has been removed all the same.
    *path = None;
    published
}

#[cfg(unix)]
fn listen() -> Outcome<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let failure = |error| Failure::Stream { what: "signals", error };
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]).map_err(failure)?;
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            if let Some(path) = unfinished().take() {
                let _ = std::fs::remove_file(path);
            }
            // What the process would have ended with.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    };
    std::thread::Builder::new().name("aof-signals".to_owned()).spawn(wait).map(drop).map_err(failure)
}

#[cfg(not(unix))]
fn listen() -> Outcome<()> {
    Ok(())
}
