//! What `aof append` asks of a storage beside the contract: a file, or a directory of segments.

use aof_api::log::blocking::Aof;
use aof_api::{AofBackend, Error, Result};
use aof_file::FileBackend;
use aof_segments::SegmentedBackend;
use std::path::PathBuf;

pub(super) trait Storage: AofBackend + Sized {
    /// The file with the bytes that were cut when the log was opened, where there is one.
    fn kept_cut(&self) -> Option<PathBuf>;

    /// Continues in a new file where the log was moved away; false where the path names the log still.
    fn continue_after_move(log: &mut Aof<Self>) -> Result<bool>;
}

impl Storage for FileBackend {
    fn kept_cut(&self) -> Option<PathBuf> {
        FileBackend::kept_cut(self).map(ToOwned::to_owned)
    }

    fn continue_after_move(log: &mut Aof<FileBackend>) -> Result<bool> {
        aof_file::blocking::continue_after_move(log)
    }
}

impl Storage for SegmentedBackend {
    fn kept_cut(&self) -> Option<PathBuf> {
        SegmentedBackend::kept_cut(self)
    }

    /// A directory is not rotated, but pruned: where it was moved away, the log ends.
    fn continue_after_move(log: &mut Aof<SegmentedBackend>) -> Result<bool> {
        Err(Error::Moved { what: log.backend().path().display().to_string() })
    }
}
