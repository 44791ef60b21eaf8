//! One entry of a log, borrowed: `magic | header | body`, and what can be wrong with it.

use crate::checksum::Checksum;
use crate::header::{HEADER_SIZE, Header};
use crate::prepare::Prepare;
use std::io::IoSlice;
use zerocopy::{FromBytes, IntoBytes};

/// The 16 bytes before every entry. Source: TigerBeetle 0.17, `src/aof.zig`.
pub const MAGIC: [u8; 16] = 0x00bc_d8d3_fee4_0611_9ed1_92c4_f4c4_fc82_u128.to_le_bytes();

/// The 16 bytes before every entry in files older than TigerBeetle 0.16.21, whose layout is another one.
pub const MAGIC_LEGACY: [u8; 16] = 0xeb71_f62a_395c_755e_8c4a_cd3b_a183_1bc2_u128.to_le_bytes();

/// The largest prepare, header and body, in bytes.
pub const MESSAGE_SIZE_MAX: u32 = 1 << 20;

/// The largest body in bytes.
pub const BODY_SIZE_MAX: u32 = MESSAGE_SIZE_MAX - HEADER_SIZE;

/// The smallest entry in bytes: magic and header, no body. Also what must be read before a body can be.
pub const ENTRY_SIZE_MIN: usize = MAGIC.len() + HEADER_SIZE as usize;

/// The largest entry in bytes.
pub const ENTRY_SIZE_MAX: usize = MAGIC.len() + MESSAGE_SIZE_MAX as usize;

/// The bytes that a prepare of `size` (header and body) takes in a log.
#[must_use]
pub const fn size_disk(size: u32) -> u64 {
    MAGIC.len() as u64 + size as u64
}

/// What is wrong with the bytes where an entry should be, in the order in which it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The entry begins well and ends early.
    #[error("torn entry: {have} of {need} bytes are there")]
    Torn {
        /// Bytes that are there.
        have: u64,
        /// Bytes that the entry has at least; exactly, where the header is whole.
        need: u64,
    },
    /// No entry begins here.
    #[error("no entry begins here (bad magic)")]
    Magic,
    /// An entry of a file older than TigerBeetle 0.16.21.
    #[error("the file is of the format before TigerBeetle 0.16.21, which this project does not read")]
    Legacy,
    /// The header is not what was written.
    #[error("damaged header (checksum mismatch)")]
    HeaderChecksum,
    /// The header was written with a size that no prepare can have.
    #[error("impossible size {size} (256 to 1,048,576 can be)")]
    Size {
        /// What the header says.
        size: u32,
    },
    /// The body is not what was written; the header is.
    #[error("damaged body (checksum mismatch)")]
    BodyChecksum,
    /// The entry is whole, but what it stands on was lost in damage before it. Only an opening says so.
    #[error("an entry whose parent was lost in the damage before it")]
    ParentLost,
}

/// Header and size of the entry at the beginning of `bytes`, which may end anywhere behind its header.
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

/// An entry that is known to be whole, borrowed from the bytes it stands in.
///
/// ```
/// use aof_api::{AofEntry, Damage, Header, Operation, Prepare};
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
    /// The entry at the beginning of `bytes`, which may go on behind it.
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
    use crate::operation::Operation;
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
