//! The 128-bit checksum of the format: the AEGIS-128L tag over associated data.
//!
//! Key and nonce are zero, the data to protect is the *associated data*, and the message is empty; the tag, read as a
//! little-endian `u128`, is the checksum. Source: TigerBeetle 0.17, `src/vsr/checksum.zig`.

use aegis::aegis128l::Aegis128L;
use std::fmt;
use std::str::FromStr;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// A checksum of the format: 16 bytes on disk, a little-endian `u128`.
///
/// It prints as TigerBeetle prints it, as 32 hexadecimal digits of the `u128`, most significant digit first, which is
/// the reverse of the bytes on disk. Parsing takes the same form and no other, so that a part of one is not taken for
/// another.
///
/// ```
/// use aof_api::format::Checksum;
///
/// let checksum = Checksum::of(b"hello world");
/// assert_eq!(checksum.to_string(), "41ed771055c5aa00058efb70f2f96f82");
/// assert_eq!("41ed771055c5aa00058efb70f2f96f82".parse(), Ok(checksum));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(transparent)]
pub struct Checksum([u8; 16]);

impl Checksum {
    /// The checksum of an empty body, as it is in every header without one.
    pub const EMPTY: Checksum = Checksum(*b"\x83\xcc\x60\x0d\xc4\xe3\xe7\xe6\x2d\x40\x55\x82\x61\x74\xf1\x49");

    /// The checksum of `data`.
    ///
    /// Figures are in `docs/figures.md` (`cargo bench -p aof-benches --bench checksum`).
    #[must_use]
    pub fn of(data: &[u8]) -> Checksum {
        let (_ciphertext, tag) = Aegis128L::<16>::new(&[0; 16], &[0; 16]).encrypt(&[], data);
        Checksum(tag)
    }

    /// The checksum whose bytes on disk are `bytes`.
    #[must_use]
    pub const fn from_le_bytes(bytes: [u8; 16]) -> Checksum {
        Checksum(bytes)
    }

    /// The bytes as they are on disk.
    #[must_use]
    pub const fn to_le_bytes(self) -> [u8; 16] {
        self.0
    }

    /// The checksum as the integer that it is in the reference.
    #[must_use]
    pub const fn to_u128(self) -> u128 {
        u128::from_le_bytes(self.0)
    }
}

impl From<u128> for Checksum {
    fn from(value: u128) -> Checksum {
        Checksum(value.to_le_bytes())
    }
}

impl From<Checksum> for u128 {
    fn from(checksum: Checksum) -> u128 {
        checksum.to_u128()
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.to_u128())
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checksum({self})")
    }
}

/// Text that is not a checksum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a checksum: give all 32 hexadecimal digits, as `aof validate` prints them, \
     41ed771055c5aa00058efb70f2f96f82 for instance"
)]
pub struct ParseChecksumError {
    text: String,
}

impl FromStr for Checksum {
    type Err = ParseChecksumError;

    fn from_str(text: &str) -> Result<Checksum, ParseChecksumError> {
        // `from_str_radix` would also take a sign.
        if text.len() == 32
            && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            && let Ok(value) = u128::from_str_radix(text, 16)
        {
            return Ok(Checksum::from(value));
        }
        Err(ParseChecksumError { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vector_of_the_format_holds() {
        let vectors: [(&[u8], &str); 6] = [
            (b"", "83cc600dc4e3e7e62d4055826174f149"),
            (&[0; 16], "f72ad48dd05dd1656133101cd4be3a26"),
            (b"a", "cc87830f614bd3f689335b1a281245d2"),
            (b"hello world", "826ff9f270fb8e0500aac5551077ed41"),
            (b"0123456789abcdef0123456789abcdef", "39bedc167ff8d8ce4e207b46e651dcf6"),
            (b"0123456789abcdef0123456789abcdef0", "ff296e9f428168cf5789fca4fe5d1849"),
        ];
        for (data, tag) in vectors {
            let hex: String = Checksum::of(data).to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, tag, "checksum of {data:?}");
        }
        assert_eq!(Checksum::of(b""), Checksum::EMPTY);
    }

    #[test]
    fn text_that_is_no_checksum_is_refused() {
        let whole = "0000000000000000000000000000001F";
        let (short, long, sign) = (&whole[1..], format!("{whole}0"), format!("+{}", &whole[1..]));
        for text in ["", "1f", "0x1f", "xyz", short, &long, &sign, &whole.replace('F', "g"), &format!(" {whole}")] {
            assert!(text.parse::<Checksum>().is_err(), "{text:?}");
        }
        assert_eq!(whole.parse(), Ok(Checksum::from(31)));
        assert_eq!(Checksum::from(31).to_string().parse(), Ok(Checksum::from(31)));
    }
}
