//! A chunk: a header of 512 bytes, and whole writes after it.

mod header;

pub(crate) use header::{ChunkHeader, HEADER_LEN, Kind, Note};

use crate::names::Slot;
use aof_api::format::Checksum;
use bytes::Bytes;

/// Who writes: the log, the writer, and which opening of the log it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Writer {
    pub(crate) log: u128,
    pub(crate) writer: u128,
    pub(crate) epoch: u64,
}

/// A chunk that can be put: its header, and its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) header: ChunkHeader,
    pub(crate) object: Bytes,
}

impl Chunk {
    /// Makes a chunk; `pieces` are its payload.
    pub(crate) fn new(
        kind: Kind,
        writer: Writer,
        slot: Slot,
        previous: Checksum,
        note: Option<Note>,
        pieces: &[&[u8]],
    ) -> Chunk {
        let payload_len: usize = pieces.iter().map(|piece| piece.len()).sum();
        let mut object = Vec::with_capacity(HEADER_LEN + payload_len);
        object.resize(HEADER_LEN, 0);
        pieces.iter().for_each(|piece| object.extend_from_slice(piece));
        let header = ChunkHeader {
            kind,
            payload_checksum: Checksum::of(&object[HEADER_LEN..]),
            writer,
            slot,
            payload_len: payload_len as u64,
            previous,
            note,
        };
        object[..HEADER_LEN].copy_from_slice(&header.encode());
        Chunk { header, object: object.into() }
    }
}
