//! Why a log could not be opened, and what of it reaches openraft.

use crate::codec::CodecError;
use aof_api::Error;
use std::io;

/// Why an entry of a log is not a record of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It was written by something else.
    #[error("operation {operation} is not a record of a Raft log (200 to 205): this is the log of another program")]
    Foreign {
        /// The operation.
        operation: u8,
    },
    /// Its body is not laid out as that of the record.
    #[error("the record {operation} has another layout: {what}; it was not written by this crate")]
    Layout {
        /// The operation.
        operation: u8,
        /// What is wrong.
        what: &'static str,
    },
    /// The codec cannot read a value in it.
    #[error(
        "the codec cannot read the record {operation} ({cause}): open the log with the codec and the type config that wrote it"
    )]
    Value {
        /// The operation.
        operation: u8,
        /// What the codec says.
        cause: CodecError,
    },
    /// It does not follow from the records before.
    #[error("the record is an entry with index {found}, expected index {expected}: the Raft log has a hole")]
    Hole {
        /// The index that would continue the log.
        expected: u64,
        /// The index that was found.
        found: u64,
    },
}

/// Why a Raft log could not be opened. Nothing was changed, unless the failure is one of the storage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The log itself: damage, a lock, a failure of the storage.
    #[error(transparent)]
    Log(#[from] Error),
    /// The log is whole, and an entry of it is not a record of a Raft log.
    #[error("op {op} at offset {offset}: {reason}")]
    Record {
        /// The op of the entry.
        op: u64,
        /// The offset of the entry, in bytes.
        offset: u64,
        /// What is wrong with it.
        reason: RecordError,
    },
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> io::Error {
        match error {
            OpenError::Log(error) => to_io(error),
            record @ OpenError::Record { .. } => io::Error::new(io::ErrorKind::InvalidData, record),
        }
    }
}

/// The form in which openraft takes an error. The error itself is inside.
pub(crate) fn to_io(error: Error) -> io::Error {
    let kind = match &error {
        Error::Io { source, .. } => source.kind(),
        Error::Full { .. } => io::ErrorKind::StorageFull,
        Error::TooLarge { .. } => io::ErrorKind::InvalidInput,
        Error::Locked { .. } => io::ErrorKind::ResourceBusy,
        Error::Corrupt { .. } | Error::ChainBroken { .. } | Error::Forked { .. } => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// A record that could not be made, or read back.
pub(crate) fn invalid(error: impl Into<CodecError>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
