//! Why logs were not merged.

use super::refusal::Unmergeable;
use crate::storage::error as storage;
use crate::storage::error::ErrorClass;
use std::sync::Arc;

/// The result of merging.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why logs were not merged.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input or the output failed.
    #[error(transparent)]
    Storage(#[from] storage::Error),

    /// The logs cannot be merged as they were asked to be; nothing was written.
    #[error("{reason}")]
    Unmergeable {
        /// Why not, and what to choose.
        reason: Arc<Unmergeable>,
    },
}

impl Error {
    /// What to do next.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Error::Storage(error) => error.class(),
            Error::Unmergeable { .. } => ErrorClass::Data,
        }
    }
}
