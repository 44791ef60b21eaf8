//! Times as people read them, in UTC.

const DAY_SECONDS: u64 = 86_400;

/// The calendar day and the time of day of a time in nanoseconds since 1970.
struct Parts {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    nanosecond: u64,
}

impl Parts {
    /// The calendar is counted in years that begin in March, so that the day that some years have more is their last one;
    /// 400 years have 146,097 days. (Howard Hinnant, <https://howardhinnant.github.io/date_algorithms.html>.)
    fn of(nanoseconds: u64) -> Parts {
        let (seconds, nanosecond) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
        let (days, second) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
        // Days from the first of March of the year 0.
        let days = days + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Parts {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            nanosecond,
        }
    }
}

/// The number with leading zeros, to the end of the text.
fn put(text: &mut String, number: u64, digits: u32) {
    for place in (0..digits).rev() {
        // One digit, from 0 to 9.
        text.push(char::from(b'0' + (number / 10_u64.pow(place) % 10) as u8));
    }
}

/// Date and time to the second, with this between them.
fn to_second(parts: &Parts, between: char) -> String {
    let mut text = String::with_capacity("2026-01-31T14:05:00.123456789Z".len());
    put(&mut text, parts.year, 4);
    for (before, number) in
        [('-', parts.month), ('-', parts.day), (between, parts.hour), (':', parts.minute), (':', parts.second)]
    {
        text.push(before);
        put(&mut text, number, 2);
    }
    text
}

/// As RFC 3339, to the nanosecond.
pub(crate) fn time(nanoseconds: u64) -> String {
    let parts = Parts::of(nanoseconds);
    let mut text = to_second(&parts, 'T');
    text.push('.');
    put(&mut text, parts.nanosecond, 9);
    text.push('Z');
    text
}

/// To the millisecond.
pub(crate) fn short_time(nanoseconds: u64) -> String {
    let parts = Parts::of(nanoseconds);
    let mut text = to_second(&parts, ' ');
    text.push('.');
    put(&mut text, parts.nanosecond / 1_000_000, 3);
    text
}

/// The time of day, to the second.
pub(crate) fn clock(nanoseconds: u64) -> String {
    to_second(&Parts::of(nanoseconds), ' ').split_off("2026-01-31 ".len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn times_are_those_of_another_implementation() {
        let mut times = vec![0, 1, u64::MAX, 951_782_400_000_000_000, 4_107_542_400_000_000_000];
        times.extend((0..20_000).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        for nanoseconds in times {
            let expected = humantime::format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(nanoseconds)).to_string();
            assert_eq!(time(nanoseconds), expected);
            assert_eq!(short_time(nanoseconds), expected[..23].replace('T', " "));
            assert_eq!(clock(nanoseconds), expected[11..19]);
        }
    }
}
