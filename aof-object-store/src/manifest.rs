//! Manifests: where the log begins, and which chunks were joined into segments. The one with the highest number counts.

use crate::chunk::Writer;
use crate::names::Slot;
use aof_api::format::Checksum;
use zerocopy::little_endian::{U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

const MAGIC: [u8; 8] = *b"aofmanif";
const VERSION: u32 = 1;

/// Where the bytes that the checksum covers begin.
const CHECKED_FROM: usize = 32;

/// What a manifest says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Manifest {
    pub(crate) writer: Writer,
    pub(crate) number: u64,
    /// The first offset that is held.
    pub(crate) start: u64,
    /// The first chunk that is neither pruned nor in a segment.
    pub(crate) first: Slot,
    /// In the order of the log, from the start on.
    pub(crate) segments: Vec<Segment>,
}

/// A segment: the payloads of consecutive chunks, in one object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Segment {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) id: u128,
}

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct RawManifest {
    magic: [u8; 8],
    version: U32,
    segments: U32,
    checksum: [u8; 16],
    log: U128,
    writer: U128,
    epoch: U64,
    number: U64,
    start: U64,
    first_seq: U64,
    first_offset: U64,
    padding: [u8; 24],
}

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct RawSegment {
    from: U64,
    to: U64,
    id: U128,
}

const HEADER_LEN: usize = size_of::<RawManifest>();
const _: () = assert!(HEADER_LEN == 128 && size_of::<RawSegment>() == 32);

/// Why bytes are not a manifest.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum BadManifest {
    #[error("its {len} bytes are not the length of a manifest")]
    Length { len: usize },
    #[error("it does not begin with the magic of a manifest")]
    Magic,
    #[error("its version is {version}, this program knows {VERSION}: use a newer one")]
    Version { version: u32 },
    #[error("its checksum is wrong")]
    Checksum,
    #[error("its segments do not follow one another up to the first chunk")]
    Segments,
}

impl Manifest {
    /// The first manifest of a new log.
    pub(crate) fn new(writer: Writer) -> Manifest {
        Manifest { writer, number: 0, start: 0, first: Slot::default(), segments: Vec::new() }
    }

    /// The bytes of the object.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut raw = RawManifest {
            magic: MAGIC,
            version: VERSION.into(),
            // A segment has 64 MiB or more, so a log of u64::MAX bytes has fewer than 2^38; memory ends long before.
            segments: u32::try_from(self.segments.len()).unwrap_or(u32::MAX).into(),
            checksum: [0; 16],
            log: self.writer.log.into(),
            writer: self.writer.writer.into(),
            epoch: self.writer.epoch.into(),
            number: self.number.into(),
            start: self.start.into(),
            first_seq: self.first.seq.into(),
            first_offset: self.first.offset.into(),
            padding: [0; 24],
        };
        let mut segments = Vec::with_capacity(self.segments.len() * size_of::<RawSegment>());
        for segment in &self.segments {
            let raw = RawSegment { from: segment.from.into(), to: segment.to.into(), id: segment.id.into() };
            segments.extend_from_slice(raw.as_bytes());
        }
        raw.checksum = Checksum::of(&[&raw.as_bytes()[CHECKED_FROM..], &segments].concat()).to_le_bytes();
        [raw.as_bytes(), &segments].concat()
    }

    /// Reads a whole object.
    pub(crate) fn decode(object: &[u8]) -> Result<Manifest, BadManifest> {
        let length = BadManifest::Length { len: object.len() };
        let Ok((raw, rest)) = RawManifest::ref_from_prefix(object) else { return Err(length) };
        if raw.magic != MAGIC {
            return Err(BadManifest::Magic);
        }
        if raw.version != VERSION {
            return Err(BadManifest::Version { version: raw.version.get() });
        }
        if Checksum::of(&object[CHECKED_FROM..]).to_le_bytes() != raw.checksum {
            return Err(BadManifest::Checksum);
        }
        let Ok(segments) = <[RawSegment]>::ref_from_bytes(rest) else { return Err(length) };
        if segments.len() != raw.segments.get() as usize {
            return Err(length);
        }
        let segments: Vec<_> =
            segments.iter().map(|raw| Segment { from: raw.from.get(), to: raw.to.get(), id: raw.id.get() }).collect();
        let first = Slot { seq: raw.first_seq.get(), offset: raw.first_offset.get() };
        let follows = segments.windows(2).all(|pair| pair[0].to == pair[1].from)
            && segments.iter().all(|segment| segment.from < segment.to)
            && segments.last().is_none_or(|last| last.to == first.offset);
        if !follows {
            return Err(BadManifest::Segments);
        }
        let writer = Writer { log: raw.log.get(), writer: raw.writer.get(), epoch: raw.epoch.get() };
        Ok(Manifest { writer, number: raw.number.get(), start: raw.start.get(), first, segments })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            writer: Writer { log: 1, writer: 2, epoch: 3 },
            number: 4,
            start: 150,
            first: Slot { seq: 9, offset: 500 },
            segments: vec![Segment { from: 100, to: 300, id: 7 }, Segment { from: 300, to: 500, id: 8 }],
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let new = Manifest::new(Writer { log: 1, writer: 2, epoch: 0 });
        for manifest in [new, manifest()] {
            assert_eq!(Manifest::decode(&manifest.encode()), Ok(manifest));
        }
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let whole = manifest().encode();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(Manifest::decode(&changed).is_err(), "byte {at}");
            assert!(Manifest::decode(&whole[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn segments_with_a_gap_are_refused() {
        let mut gap = manifest();
        gap.segments[1].from = 301;
        assert_eq!(Manifest::decode(&gap.encode()), Err(BadManifest::Segments));
        let mut early = manifest();
        early.first.offset = 501;
        assert_eq!(Manifest::decode(&early.encode()), Err(BadManifest::Segments));
    }
}
