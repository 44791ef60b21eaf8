//! Times as people read them.

use std::time::{Duration, UNIX_EPOCH};

/// Nanoseconds since 1970 as RFC 3339, in UTC.
pub(crate) fn time(nanoseconds: u64) -> String {
    humantime::format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(nanoseconds)).to_string()
}
