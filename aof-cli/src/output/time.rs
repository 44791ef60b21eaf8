//! Times as people read them, in UTC.

use std::cell::Cell;

const DAY_SECONDS: u64 = 86_400;

/// The calendar day and the time of day of a time in nanoseconds since 1970.
struct Parts {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Parts {
    /// The calendar is counted in years that begin in March, so that the day that some years have more is their last one;
    /// 400 years have 146,097 days. (Howard Hinnant, <https://howardhinnant.github.io/date_algorithms.html>.)
    fn of(nanoseconds: u64) -> Parts {
        let seconds = nanoseconds / 1_000_000_000;
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
        }
    }
}

/// A date and a time of day to the second, `2026-01-31T14:05:00`, of the second that was asked for last: entries of one log
/// come in the order of their times, many in a second.
#[derive(Clone, Copy)]
struct Second {
    /// Since 1970; none before the first.
    second: Option<u64>,
    text: [u8; SECOND_LEN],
}

const SECOND_LEN: usize = "2026-01-31T14:05:00".len();

thread_local! {
    static LAST: Cell<Second> = const { Cell::new(Second { second: None, text: [0; SECOND_LEN] }) };
}

/// Date and time to the second, as [`Second`] has them.
fn to_second(nanoseconds: u64) -> [u8; SECOND_LEN] {
    let second = nanoseconds / 1_000_000_000;
    let mut last = LAST.get();
    if last.second != Some(second) {
        last = Second { second: Some(second), text: second_text(&Parts::of(nanoseconds)) };
        LAST.set(last);
    }
    last.text
}

fn second_text(parts: &Parts) -> [u8; SECOND_LEN] {
    let mut text = *b"0000-00-00T00:00:00";
    put(&mut text[..4], parts.year);
    let rest = [parts.month, parts.day, parts.hour, parts.minute, parts.second];
    for (place, number) in text[5..].chunks_mut(3).zip(rest) {
        put(&mut place[..2], number);
    }
    text
}

/// The number with leading zeros, all over the place.
fn put(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        // One digit, from 0 to 9.
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// As RFC 3339, to the nanosecond.
pub(crate) fn time(nanoseconds: u64) -> String {
    text(|out| put_time(out, nanoseconds))
}

/// As [`time`], to the end of a buffer.
pub(crate) fn put_time(out: &mut Vec<u8>, nanoseconds: u64) {
    let mut text = *b"2026-01-31T14:05:00.123456789Z";
    text[..SECOND_LEN].copy_from_slice(&to_second(nanoseconds));
    // In two halves, which do not wait for each other.
    let nanosecond = nanoseconds % 1_000_000_000;
    put(&mut text[20..24], nanosecond / 100_000);
    put(&mut text[24..29], nanosecond % 100_000);
    out.extend_from_slice(&text);
}

/// To the millisecond.
pub(crate) fn short_time(nanoseconds: u64) -> String {
    text(|out| put_short_time(out, nanoseconds))
}

/// As [`short_time`], to the end of a buffer.
pub(crate) fn put_short_time(out: &mut Vec<u8>, nanoseconds: u64) {
    let mut text = *b"2026-01-31 14:05:00.123";
    text[..SECOND_LEN].copy_from_slice(&to_second(nanoseconds));
    text[10] = b' ';
    put(&mut text[20..], nanoseconds / 1_000_000 % 1000);
    out.extend_from_slice(&text);
}

/// The time of day, to the second, to the end of a buffer.
pub(crate) fn put_clock(out: &mut Vec<u8>, nanoseconds: u64) {
    out.extend_from_slice(&to_second(nanoseconds)["2026-01-31 ".len()..]);
}

/// What is put into a buffer, as text.
fn text(put: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity("2026-01-31T14:05:00.123456789Z".len());
    put(&mut out);
    // Digits and punctuation of ASCII.
    String::from_utf8(out).unwrap_or_default()
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
            assert_eq!(text(|out| put_clock(out, nanoseconds)), expected[11..19]);
        }
    }
}
