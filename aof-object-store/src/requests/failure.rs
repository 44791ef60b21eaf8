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

/// Whether a request that failed like this may succeed when it is made again. Everything that is tried again asks here.
pub(super) fn is_transient(error: &object_store::Error) -> bool {
    use object_store::Error as Failure;
    matches!(error, Failure::Generic { source, .. } if !is_refusal(&**source))
}

/// Whether a server refused a request, and will refuse it again: a wrong region, a bad name, credentials that expired.
///
/// `object_store` has errors of their own for 401, 403, 404, 409 and 412; the type that holds any other status is not
/// public, so that only its text is left.
fn is_refusal(error: &(dyn std::error::Error + 'static)) -> bool {
    let text = error.to_string();
    if text.starts_with("Received redirect without LOCATION") {
        return true;
    }
    let status = text.strip_prefix("Server returned non-2xx status code: ").and_then(|rest| rest.get(..3));
    match status.and_then(|status| status.parse().ok()) {
        // Request Timeout, Too Early, Too Many Requests.
        Some(408 | 425 | 429) => false,
        Some(300..=499 | 501 | 505) => true,
        Some(_) => false,
        None => error.source().is_some_and(is_refusal),
    }
}
