//! A file that a command may make, and removes when nothing was written to it.

use super::exit::Exit;
use super::failure::Failure;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// What was at a path before a command opened it to write.
pub(crate) struct Fresh {
    /// Set where nothing did.
    path: Option<PathBuf>,
}

impl Fresh {
    /// Looks at the path. For before it is opened.
    pub(crate) fn look(path: &Path) -> Fresh {
        Fresh { path: path.symlink_metadata().is_err().then(|| path.to_owned()) }
    }

    /// [`discard`](Fresh::discard), if the machine is not what failed.
    pub(crate) fn discard_after(&self, failure: &Failure) {
        if failure.exit() != Exit::Io {
            self.discard();
        }
    }

    /// Removes the file, if it was made since and is empty. For when this process has let go of its lock: it takes it once
    /// more, so that nobody loses what was written meanwhile.
    pub(crate) fn discard(&self) {
        if let Some(path) = &self.path
            && let Ok(log) = File::open(path)
            && log.try_lock().is_ok()
            && is_empty(log.metadata())
            && is_empty(path.symlink_metadata())
        {
            // What cannot be removed is an empty log, which does no harm.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn is_empty(metadata: io::Result<Metadata>) -> bool {
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
}
