//! Errors of the store as errors of the log.

use aof_api::Error;
use aof_api::storage::IoCall;
use object_store::path::Path;
use std::error::Error as StdError;
use std::io;

/// The error of a request.
pub(crate) fn failed(call: IoCall, key: &Path, offset: u64, error: object_store::Error) -> Error {
    use object_store::Error as Failure;
    let kind = match &error {
        Failure::NotFound { .. } => io::ErrorKind::NotFound,
        Failure::AlreadyExists { .. } => io::ErrorKind::AlreadyExists,
        Failure::PermissionDenied { .. } | Failure::Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
        Failure::NotSupported { .. } | Failure::NotImplemented { .. } => io::ErrorKind::Unsupported,
        other => match status(other) {
            Some(401 | 403) => io::ErrorKind::PermissionDenied,
            Some(404) => io::ErrorKind::NotFound,
            _ => io::ErrorKind::Other,
        },
    };
    Error::io_at(call, std::path::Path::new(key.as_ref()), offset, io::Error::new(kind, error))
}

/// The error of an object that is there and is not what it should be.
pub(crate) fn broken(call: IoCall, key: &Path, offset: u64, why: impl ToString) -> Error {
    let source = io::Error::new(io::ErrorKind::InvalidData, why.to_string());
    Error::io_at(call, std::path::Path::new(key.as_ref()), offset, source)
}

/// Whether a request that failed like this may succeed when it is made again. Everything that is tried again asks here.
pub(crate) fn is_transient(error: &object_store::Error) -> bool {
    use object_store::Error as Failure;
    matches!(error, Failure::Generic { source, .. } if !is_refusal(&**source) && !is_lasting(&**source))
}

/// Whether a failure of the system, or the cause of one, stays until somebody changes the place or its permissions: a
/// directory of which a part is a file, for instance.
fn is_lasting(error: &(dyn StdError + 'static)) -> bool {
    use io::ErrorKind as Kind;
    const KINDS: [Kind; 7] = [
        Kind::NotADirectory,
        Kind::IsADirectory,
        Kind::PermissionDenied,
        Kind::ReadOnlyFilesystem,
        Kind::InvalidFilename,
        Kind::InvalidInput,
        Kind::Unsupported,
    ];
    let is_of_system = error.downcast_ref::<io::Error>().is_some_and(|error| KINDS.contains(&error.kind()));
    is_of_system || error.source().is_some_and(is_lasting)
}

/// Whether a server refused a request, and will refuse it again: a wrong region, a bad name, credentials that expired.
fn is_refusal(error: &(dyn StdError + 'static)) -> bool {
    match status(error) {
        // Request Timeout, Too Early, Too Many Requests.
        Some(408 | 425 | 429) => false,
        Some(status) => matches!(status, 300..=499 | 501 | 505),
        None => false,
    }
}

/// The status of HTTP that an error is about.
///
/// `object_store` has errors of their own for some of them, but not where it lists. The type that holds any other is not
/// public, so that only its text is left.
fn status(error: &(dyn StdError + 'static)) -> Option<u16> {
    let text = error.to_string();
    if text.starts_with("Received redirect without LOCATION") {
        return Some(301);
    }
    let status = text.strip_prefix("Server returned non-2xx status code: ").and_then(|rest| rest.get(..3));
    match status {
        Some(status) => status.parse().ok(),
        None => error.source().and_then(self::status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_cannot_be_is_not_tried_again() {
        let generic = |source: io::Error| object_store::Error::Generic { store: "test", source: source.into() };
        for kind in [io::ErrorKind::NotADirectory, io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            assert!(!is_transient(&generic(kind.into())), "{kind}");
            // However deep it is.
            assert!(!is_transient(&generic(io::Error::other(generic(kind.into())))), "{kind}");
        }
        for kind in [io::ErrorKind::TimedOut, io::ErrorKind::ConnectionReset, io::ErrorKind::Other] {
            assert!(is_transient(&generic(kind.into())), "{kind}");
        }
    }
}
