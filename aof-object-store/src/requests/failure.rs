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
pub(super) fn is_transient(error: &object_store::Error) -> bool {
    use object_store::Error as Failure;
    matches!(error, Failure::Generic { .. })
}
