//! The values of fields: numbers are numbers, text is text once, and what passes 64 bits is digits.

use aof_api::format::Checksum;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A value that a field may have, and how the page calls it.
pub(crate) trait Value: Serialize {
    /// What readers find there.
    fn kind() -> String;

    /// Whether the field is left out of this object.
    fn is_left_out(&self) -> bool {
        false
    }
}

macro_rules! values {
    ($($kind:literal: $($value:ty),+;)+) => {
        $($(impl Value for $value {
            fn kind() -> String {
                $kind.to_owned()
            }
        })+)+
    };
}

values! {
    "number": u8, u16, u32, u64, f64;
    "string": String, &'static str, Cow<'_, str>;
    "boolean": bool;
    "32 hex digits": Hex;
    "decimal digits, in a string": Decimal;
}

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

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = [0; 32];
        for (byte, digits) in self.0.to_be_bytes().into_iter().zip(digits.chunks_exact_mut(2)) {
            digits[0] = DIGITS[usize::from(byte >> 4)];
            digits[1] = DIGITS[usize::from(byte & 15)];
        }
        // All of them are ASCII.
        serializer.serialize_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// A number as decimal digits: those that people know in decimal and that pass 2^53.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal(pub(crate) u128);

impl From<u64> for Decimal {
    fn from(number: u64) -> Decimal {
        Decimal(number.into())
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<T: Value> Value for Option<T> {
    fn kind() -> String {
        format!("{} or null", T::kind())
    }
}

impl<T: Value> Value for Vec<T> {
    fn kind() -> String {
        format!("array of {}", T::kind())
    }
}

/// A field that is there only where it applies.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
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

    fn is_left_out(&self) -> bool {
        self.0.is_none()
    }
}
