//! The fields of an entry: where they are, and what the format wants in them.

/// How a field is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A number, little-endian, in decimal.
    Number,
    /// A number of 128 bits, in hexadecimal.
    Hex,
    /// Nanoseconds since 1970.
    Time,
    /// An operation, with its name.
    Operation,
    /// A release: patch, minor, major.
    Release,
    /// Must be zeros.
    Zeros,
}

/// A field of the header: its name, how many bytes it has, and how it is read.
pub(super) type Field = (&'static str, usize, Kind);

/// In their order, from the first byte of the header.
pub(super) const FIELDS: [Field; 26] = [
    ("checksum", 16, Kind::Hex),
    ("checksum_padding", 16, Kind::Zeros),
    ("checksum_body", 16, Kind::Hex),
    ("checksum_body_padding", 16, Kind::Zeros),
    ("nonce_reserved", 16, Kind::Zeros),
    ("cluster", 16, Kind::Hex),
    ("size", 4, Kind::Number),
    ("epoch", 4, Kind::Zeros),
    ("view", 4, Kind::Number),
    ("release", 4, Kind::Release),
    ("protocol", 2, Kind::Zeros),
    ("command", 1, Kind::Number),
    ("replica", 1, Kind::Number),
    ("reserved_frame", 12, Kind::Zeros),
    ("parent", 16, Kind::Hex),
    ("parent_padding", 16, Kind::Zeros),
    ("request_checksum", 16, Kind::Hex),
    ("request_checksum_padding", 16, Kind::Zeros),
    ("checkpoint_id", 16, Kind::Hex),
    ("client", 16, Kind::Hex),
    ("op", 8, Kind::Number),
    ("commit", 8, Kind::Number),
    ("timestamp", 8, Kind::Time),
    ("request", 4, Kind::Number),
    ("operation", 1, Kind::Operation),
    ("reserved", 3, Kind::Zeros),
];

#[cfg(test)]
mod tests {
    use super::*;
    use aof_api::format::HEADER_SIZE;

    #[test]
    fn the_fields_are_the_whole_header() {
        let len: usize = FIELDS.iter().map(|(_, len, _)| len).sum();
        assert_eq!(len, HEADER_SIZE as usize);
    }
}
