//! Times as people read them.

use std::time::{Duration, UNIX_EPOCH};

/// Nanoseconds since 1970 as RFC 3339, in UTC.
pub(crate) fn time(nanoseconds: u64) -> String {
    humantime::format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(nanoseconds)).to_string()
}

/// The same to the millisecond.
pub(crate) fn short_time(nanoseconds: u64) -> String {
    let time = UNIX_EPOCH + Duration::from_millis(nanoseconds / 1_000_000);
    humantime::format_rfc3339_millis(time).to_string().replace('T', " ").replace('Z', "")
}

/// The time of day, to the second.
pub(crate) fn clock(nanoseconds: u64) -> String {
    let time = UNIX_EPOCH + Duration::from_secs(nanoseconds / 1_000_000_000);
    let text = humantime::format_rfc3339_seconds(time).to_string();
    text.get("2026-01-31T".len().."2026-01-31T14:05:00".len()).unwrap_or(&text).to_owned()
}
