//! Errors of a segment, for the whole log.

use aof_api::Error;
use std::sync::Arc;

/// The failure of a segment at `base`, with the offset that it has in the log.
pub(crate) fn shifted(failure: Error, base: u64) -> Error {
    match failure {
        Error::Io { call, path, offset, source } => {
            Error::Io { call, path, offset: offset.saturating_add(base), source }
        }
        Error::Poisoned { cause } => Error::Poisoned { cause: Arc::new(shifted(Error::clone(&cause), base)) },
        failure => failure,
    }
}
