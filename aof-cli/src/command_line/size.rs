//! Sizes in bytes, as people read and write them.

use aof_api::format::BODY_SIZE_MAX;
use std::fmt;
use std::str::FromStr;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let unit = UNITS.into_iter().find_map(|(name, bytes)| Some((text.strip_suffix(name)?, bytes)));
        let (number, bytes) = unit.unwrap_or((text, 1));
        let size = number.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(bytes));
        size.map(Size).ok_or_else(|| "give a number of bytes, or one with KiB, MiB, GiB or TiB".to_owned())
    }
}

impl Size {
    /// For pieces, of which each holds something.
    pub(crate) fn of_pieces(text: &str) -> Result<Size, String> {
        match text.parse()? {
            Size(0) => Err("give at least one byte".to_owned()),
            size => Ok(size),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.into_iter().find(|(_, bytes)| self.0 >= *bytes) {
            Some((name, bytes)) => write!(f, "{:.1} {name}", self.0 as f64 / bytes as f64),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

/// A number with commas between groups of three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes in a row of that name, exactly and in a unit: `3,720,000 (3.5 MiB)`, `274`.
pub(crate) fn exact(bytes: u64) -> String {
    grouped(bytes) + &in_unit(bytes)
}

/// A number of bytes, exactly and in a unit: `3,720,000 bytes (3.5 MiB)`, `274 bytes`.
pub(crate) fn exact_bytes(bytes: u64) -> String {
    counted(bytes, "byte") + &in_unit(bytes)
}

/// Nothing where the number is short as it is.
fn in_unit(bytes: u64) -> String {
    if bytes < 1 << 10 { String::new() } else { format!(" ({})", Size(bytes)) }
}

/// How many of something there are in a second: with a fraction where that matters.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second >= 100.0 { grouped(per_second.round() as u64) } else { format!("{per_second:.1}") }
}

/// A number of things: `1 break`, `2 breaks`.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    let plural = match thing.strip_suffix('y') {
        _ if number == 1
            || matches!(thing, "damage" | "unreadable" | "parent-unseen" | "pending" | "lost" | "times-back") =>
        {
            thing.to_owned()
        }
        Some(stem) => format!("{stem}ies"),
        None => format!("{thing}s"),
    };
    format!("{} {plural}", grouped(number))
}

impl Size {
    /// As a body, if it can be one.
    pub(crate) fn body_len(self) -> Option<usize> {
        usize::try_from(self.0).ok().filter(|len| *len <= BODY_SIZE_MAX as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_units() {
        assert_eq!("1024".parse(), Ok(Size(1024)));
        assert_eq!("1 KiB".parse(), Ok(Size(1024)));
        assert_eq!("2GiB".parse(), Ok(Size(2 << 30)));
        for text in ["", "KiB", "-1", "1KB", "99999999999TiB"] {
            assert!(text.parse::<Size>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn bytes_are_exact_and_in_a_unit_where_that_is_shorter() {
        assert_eq!([1, 274, 3_720_000].map(exact_bytes), ["1 byte", "274 bytes", "3,720,000 bytes (3.5 MiB)"]);
        assert_eq!([0, 1023, 1024].map(exact), ["0", "1,023", "1,024 (1.0 KiB)"]);
        assert_eq!([0.04, 99.94, 634_483.4].map(rate), ["0.0", "99.9", "634,483"]);
    }

    #[test]
    fn numbers_are_grouped_in_threes() {
        assert_eq!([0, 12, 123, 1234, 1_234_567].map(grouped), ["0", "12", "123", "1,234", "1,234,567"]);
    }
}
