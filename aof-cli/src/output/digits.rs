//! Numbers as digits at the end of a buffer, without an allocation each: a listing prints dozens for every entry.

use itoa::{Buffer, Integer};

/// The 32 hexadecimal digits of a u128.
pub(crate) fn hex_digits(number: u128) -> [u8; 32] {
    let mut digits = [0; 32];
    for (digits, four) in digits.chunks_exact_mut(8).zip(number.to_be_bytes().chunks_exact(4)) {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(four);
        digits.copy_from_slice(&eight_hex_digits(u32::from_be_bytes(bytes)).to_be_bytes());
    }
    digits
}

/// Eight digits at once, in the bytes of a number: each half byte of `number` moves to a byte of its own.
fn eight_hex_digits(number: u32) -> u64 {
    let mut halves = u64::from(number);
    halves = (halves << 16 | halves) & 0x0000_ffff_0000_ffff;
    halves = (halves << 8 | halves) & 0x00ff_00ff_00ff_00ff;
    halves = (halves << 4 | halves) & 0x0f0f_0f0f_0f0f_0f0f;
    // 1 in each byte that is above 9: adding 6 carries into the upper half.
    let letters = (halves + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    // No byte carries into the next one: the largest is that of `f`.
    halves + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'0' - 10)
}

/// Bytes, in hexadecimal.
pub(crate) fn hex_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(bytes.iter().flat_map(|byte| [hex_digit(byte >> 4), hex_digit(byte & 15)]));
}

/// The digit of a number below 16.
fn hex_digit(number: u8) -> u8 {
    number + if number < 10 { b'0' } else { b'a' - 10 }
}

/// A number in decimal.
pub(crate) fn decimal(out: &mut Vec<u8>, number: impl Integer) {
    out.extend_from_slice(Buffer::new().format(number).as_bytes());
}

/// A number in decimal, with spaces before it up to a width.
pub(crate) fn right(out: &mut Vec<u8>, number: impl Integer, width: usize) {
    let mut buffer = Buffer::new();
    let digits = buffer.format(number).as_bytes();
    spaces(out, width.saturating_sub(digits.len()));
    out.extend_from_slice(digits);
}

/// Text, with spaces after it up to a width in bytes.
pub(crate) fn left(out: &mut Vec<u8>, text: &[u8], width: usize) {
    out.extend_from_slice(text);
    spaces(out, width.saturating_sub(text.len()));
}

/// So many spaces.
pub(crate) fn spaces(out: &mut Vec<u8>, count: usize) {
    out.resize(out.len() + count, b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for number in [0, 1, 9, 10, 15, 16, 255, u128::from(u64::MAX), u128::MAX, 0x0123_4567_89ab_cdef << 60] {
            let mut out = Vec::new();
            out.extend_from_slice(&hex_digits(number));
            out.push(b' ');
            decimal(&mut out, number);
            right(&mut out, number as u16, 7);
            left(&mut out, b"ab", 3);
            hex_bytes(&mut out, &[0, 0x7f, 0xff]);
            let expected = format!("{number:032x} {number}{:>7}ab 007fff", number as u16);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
