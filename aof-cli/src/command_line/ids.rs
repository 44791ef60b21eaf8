//! Ids of accounts and transfers on the command line.

use std::str::FromStr;

/// An id to search for, in each way that the text can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Id(Vec<u128>);

impl Id {
    pub(crate) fn is(&self, id: u128) -> bool {
        self.0.contains(&id)
    }
}

impl FromStr for Id {
    type Err = String;

    /// Decimal digits; hexadecimal ones after `0x`, with letters among them, or 32 of them, as `--json` prints them.
    fn from_str(text: &str) -> Result<Id, String> {
        let bare = text.strip_prefix("0x").unwrap_or(text);
        let digits = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        let decimal = digits.then(|| text.parse().ok()).flatten();
        let is_hex = bare.len() < text.len() || decimal.is_none() || bare.len() == 32;
        let hex = u128::from_str_radix(bare, 16).ok().filter(|_| digits && is_hex);
        let ids: Vec<u128> = decimal.into_iter().chain(hex).collect();
        if ids.is_empty() { Err("give decimal digits, or up to 32 hexadecimal ones".to_owned()) } else { Ok(Id(ids)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_decimal_or_hexadecimal() {
        for (text, ids) in [
            ("17", vec![17]),
            ("0x17", vec![0x17]),
            ("1f", vec![0x1f]),
            ("340282366920938463463374607431768211455", vec![u128::MAX]),
            ("ffffffffffffffffffffffffffffffff", vec![u128::MAX]),
            // Both can be meant.
            ("00000000000000000000000000000017", vec![17, 0x17]),
        ] {
            assert_eq!(text.parse::<Id>().unwrap(), Id(ids), "{text}");
        }
        for text in ["", "0x", "-1", "+1", "xyz", "340282366920938463463374607431768211456789"] {
            assert!(text.parse::<Id>().is_err(), "{text:?}");
        }
    }
}
