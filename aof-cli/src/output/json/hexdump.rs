//! What `aof hexdump` prints.

use super::object::object;
use super::value::Sometimes;

object! {
    /// A field of an entry.
    Field = "field" {
        /// Its name, as the description of the format has it
        name: &'static str,
        /// Where it begins, in bytes from the start of the file
        offset: u64,
        /// Its bytes, in hexadecimal; fewer where the file ends in it, or where the body is longer than was asked for
        bytes: String,
        /// How many bytes it has
        len: u64,
        /// What they say, for people
        value: String,
        /// Whether it differs from what the format wants
        differs: bool,
        /// What was expected, where it differs
        expected: Sometimes<String>,
    }
}

object! {
    /// The entry as a whole.
    Summary = "summary" {
        /// Where it begins, in bytes from the start of the file
        offset: u64,
        /// How many fields differ
        differing: u64,
        /// Whether it is whole: nothing differs
        whole: bool,
        /// Where the one flipped bit is that explains what differs, in bytes from the start of the file, where one does
        flipped_offset: Sometimes<u64>,
        /// Which bit of that byte, from 0, the lowest
        flipped_bit: Sometimes<u8>,
    }
}
