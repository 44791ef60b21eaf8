//! Ranges on the command line, both ends included.

use std::str::FromStr;
use std::time::UNIX_EPOCH;

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

    /// `A..B`, `A..`, `..B` or `A`, with the ends as `parse` reads them.
    fn parse(text: &str, parse: impl Fn(&str) -> Result<u64, String>) -> Result<Inclusive, String> {
        let (first, last) = match text.split_once("..") {
            None => {
                let only = parse(text)?;
                (only, only)
            }
            Some((first, last)) => {
                let last = last.strip_prefix('=').unwrap_or(last);
                let end = |text: &str, open| if text.is_empty() { Ok(open) } else { parse(text) };
                (end(first, 0)?, end(last, u64::MAX)?)
            }
        };
        if first > last { Err("the range ends before it begins".to_owned()) } else { Ok(Inclusive { first, last }) }
    }
}

/// A range of ops.
#[derive(Clone, Debug)]
pub(crate) struct OpRange(pub(crate) Inclusive);

impl FromStr for OpRange {
    type Err = String;

    fn from_str(text: &str) -> Result<OpRange, String> {
        Inclusive::parse(text, |end| end.trim().parse().map_err(|_| format!("{end:?} is not an op"))).map(OpRange)
    }
}

/// A range of timestamps, in nanoseconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct TimeRange(pub(crate) Inclusive);

impl FromStr for TimeRange {
    type Err = String;

    fn from_str(text: &str) -> Result<TimeRange, String> {
        Inclusive::parse(text, parse_time).map(TimeRange)
    }
}

fn parse_time(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if let Ok(nanoseconds) = text.parse() {
        return Ok(nanoseconds);
    }
    let time = humantime::parse_rfc3339_weak(text).ok();
    let since_1970 = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let nanoseconds = since_1970.and_then(|duration| u64::try_from(duration.as_nanos()).ok());
    nanoseconds.ok_or_else(|| {
        format!("{text:?} is not a time: give 2026-01-31T14:05:00Z, which is UTC, or nanoseconds since 1970")
    })
}

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
    fn times_are_utc_or_nanoseconds() {
        let minute = Inclusive { first: 1_769_868_300_000_000_000, last: 1_769_868_360_000_000_000 };
        for text in ["2026-01-31T14:05:00Z..2026-01-31T14:06:00Z", "2026-01-31 14:05:00..1769868360000000000"] {
            assert_eq!(text.parse::<TimeRange>().unwrap().0, minute);
        }
        assert!("14:05".parse::<TimeRange>().is_err());
    }
}
