//! One entry of a log, borrowed: `magic | header | body`.

use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::format::header::Header;
use crate::format::layout::{ENTRY_SIZE_MIN, MAGIC, MAGIC_LEGACY, size_disk};
use crate::format::prepare::Prepare;
use std::io::IoSlice;
use zerocopy::{FromBytes, IntoBytes};

/// Header and size of the entry at the beginning of `bytes`, which may end anywhere after its header.
///
/// `size` is believed only because magic and header checksum hold.
pub(crate) fn decode_header(bytes: &[u8]) -> Result<&Header, Damage> {
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if magic == MAGIC_LEGACY {
        return Err(Damage::Legacy);
    }
    if *magic != MAGIC[..magic.len()] {
        return Err(Damage::Magic);
    }
    let Some(header) = bytes.get(MAGIC.len()..ENTRY_SIZE_MIN) else {
        return Err(Damage::Torn { have: bytes.len() as u64, need: ENTRY_SIZE_MIN as u64 });
    };
    // 256 bytes, any of which make a header.
    let Ok(header) = Header::ref_from_bytes(header) else { return Err(Damage::HeaderChecksum) };
    if !header.valid_checksum() {
        return Err(Damage::HeaderChecksum);
    }
    if !header.valid_size() {
        return Err(Damage::Size { size: header.size.get() });
    }
    Ok(header)
}

/// An entry that is known to be whole, borrowed from the bytes it is in.
///
/// ```
/// use aof_api::format::{AofEntry, Damage, Header, Prepare};
/// use aof_api::Operation;
///
/// let prepare = Prepare::seal(Header::new(Operation(200)), b"a body")?;
/// let bytes = prepare.as_entry_bytes().to_vec();
///
/// let entry = AofEntry::decode(&bytes).unwrap();
/// assert_eq!(entry.body(), b"a body");
/// assert_eq!(entry.size_disk(), 16 + 256 + 6);
/// assert_eq!(AofEntry::decode(&bytes[..277]), Err(Damage::Torn { have: 277, need: 278 }));
/// # Ok::<(), aof_api::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AofEntry<'a> {
    header: &'a Header,
    body: &'a [u8],
}

impl<'a> AofEntry<'a> {
    /// The entry at the beginning of `bytes`, which may continue after it.
    ///
    /// # Errors
    ///
    /// The first [`Damage`] in the order of the reference: a wrong magic, too few bytes for a header, a wrong header
    /// checksum, an impossible size, too few bytes for the body, a wrong body checksum.
    pub fn decode(bytes: &'a [u8]) -> Result<AofEntry<'a>, Damage> {
        let header = decode_header(bytes)?;
        let need = size_disk(header.size.get());
        let Some(body) = bytes.get(ENTRY_SIZE_MIN..need as usize) else {
            return Err(Damage::Torn { have: bytes.len() as u64, need });
        };
        if header.checksum_body != Checksum::of(body) {
            return Err(Damage::BodyChecksum);
        }
        Ok(AofEntry { header, body })
    }

    /// The entry in exactly these bytes, which were verified before.
    pub(crate) fn from_verified(bytes: &'a [u8]) -> AofEntry<'a> {
        let (header, body) = Header::ref_from_prefix(&bytes[MAGIC.len()..])
            .expect("a verified entry has room for its header, and a header has no alignment");
        AofEntry { header, body }
    }

    pub(crate) fn from_parts(header: &'a Header, body: &'a [u8]) -> AofEntry<'a> {
        AofEntry { header, body }
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &'a Header {
        self.header
    }

    /// The body, opaque to the log.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The op.
    #[must_use]
    pub fn op(&self) -> u64 {
        self.header.op.get()
    }

    /// The checksum of the header, which names the entry: the next one has it as its parent.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        self.header.checksum
    }

    /// The bytes that the entry takes in a log, magic included.
    #[must_use]
    pub fn size_disk(&self) -> u64 {
        size_disk(self.header.size.get())
    }

    /// The entry as it is written, without a copy: magic, header, body.
    #[must_use]
    pub fn parts(&self) -> [IoSlice<'a>; 3] {
        [IoSlice::new(&MAGIC), IoSlice::new(self.header.as_bytes()), IoSlice::new(self.body)]
    }

    /// An owned copy.
    #[must_use]
    pub fn to_prepare(&self) -> Prepare {
        Prepare::from_entry(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::layout::MESSAGE_SIZE_MAX;
    use crate::format::operation::Operation;
    use zerocopy::little_endian::U32;

    fn entry_bytes(break_it: impl Fn(&mut Header)) -> Vec<u8> {
        let mut header = Header::new(Operation(200));
        break_it(&mut header);
        header.checksum = header.calculate_checksum();
        [&MAGIC[..], header.as_bytes()].concat()
    }

    #[test]
    fn an_impossible_size_is_damage_though_the_checksum_holds() {
        for size in [0, 1, 255, MESSAGE_SIZE_MAX + 1, u32::MAX] {
            let bytes = entry_bytes(|header| header.size = U32::new(size));
            assert_eq!(AofEntry::decode(&bytes), Err(Damage::Size { size }));
        }
    }

    #[test]
    fn a_size_in_a_damaged_header_is_not_believed() {
        let mut bytes = entry_bytes(|_| ());
        bytes[MAGIC.len() + 96 + 2] ^= 1;
        assert_eq!(AofEntry::decode(&bytes), Err(Damage::HeaderChecksum));
    }

    #[test]
    fn a_short_read_says_how_much_is_missing() {
        let bytes = entry_bytes(|header| header.size = U32::new(300));
        for have in 0..bytes.len() as u64 {
            let need = ENTRY_SIZE_MIN as u64;
            assert_eq!(AofEntry::decode(&bytes[..have as usize]), Err(Damage::Torn { have, need }));
        }
        assert_eq!(AofEntry::decode(&bytes), Err(Damage::Torn { have: 272, need: 316 }));
    }

    #[test]
    fn junk_and_old_files_are_told_apart() {
        assert_eq!(AofEntry::decode(b"hello"), Err(Damage::Magic));
        assert_eq!(AofEntry::decode(&MAGIC_LEGACY), Err(Damage::Legacy));
        assert_eq!(AofEntry::decode(&[0; 300]), Err(Damage::Magic));
    }
}
