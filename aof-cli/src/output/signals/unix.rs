//! Signals, as Unix has them.

use super::unfinished;
use crate::output::failure::{Failure, Outcome};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How often a directory is removed into which files are still being made.
const REMOVE_ATTEMPTS: u32 = 1000;

/// The signals that ask a process to end, but for those that the parent process has it ignore, as `nohup` does.
fn ending() -> Vec<i32> {
    let ignored = ignored();
    [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter().filter(|signal| ignored & 1 << (signal - 1) == 0).collect()
}

/// The signals that are ignored, as a mask; empty where the system does not report it.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn failure(error: io::Error) -> Failure {
    Failure::Stream { what: "signals", error }
}

/// Removes what is not complete when a signal comes, then ends as that signal ends a process.
pub(super) fn listen() -> Outcome<()> {
    let mut signals = signal_hook::iterator::Signals::new(ending()).map_err(failure)?;
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            if let Some(path) = unfinished().take() {
                let removed = || std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path)).is_ok();
                // The other threads run still, and may make one more file in a directory.
                let _ = (0..REMOVE_ATTEMPTS).any(|_| removed() || !path.exists());
            }
            let _ = low_level::emulate_default_handler(signal);
        }
    };
    std::thread::Builder::new().name("aof-signals".to_owned()).spawn(wait).map(drop).map_err(failure)
}

/// Makes a write past the limit on file sizes (`ulimit -f`) fail as on a full disk, in place of ending the process.
pub(crate) fn refuse_long_files() {
    // Where the handler cannot be set, the limit ends the process as it does without one.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// A request to end, for a command that finishes what it has begun. A second signal ends the process at once.
pub(crate) struct Interruption {
    signal: Arc<AtomicUsize>,
    wakes: UnixStream,
}

impl Interruption {
    pub(crate) fn listen() -> Outcome<Interruption> {
        let (wakes, wake) = UnixStream::pair().map_err(failure)?;
        let (again, received) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        for signal in ending() {
            let number = usize::try_from(signal).unwrap_or(0);
            flag::register_conditional_default(signal, Arc::clone(&again)).map_err(failure)?;
            flag::register(signal, Arc::clone(&again)).map_err(failure)?;
            flag::register_usize(signal, Arc::clone(&received), number).map_err(failure)?;
            let wake = wake.try_clone().map_err(failure)?;
            low_level::pipe::register(signal, wake).map_err(failure)?;
        }
        Ok(Interruption { signal: received, wakes })
    }

    /// The signal that came, if one did.
    pub(crate) fn signal(&self) -> Option<i32> {
        i32::try_from(self.signal.load(Ordering::Relaxed)).ok().filter(|signal| *signal != 0)
    }

    /// Ready to be read when a signal has come.
    pub(crate) fn wakes(&self) -> BorrowedFd<'_> {
        self.wakes.as_fd()
    }

    /// What the signal is called.
    pub(crate) fn name(signal: i32) -> &'static str {
        low_level::signal_name(signal).unwrap_or("a signal")
    }

    /// Ends the process as the signal does.
    pub(crate) fn end(signal: i32) {
        let _ = low_level::emulate_default_handler(signal);
    }
}
