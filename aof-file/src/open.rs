//! How a log is opened: its options, the right file, the lock, and whether the file is what the writer believes.

pub(crate) mod checks;
pub(crate) mod file;
pub(crate) mod lock;
pub(crate) mod lock_file;
pub(crate) mod opening;
pub(crate) mod options;
