//! The values of fields: numbers are numbers, text is text once, and what passes 64 bits is digits.

use crate::output::digits;
use crate::output::time::put_time;
use aof_api::format::Checksum;
use aof_api::format::Release;
use std::borrow::Cow;
use std::fmt;

/// A value that a field may have, and how the page calls it.
pub(crate) trait Value {
    /// What readers find there.
    fn kind() -> String;

    /// Puts it at the end of a buffer.
    fn put(&self, out: &mut Vec<u8>);

    /// Whether the field is left out of this object.
    fn is_left_out(&self) -> bool {
        false
    }
}

macro_rules! values {
    ($($kind:literal, $put:expr, $($value:ty),+;)+) => {
        $($(impl Value for $value {
            fn kind() -> String {
                $kind.to_owned()
            }

            fn put(&self, out: &mut Vec<u8>) {
                let put: fn(&mut Vec<u8>, &$value) = $put;
                put(out, self);
            }
        })+)+
    };
}

values! {
    "number", |out, number| digits::decimal(out, *number), u8, u16, u32, u64;
    "number", |out, number| put_fraction(out, *number), f64;
    "string", |out, text| put_text(out, text), String, &'static str, Cow<'_, str>;
    "string", |out, time| put_quoted(out, |out| put_time(out, time.0)), Time;
    "string", |out, release| put_quoted(out, |out| put_release(out, *release)), Release;
    "boolean", |out, yes| out.extend_from_slice(if *yes { b"true" } else { b"false" }), bool;
    "32 hex digits", |out, number| put_hex(out, number.0), Hex;
    "decimal digits, in a string", |out, number| put_quoted(out, |out| digits::decimal(out, number.0)), Decimal;
}

/// What needs no escaping, in quotes.
fn put_quoted(out: &mut Vec<u8>, put: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    put(out);
    out.push(b'"');
}

fn put_hex(out: &mut Vec<u8>, number: u128) {
    let mut text = [b'"'; 34];
    text[1..33].copy_from_slice(&digits::hex_digits(number));
    out.extend_from_slice(&text);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        return put_quoted(out, |out| out.extend_from_slice(text.as_bytes()));
    }
    // Writing to a buffer does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// What is no number, 0 divided by 0, is 0: a field that is a number is one.
fn put_fraction(out: &mut Vec<u8>, number: f64) {
    let number = if number.is_finite() { number } else { 0.0 };
    let _ = serde_json::to_writer(out, &number);
}

fn put_release(out: &mut Vec<u8>, Release(release): Release) {
    digits::decimal(out, release >> 16);
    for part in [release >> 8, release] {
        out.push(b'.');
        digits::decimal(out, part & 0xff);
    }
}

/// A time in nanoseconds since 1970, as RFC 3339.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time(pub(crate) u64);

/// A u128 in hexadecimal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hex(pub(crate) u128);

impl From<Checksum> for Hex {
    fn from(checksum: Checksum) -> Hex {
        Hex(checksum.into())
    }
}

impl From<Checksum> for Sometimes<Hex> {
    fn from(checksum: Checksum) -> Sometimes<Hex> {
        Sometimes(Some(checksum.into()))
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Checksum::from(self.0).fmt(f)
    }
}

/// A number as decimal digits: those that people know in decimal and that pass 2^53.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal(pub(crate) u128);

impl From<u64> for Decimal {
    fn from(number: u64) -> Decimal {
        Decimal(number.into())
    }
}

impl<T: Value> Value for Option<T> {
    fn kind() -> String {
        format!("{} or null", T::kind())
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.put(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<T: Value> Value for Vec<T> {
    fn kind() -> String {
        format!("array of {}", T::kind())
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            value.put(out);
        }
        out.push(b']');
    }
}

/// A field that is there only where it applies.
#[derive(Clone, Debug)]
pub(crate) struct Sometimes<T>(pub(crate) Option<T>);

impl<T> Default for Sometimes<T> {
    fn default() -> Sometimes<T> {
        Sometimes(None)
    }
}

impl<T> From<T> for Sometimes<T> {
    fn from(value: T) -> Sometimes<T> {
        Sometimes(Some(value))
    }
}

impl<T: Value> Value for Sometimes<T> {
    fn kind() -> String {
        format!("{}, left out where it does not apply", T::kind())
    }

    fn put(&self, out: &mut Vec<u8>) {
        if let Some(value) = &self.0 {
            value.put(out);
        }
    }

    fn is_left_out(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_another_implementation() {
        let text = |put: &dyn Fn(&mut Vec<u8>)| -> String {
            let mut out = Vec::new();
            put(&mut out);
            String::from_utf8(out).unwrap()
        };
        let all: String = (0..0x3000_u32).filter_map(char::from_u32).chain(['\u{1f980}']).collect();
        for one in ["", "plain", "a\"b", "a\\b", "\u{1b}[1m\n", &all] {
            assert_eq!(text(&|out| one.to_owned().put(out)), serde_json::to_string(one).unwrap());
        }
        for one in [0.0, 1.0, 0.1, -2.5e300, 1e-9] {
            assert_eq!(text(&|out| one.put(out)), serde_json::to_string(&one).unwrap());
        }
        assert_eq!(text(&|out| f64::NAN.put(out)), "0.0");
        for release in [0, 0x0001_0203, u32::MAX] {
            assert_eq!(text(&|out| Release(release).put(out)), format!("\"{}\"", Release(release)));
        }
        assert_eq!(text(&|out| Sometimes(Some(vec![Some(true), None])).put(out)), "[true,null]");
    }
}
