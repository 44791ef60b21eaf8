//! Which call of a storage failed.

use std::fmt;

/// The call in an [`Error::Io`](crate::Error::Io).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum IoCall {
    /// Opening a file or an object.
    Open,
    /// Making one.
    Create,
    /// Taking a lock.
    Lock,
    /// Reading.
    Read,
    /// Reading back what was just written, to compare.
    ReadBack,
    /// Writing.
    Write,
    /// Taking back a write that failed.
    UndoWrite,
    /// Making bytes durable.
    Sync,
    /// Making the names in a directory durable.
    SyncDirectory,
    /// Cutting.
    Truncate,
    /// Asking for a length, an owner or permissions.
    Stat,
    /// Looking up a name, or listing names.
    Lookup,
    /// Giving a new name.
    Rename,
    /// Removing a name.
    Remove,
    /// Setting an owner or permissions.
    SetPermissions,
    /// Dropping cached pages.
    DropCache,
    /// Saving bytes that are about to be cut or replaced.
    Save,
    /// Verifying what was read.
    Verify,
}

impl fmt::Display for IoCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            IoCall::Open => "open",
            IoCall::Create => "create",
            IoCall::Lock => "lock",
            IoCall::Read => "read",
            IoCall::ReadBack => "read back",
            IoCall::Write => "write",
            IoCall::UndoWrite => "undo of a failed write",
            IoCall::Sync => "sync",
            IoCall::SyncDirectory => "sync of the directory",
            IoCall::Truncate => "truncate",
            IoCall::Stat => "stat",
            IoCall::Lookup => "lookup",
            IoCall::Rename => "rename",
            IoCall::Remove => "remove",
            IoCall::SetPermissions => "set permissions",
            IoCall::DropCache => "drop the page cache",
            IoCall::Save => "save",
            IoCall::Verify => "verify",
        })
    }
}
