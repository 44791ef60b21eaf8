//! The damaged tail of a log: what kind it is, and its bytes.

use super::report::{CutPiece, TailKind};
use super::walk::Suspect;
use crate::format::damage::Damage;
use crate::read::scan::DamagedRange;
use crate::storage::backend::{AofBackend, AofReadExt};
use crate::storage::error::{Error, Quantity, Result};

pub(super) fn kind(suspect: &Suspect, end: u64) -> TailKind {
    let DamagedRange { offset, len, damage, zeros, torn_end, .. } = suspect.first;
    // What is in the body of a torn entry is part of it.
    let in_body = suspect.entries_after == 0 && suspect.body_end >= end;
    let whole_tail = offset + len == end || in_body;
    match damage {
        _ if whole_tail && zeros => TailKind::Zero,
        Damage::Torn { .. } if whole_tail => TailKind::Torn,
        _ if torn_end => TailKind::Torn,
        _ => TailKind::Corrupt,
    }
}

/// The unit in which zeros and other bytes are distinguished.
const PIECE_SIZE: usize = 4096;

/// The bytes from `offset` to `end`, runs of zeros as lengths.
pub(super) async fn read_pieces<B: AofBackend>(
    backend: &mut B,
    offset: u64,
    end: u64,
    limit: u64,
) -> Result<Vec<CutPiece>> {
    let mut pieces = Vec::new();
    let mut held: u64 = 0;
    let mut buf = [0; PIECE_SIZE];
    let mut at = offset;
    backend.seek(at).await?;
    while at < end {
        let wanted = usize::try_from(end - at).map_or(PIECE_SIZE, |left| left.min(PIECE_SIZE));
        let count = backend.read_all(&mut buf[..wanted]).await?;
        if count == 0 {
            break;
        }
        at += count as u64;
        let read = &buf[..count];
        if read.iter().all(|byte| *byte == 0) {
            // What follows may be a hole.
            let data = backend.next_data(at).await?.clamp(at, end);
            let zeros = count as u64 + data - at;
            match pieces.last_mut() {
                Some(CutPiece::Zeros(len)) => *len += zeros,
                _ => pieces.push(CutPiece::Zeros(zeros)),
            }
            if data > at {
                at = data;
                backend.seek(at).await?;
            }
            continue;
        }
        held += count as u64;
        if held > limit {
            return Err(Error::TooLarge { what: Quantity::Tail, size: end - offset, limit });
        }
        match pieces.last_mut() {
            Some(CutPiece::Bytes(bytes)) => bytes.extend_from_slice(read),
            _ => pieces.push(CutPiece::Bytes(read.to_vec())),
        }
    }
    Ok(pieces)
}
