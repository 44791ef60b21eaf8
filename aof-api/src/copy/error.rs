//! Why a log was not copied.

use crate::storage::error as storage;
use crate::storage::error::ErrorClass;

/// The result of copying.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a log was not copied.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source or the destination failed, or the source is damaged.
    #[error(transparent)]
    Storage(#[from] storage::Error),

    /// The destination holds something else than the beginning of the source; nothing in it was changed.
    #[error(
        "the destination is not a prefix of the source (they differ at offset {offset}); nothing was changed, choose another destination"
    )]
    Differs {
        /// The first byte that differs, or that only the destination has.
        offset: u64,
    },
}

impl Error {
    /// What to do next.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Error::Storage(error) => error.class(),
            Error::Differs { .. } => ErrorClass::Call,
        }
    }
}
