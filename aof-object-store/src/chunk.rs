//! A chunk: a header of 512 bytes, and whole writes after it.

mod header;

pub(crate) use header::{ChunkHeader, HEADER_LEN, Kind, Note};

use crate::names::Slot;
use aof_api::format::Checksum;
use bytes::Bytes;
use object_store::PutPayload;

/// Who writes: the log, the writer, and which opening of the log it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Writer {
    pub(crate) log: u128,
    pub(crate) writer: u128,
    pub(crate) epoch: u64,
}

/// A chunk that can be put: its header, and the whole object. The payload in it is not a copy.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) header: ChunkHeader,
    pub(crate) object: PutPayload,
}

impl Chunk {
    pub(crate) fn new(
        kind: Kind,
        writer: Writer,
        slot: Slot,
        previous: Checksum,
        note: Option<Note>,
        payload: Bytes,
    ) -> Chunk {
        let header = ChunkHeader {
            kind,
            payload_checksum: Checksum::of(&payload),
            writer,
            slot,
            payload_len: payload.len() as u64,
            previous,
            note,
        };
        let parts = [Bytes::copy_from_slice(&header.encode()), payload];
        Chunk { header, object: parts.into_iter().filter(|part| !part.is_empty()).collect() }
    }
}
