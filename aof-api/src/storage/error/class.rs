//! What to do about an error.

use super::Error;

/// What the caller of a failed call does next.
///
/// ```
/// use aof_api::Error;
/// use aof_api::storage::ErrorClass;
///
/// assert_eq!(Error::Full { needed: 272, available: 0 }.class(), ErrorClass::Room);
/// assert_eq!(Error::Closed.class(), ErrorClass::Storage);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Repair the machine, then open the log again.
    Storage,
    /// Make room or make a checkpoint; the log continues.
    Room,
    /// Find the other owner of the log.
    Owner,
    /// Change the call.
    Call,
    /// Make a new reader or follower.
    Reader,
    /// Look at the data: validate it, or find another copy.
    Data,
}

impl Error {
    /// What to do next. An entry that is [undecided](Error::Undecided) has the class of its cause.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Error::Io { .. } | Error::Poisoned { .. } | Error::Panicked { .. } | Error::Closed => ErrorClass::Storage,
            Error::Undecided { cause, .. } => cause.class(),
            Error::Full { .. } | Error::UnflushedMax { .. } | Error::Unflushed { .. } => ErrorClass::Room,
            Error::Locked { .. } | Error::Fenced { .. } | Error::Moved { .. } => ErrorClass::Owner,
            Error::TooLarge { .. }
            | Error::TooManyEntries { .. }
            | Error::OutOfBounds { .. }
            | Error::NotEmpty { .. }
            | Error::WrongCluster { .. }
            | Error::Reserved { .. }
            | Error::RootOp
            | Error::OpsExhausted
            | Error::BadMeta { .. }
            | Error::Unsupported { .. }
            | Error::Lent
            | Error::Replaced => ErrorClass::Call,
            Error::Truncated { .. } | Error::Pruned { .. } | Error::Lagged => ErrorClass::Reader,
            Error::Corrupt { .. }
            | Error::Missing { .. }
            | Error::ChecksumMismatch { .. }
            | Error::NoteTipMissing { .. }
            | Error::MaybePruned { .. }
            | Error::ChainBroken { .. }
            | Error::Forked { .. } => ErrorClass::Data,
        }
    }
}
