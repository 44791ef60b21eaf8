//! Signals that end the process: what is not complete is removed, and what was begun is finished.

#[cfg_attr(unix, path = "signals/unix.rs")]
#[cfg_attr(not(unix), path = "signals/elsewhere.rs")]
mod system;

use super::failure::Outcome;
use aof_file::Draft;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use system::{Interruption, refuse_long_files};

/// What is removed when a signal ends the process.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a draft that does not outlive a signal that ends the process.
pub(crate) fn guarded(make: impl FnOnce() -> Outcome<Draft>) -> Outcome<Draft> {
    guarded_file(|| {
        let draft = make()?;
        let path = draft.temporary_path().to_owned();
        Ok((draft, path))
    })
}

/// Makes a file that does not outlive a signal that ends the process.
pub(crate) fn guarded_file<T>(make: impl FnOnce() -> Outcome<(T, PathBuf)>) -> Outcome<T> {
    system::listen()?;
    // A signal waits until there is a name to remove.
    let mut guarded = unfinished();
    let (file, path) = make()?;
    *guarded = Some(path);
    Ok(file)
}

/// Makes a directory, with what `make` puts into it, that does not outlive a signal that ends the process; returns whether
/// it is new: one that was there stays.
pub(crate) fn guarded_directory<T>(path: &Path, make: impl FnOnce() -> Outcome<T>) -> Outcome<(T, bool)> {
    system::listen()?;
    // A signal waits until all of it is there, so that nothing makes the directory once more after it was removed.
    let mut guarded = unfinished();
    let is_new = std::fs::create_dir(path).is_ok();
    let made = make();
    if is_new && made.is_err() {
        let _ = std::fs::remove_dir_all(path);
    } else if is_new {
        *guarded = Some(path.to_owned());
    }
    Ok((made?, is_new))
}

/// Gives a draft its name. A signal comes before that, or waits until it is done.
pub(crate) fn finished<T>(publish: impl FnOnce() -> T) -> T {
    let mut path = unfinished();
    let published = publish();
    // Where that failed, the draft has been removed all the same.
    *path = None;
    published
}
