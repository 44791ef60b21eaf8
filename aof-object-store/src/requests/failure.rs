//! Errors of the store as errors of the log.

use aof_api::Error;
use aof_api::storage::IoCall;
use object_store::path::Path;
use std::io;

/// The error of a request.
pub(crate) fn failed(call: IoCall, key: &Path, offset: u64, error: object_store::Error) -> Error {
    use object_store::Error as Failure;
    let kind = match &error {
        Failure::NotFound { .. } => io::ErrorKind::NotFound,
        Failure::AlreadyExists { .. } => io::ErrorKind::AlreadyExists,
        Failure::PermissionDenied { .. } | Failure::Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
        Failure::NotSupported { .. } | Failure::NotImplemented { .. } => io::ErrorKind::Unsupported,
        _ => io::ErrorKind::Other,
    };
    Error::io_at(call, std::path::Path::new(key.as_ref()), offset, io::Error::new(kind, error))
}

/// The error of an object that is there and is not what it should be.
pub(crate) fn broken(call: IoCall, key: &Path, offset: u64, why: impl ToString) -> Error {
    let source = io::Error::new(io::ErrorKind::InvalidData, why.to_string());
    Error::io_at(call, std::path::Path::new(key.as_ref()), offset, source)
}

/// Whether a request that failed like this may succeed when it is made again.
pub(crate) fn is_transient(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::Generic { source, .. } if !is_lasting(&**source))
}

/// Whether a failure, or a cause of it, stays until somebody changes the place, the permissions or the request.
fn is_lasting(error: &(dyn std::error::Error + 'static)) -> bool {
    use io::ErrorKind as Kind;
    let kinds = [
        Kind::NotADirectory,
        Kind::IsADirectory,
        Kind::PermissionDenied,
        Kind::ReadOnlyFilesystem,
        Kind::InvalidFilename,
        Kind::InvalidInput,
        Kind::Unsupported,
    ];
    let of_system = error.downcast_ref::<io::Error>().is_some_and(|error| kinds.contains(&error.kind()));
    of_system || is_refused_request(&error.to_string()) || error.source().is_some_and(is_lasting)
}

/// Whether the server said that it will never do this: a status of 400 to 499, of a bucket name that cannot be for instance.
/// The status itself is private to `object_store`, whose text has it.
fn is_refused_request(text: &str) -> bool {
    let status = text.split_once("status code: ").and_then(|(_, status)| status.get(..3)?.parse::<u16>().ok());
    // A timeout, and too many requests at once, pass.
    status.is_some_and(|status| (400..500).contains(&status) && status != 408 && status != 429)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> object_store::Error {
        object_store::Error::Generic { store: "test", source: source.into() }
    }

    #[test]
    fn what_cannot_heal_is_not_tried_again() {
        for kind in [io::ErrorKind::NotADirectory, io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            assert!(!is_transient(&generic(io::Error::from(kind))), "{kind}");
            // However deep it is.
            assert!(!is_transient(&generic(io::Error::other(generic(io::Error::from(kind))))), "{kind}");
        }
        assert!(!is_transient(&generic("Server returned non-2xx status code: 400 Bad Request: InvalidBucketName")));
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        assert!(is_transient(&generic(io::Error::from(io::ErrorKind::TimedOut))));
        assert!(is_transient(&generic(io::Error::from(io::ErrorKind::ConnectionReset))));
        for status in ["408 Request Timeout", "429 Too Many Requests", "500 Internal Server Error", "503 Slow Down"] {
            assert!(is_transient(&generic(format!("Server returned non-2xx status code: {status}: "))), "{status}");
        }
    }
}
