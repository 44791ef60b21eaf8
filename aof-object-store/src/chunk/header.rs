//! The first 512 bytes of a chunk.

use super::Writer;
use crate::names::Slot;
use aof_api::format::Checksum;
use aof_api::storage::NOTE_LEN_MAX;
use zerocopy::little_endian::{U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The length of the header, in bytes: a chunk is that much longer than its payload.
pub(crate) const HEADER_LEN: usize = 512;

const MAGIC: [u8; 8] = *b"aofchunk";
const VERSION: u32 = 1;

/// Where the bytes that the header's own checksum covers begin.
const CHECKED_FROM: usize = 32;

/// What a chunk is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Whole writes, or a note alone.
    Data,
    /// Without payload: a writer has opened the log. Never deleted.
    Fence,
}

/// A note of a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Note {
    /// How many bytes the checkpoint covered.
    pub(crate) covered: u64,
    pub(crate) bytes: Vec<u8>,
}

/// What the header of a chunk says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ChunkHeader {
    pub(crate) kind: Kind,
    pub(crate) payload_checksum: Checksum,
    pub(crate) writer: Writer,
    pub(crate) slot: Slot,
    pub(crate) payload_len: u64,
    /// The checksum of the header before this one; zero in the first.
    pub(crate) previous: Checksum,
    /// The newest note of the log at the end of this chunk.
    pub(crate) note: Option<Note>,
}

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Raw {
    magic: [u8; 8],
    version: U32,
    kind: U32,
    header_checksum: [u8; 16],
    payload_checksum: [u8; 16],
    log: U128,
    writer: U128,
    epoch: U64,
    seq: U64,
    offset: U64,
    payload_len: U64,
    previous: [u8; 16],
    note_covered: U64,
    note_len: U32,
    reserved: [u8; 4],
    note: [u8; NOTE_LEN_MAX],
    padding: [u8; 112],
}

const _: () = assert!(size_of::<Raw>() == HEADER_LEN);

/// Why bytes are not the header of a chunk.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum BadHeader {
    #[error("a chunk has at least {HEADER_LEN} bytes, this one has {len}")]
    Short { len: usize },
    #[error("it does not begin with the magic of a chunk")]
    Magic,
    #[error("its version is {version}, this program knows {VERSION}: use a newer one")]
    Version { version: u32 },
    #[error("the checksum of its header is wrong")]
    Checksum,
    #[error("a field of its header is out of range")]
    Field,
}

impl ChunkHeader {
    /// The bytes of the header.
    pub(crate) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut note = [0; NOTE_LEN_MAX];
        let (covered, bytes) = self.note.as_ref().map_or((0, &[][..]), |note| (note.covered, &note.bytes[..]));
        note[..bytes.len()].copy_from_slice(bytes);
        let mut raw = Raw {
            magic: MAGIC,
            version: VERSION.into(),
            kind: match self.kind {
                Kind::Data => 1.into(),
                Kind::Fence => 2.into(),
            },
            header_checksum: [0; 16],
            payload_checksum: self.payload_checksum.to_le_bytes(),
            log: self.writer.log.into(),
            writer: self.writer.writer.into(),
            epoch: self.writer.epoch.into(),
            seq: self.slot.seq.into(),
            offset: self.slot.offset.into(),
            payload_len: self.payload_len.into(),
            previous: self.previous.to_le_bytes(),
            note_covered: covered.into(),
            note_len: (bytes.len() as u32).into(),
            reserved: [0; 4],
            note,
            padding: [0; 112],
        };
        raw.header_checksum = header_checksum(raw.as_bytes()).to_le_bytes();
        let mut encoded = [0; HEADER_LEN];
        encoded.copy_from_slice(raw.as_bytes());
        encoded
    }

    /// Reads the first bytes of an object.
    pub(crate) fn decode(object: &[u8]) -> Result<ChunkHeader, BadHeader> {
        let Ok((raw, _)) = Raw::ref_from_prefix(object) else { return Err(BadHeader::Short { len: object.len() }) };
        if raw.magic != MAGIC {
            return Err(BadHeader::Magic);
        }
        if raw.version != VERSION {
            return Err(BadHeader::Version { version: raw.version.get() });
        }
        if header_checksum(raw.as_bytes()).to_le_bytes() != raw.header_checksum {
            return Err(BadHeader::Checksum);
        }
        let kind = match raw.kind.get() {
            1 => Kind::Data,
            2 => Kind::Fence,
            _ => return Err(BadHeader::Field),
        };
        let note = raw.note.get(..raw.note_len.get() as usize).ok_or(BadHeader::Field)?;
        let (offset, payload_len) = (raw.offset.get(), raw.payload_len.get());
        if offset.checked_add(payload_len).is_none() || kind == Kind::Fence && payload_len > 0 {
            return Err(BadHeader::Field);
        }
        Ok(ChunkHeader {
            kind,
            payload_checksum: Checksum::from_le_bytes(raw.payload_checksum),
            writer: Writer { log: raw.log.get(), writer: raw.writer.get(), epoch: raw.epoch.get() },
            slot: Slot { seq: raw.seq.get(), offset },
            payload_len,
            previous: Checksum::from_le_bytes(raw.previous),
            note: (!note.is_empty()).then(|| Note { covered: raw.note_covered.get(), bytes: note.to_vec() }),
        })
    }

    /// The checksum of this header, which the next one names.
    pub(crate) fn checksum(&self) -> Checksum {
        header_checksum(&self.encode())
    }
}

fn header_checksum(header: &[u8]) -> Checksum {
    Checksum::of(&header[CHECKED_FROM..HEADER_LEN])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(note_len: usize) -> ChunkHeader {
        ChunkHeader {
            kind: Kind::Data,
            payload_checksum: Checksum::of(b"payload"),
            writer: Writer { log: 1 << 100, writer: 7, epoch: 3 },
            slot: Slot { seq: 9, offset: 5_000_000_000 },
            payload_len: 7,
            previous: Checksum::of(b"previous"),
            note: (note_len > 0).then(|| Note { covered: 5_000_000_007, bytes: vec![9; note_len] }),
        }
    }

    #[test]
    fn a_header_is_read_as_it_was_written() {
        for note_len in [0, 1, 120, NOTE_LEN_MAX] {
            assert_eq!(ChunkHeader::decode(&header(note_len).encode()), Ok(header(note_len)));
        }
        let fence = ChunkHeader { kind: Kind::Fence, payload_len: 0, ..header(0) };
        assert_eq!(ChunkHeader::decode(&fence.encode()), Ok(fence));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let whole = header(120).encode();
        for at in 0..HEADER_LEN {
            let mut changed = whole;
            changed[at] ^= 0x40;
            assert!(ChunkHeader::decode(&changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_part_of_a_header_is_refused_with_its_length() {
        assert_eq!(ChunkHeader::decode(&header(0).encode()[..511]), Err(BadHeader::Short { len: 511 }));
        assert_eq!(ChunkHeader::decode(&[]), Err(BadHeader::Short { len: 0 }));
    }

    #[test]
    fn the_fields_are_where_the_readme_says() {
        let bytes = header(3).encode();
        assert_eq!(&bytes[..8], b"aofchunk");
        assert_eq!(bytes[80..88], 3u64.to_le_bytes());
        assert_eq!(bytes[88..96], 9u64.to_le_bytes());
        assert_eq!(bytes[96..104], 5_000_000_000u64.to_le_bytes());
        assert_eq!(bytes[104..112], 7u64.to_le_bytes());
        assert_eq!(bytes[128..136], 5_000_000_007u64.to_le_bytes());
        assert_eq!(bytes[144..148], [9, 9, 9, 0]);
    }
}
