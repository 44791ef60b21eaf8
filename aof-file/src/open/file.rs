//! The open file of a log: with the calls under it, and what it was when it was opened.

use crate::system::{FileStatus, OpenFile, System};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The open file of a log. It may outlive the lock, for those who read or sync.
#[derive(Debug)]
pub(crate) struct LogFile {
    pub(crate) system: Arc<dyn System>,
    pub(crate) file: Arc<OpenFile>,
    /// What the file was when it was opened, to find out whether the path still names it.
    pub(crate) status: FileStatus,
}

/// How much of a file a sync makes durable; the later one includes the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Bytes and length.
    Data,
    /// Also what a shorter length gave back.
    All,
}

impl LogFile {
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(crate) fn sync(&self, scope: Scope) -> io::Result<()> {
        match scope {
            Scope::Data => self.system.sync_data(&self.file),
            Scope::All => self.system.sync_all(&self.file),
        }
    }
}
