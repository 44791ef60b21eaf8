//! Ranges on the command line, both ends included.

use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// From one number to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inclusive {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Inclusive {
    pub(crate) fn contains(&self, value: u64) -> bool {
        (self.first..=self.last).contains(&value)
    }

    fn only(value: u64) -> Inclusive {
        Inclusive { first: value, last: value }
    }

    /// `A..B`, `A..`, `..B` or `A`, with the ends as `parse` reads them: from the first of A to the last of B. The right
    /// end is read knowing the left one.
    fn parse(
        text: &str,
        parse: impl Fn(&str, Option<Inclusive>) -> Result<Inclusive, String>,
    ) -> Result<Inclusive, String> {
        let Some((first, last)) = text.split_once("..") else { return parse(text, None) };
        let last = last.strip_prefix('=').unwrap_or(last);
        let left = if first.is_empty() { None } else { Some(parse(first, None)?) };
        let last = if last.is_empty() { u64::MAX } else { parse(last, left)?.last };
        let first = left.map_or(0, |left| left.first);
        if first > last { Err("the range ends before it begins".to_owned()) } else { Ok(Inclusive { first, last }) }
    }
}

/// A range of ops.
#[derive(Clone, Debug)]
pub(crate) struct OpRange(pub(crate) Inclusive);

impl FromStr for OpRange {
    type Err = String;

    fn from_str(text: &str) -> Result<OpRange, String> {
        let op = |end: &str, _| end.trim().parse().map(Inclusive::only).map_err(|_| not_an_op(end));
        Inclusive::parse(text, op).map(OpRange)
    }
}

/// What to write in place of what was written.
fn not_an_op(text: &str) -> String {
    let is_op = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let ends = text.split_once(['-', ',', ':']).map(|(first, last)| (first.trim(), last.trim()));
    match ends.filter(|(first, last)| is_op(first) && is_op(last)) {
        Some((first, last)) => format!("{text:?} is not an op: give {first}..{last} for a range"),
        None => format!("{text:?} is not an op"),
    }
}

/// A range of timestamps, in nanoseconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct TimeRange(pub(crate) Inclusive);

impl FromStr for TimeRange {
    type Err = String;

    fn from_str(text: &str) -> Result<TimeRange, String> {
        let now = SystemTime::now();
        let time = |end: &str, left: Option<Inclusive>| {
            let day = left.map_or(now, |left| UNIX_EPOCH + Duration::from_nanos(left.first));
            parse_time(end, day)
        };
        Inclusive::parse(text, time).map(TimeRange)
    }
}

/// The first time that is wanted, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Since(pub(crate) u64);

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Since, String> {
        parse_time(text, SystemTime::now()).map(|time| Since(time.first))
    }
}

impl Since {
    /// So long before now.
    pub(crate) fn of_last(text: &str) -> Result<Since, String> {
        let last = humantime::parse_duration(text)
            .map_err(|_| format!("{text:?} is not a duration: give one like 10m, 2h or 1day 6h"))?;
        let first = SystemTime::now().checked_sub(last).and_then(|first| first.duration_since(UNIX_EPOCH).ok());
        // Before 1970 there is nothing.
        Ok(Since(first.and_then(|first| u64::try_from(first.as_nanos()).ok()).unwrap_or(0)))
    }
}

/// A number of days, whole or not, as a duration.
pub(crate) fn days(text: &str) -> Result<Duration, String> {
    const DAY_SECONDS: f64 = 86_400.0;
    let days: Option<f64> = text.trim().parse().ok();
    let duration = days.and_then(|days| Duration::try_from_secs_f64(days * DAY_SECONDS).ok());
    duration.ok_or_else(|| format!("{text:?} is not a number of days: give 30, or 0.5 for twelve hours"))
}

const MINUTE: u64 = 60_000_000_000;

/// A time, or the whole minute where it has no seconds; without a date, of that day, in UTC.
pub(crate) fn parse_time(text: &str, day: SystemTime) -> Result<Inclusive, String> {
    let text = text.trim();
    if let Ok(nanoseconds) = text.parse() {
        return Ok(Inclusive::only(nanoseconds));
    }
    let date_of_day = || humantime::format_rfc3339_seconds(day).to_string()[..DATE.len()].to_owned();
    let (date, clock) = match text.get(..DATE.len()).filter(|_| text.len() > DATE.len()) {
        Some(date) => (date.to_owned(), &text[DATE.len()..]),
        None => (date_of_day() + "T", text),
    };
    let bare = clock.strip_suffix('Z').unwrap_or(clock);
    let whole_minute = bare.len() == "14:05".len() + usize::from(bare.starts_with(['T', ' ']));
    let seconds = if whole_minute { ":00" } else { "" };
    let time = humantime::parse_rfc3339_weak(&format!("{date}{bare}{seconds}")).ok();
    let since_1970 = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let nanoseconds = since_1970.and_then(|duration| u64::try_from(duration.as_nanos()).ok());
    let first = nanoseconds.ok_or_else(|| {
        format!(
            "{text:?} is not a time: give 2026-01-31T14:05:00Z, which is UTC, 2026-01-31 14:05 for the whole minute, \
             14:05 for that of today, or nanoseconds since 1970"
        )
    })?;
    Ok(Inclusive { first, last: if whole_minute { first.saturating_add(MINUTE - 1) } else { first } })
}

/// How long a date is.
const DATE: &str = "2026-01-31";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_both_ends() {
        for (text, first, last) in [("3..5", 3, 5), ("3..=5", 3, 5), ("3..", 3, u64::MAX), ("..5", 0, 5), ("4", 4, 4)] {
            assert_eq!(text.parse::<OpRange>().unwrap().0, Inclusive { first, last }, "{text}");
        }
        for text in ["", "a", "5..3", "-1", "1..2..3", "18446744073709551616"] {
            assert!(text.parse::<OpRange>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn days_may_be_fractions_and_never_negative() {
        assert_eq!(days("0.5").unwrap(), Duration::from_secs(43_200));
        for text in ["", "-1", "inf", "NaN", "1e300", "week"] {
            assert!(days(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_range_with_a_dash_is_answered_with_the_right_one() {
        let error = "10-20".parse::<OpRange>().unwrap_err();
        assert_eq!(error, "\"10-20\" is not an op: give 10..20 for a range");
    }

    #[test]
    fn the_right_end_of_a_range_takes_the_date_of_the_left_one() {
        let range: TimeRange = "2026-01-31 14:05..14:05".parse().unwrap();
        let whole: TimeRange = "2026-01-31 14:05..2026-01-31 14:05".parse().unwrap();
        assert_eq!(range.0, whole.0);
        let range: TimeRange = "2026-01-31T14:04:00Z..14:06:01Z".parse().unwrap();
        assert_eq!(range.0.last - range.0.first, 121_000_000_000);
        // Over midnight, the right end needs a date of its own.
        assert_eq!("2026-01-31 23:50..00:10".parse::<TimeRange>().unwrap_err(), "the range ends before it begins");
    }

    #[test]
    fn times_are_utc_or_nanoseconds() {
        let minute = Inclusive { first: 1_769_868_300_000_000_000, last: 1_769_868_360_000_000_000 };
        for text in ["2026-01-31T14:05:00Z..2026-01-31T14:06:00Z", "2026-01-31 14:05:00..1769868360000000000"] {
            assert_eq!(text.parse::<TimeRange>().unwrap().0, minute);
        }
    }

    #[test]
    fn a_time_without_seconds_is_the_whole_minute() {
        let now = UNIX_EPOCH + std::time::Duration::from_nanos(1_769_900_000_000_000_000); // 2026-01-31T22:53:20Z
        let minute = Inclusive { first: 1_769_868_300_000_000_000, last: 1_769_868_359_999_999_999 };
        for text in ["14:05", "14:05Z", "2026-01-31 14:05", "2026-01-31T14:05Z"] {
            assert_eq!(parse_time(text, now), Ok(minute), "{text}");
        }
        assert_eq!(parse_time("14:05:00", now), Ok(Inclusive::only(minute.first)));
        let range: TimeRange = "2026-01-31 14:05..2026-01-31 14:05".parse().unwrap();
        assert_eq!(range.0, minute);
        let range: TimeRange = "2026-01-31 14:04..2026-01-31 14:05:01.5".parse().unwrap();
        assert_eq!(range.0, Inclusive { first: minute.first - MINUTE, last: minute.first + 1_500_000_000 });
        for text in ["", "14:5", "25:00", "14:65", "2026-01-31", "2026-13-31 14:05", "abcde", "\u{fc}\u{fc}:05"] {
            assert!(parse_time(text, now).is_err(), "{text:?}");
        }
    }
}
