//! Writing: the planned entries, read again where they are, verified again, in long writes.

use super::index::{Index, Place};
use super::plan::Piece;
use crate::read::batch::{Batch, Last};
use crate::read::pace::Pace;
use crate::storage::backend::{AofBackend, AofRead};
use crate::storage::error::{Error, IoCall, Result};
use std::io::{self, IoSlice};

/// Reading begins with so much wherever it continues elsewhere, so that scattered entries are not read with
/// everything around them.
const CHUNK_LEN_MIN: usize = 4096;
/// Reading never takes more at once, so that no write is longer than every storage takes.
const CHUNK_LEN_MAX: usize = 32 << 20;
/// What is shorter is gathered to this length, in bytes, before it is written.
const WRITE_LEN: usize = 256 << 10;

/// Writes the entries of `pieces`, one after the other.
///
/// Inputs may be written to meanwhile, and disks may return other bytes the second time: an entry is written only if what
/// is at its place verifies now and is the one that was planned.
pub(super) async fn copy<R: AofRead, B: AofBackend>(
    index: &Index,
    pieces: &[Piece],
    inputs: &mut [R],
    output: &mut B,
    chunk_len: usize,
) -> Result<()> {
    let chunk_len = chunk_len.min(CHUNK_LEN_MAX);
    let mut batch = Batch::default();
    let mut gathered = Vec::new();
    let mut chunk = CHUNK_LEN_MIN;
    let mut pace = Pace::default();
    for piece in pieces {
        let mut next = Some(piece.first);
        while let Some(first) = next {
            let place = index.place(first);
            let Some(input) = inputs.get_mut(place.input) else { return Err(changed(place)) };
            // Where the next entry may be elsewhere, nothing waits for the rest of one.
            let last = if chunk == CHUNK_LEN_MIN { Last::IfItIsThere } else { Last::Whole };
            pace.rest().await;
            batch.fill(input, place.offset, chunk, last).await?;
            let verified = batch.verify(false);
            let mut taken = 0;
            for (offset, entry) in batch.entries(verified) {
                let Some(record) = next else { break };
                if index.place(record) != (Place { input: place.input, offset }) {
                    break;
                }
                let parent = index.checksum(index.parent(record));
                if entry.checksum() != index.checksum(record) || entry.header().parent != parent {
                    return Err(changed(index.place(record)));
                }
                taken += 1;
                next = piece.next(index, record);
            }
            if taken == 0 {
                return Err(changed(place));
            }
            chunk = if taken == batch.len() { (chunk * 2).min(chunk_len) } else { CHUNK_LEN_MIN };
            pace.work(batch.bytes(taken).len() as u64);
            write(output, &mut gathered, batch.bytes(taken)).await?;
        }
    }
    flush(output, &mut gathered).await
}

/// Writes `bytes`, at once if they are many.
async fn write<B: AofBackend>(output: &mut B, gathered: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    if gathered.len() + bytes.len() < WRITE_LEN {
        gathered.extend_from_slice(bytes);
        return Ok(());
    }
    output.write(&[IoSlice::new(gathered), IoSlice::new(bytes)]).await?;
    gathered.clear();
    Ok(())
}

async fn flush<B: AofBackend>(output: &mut B, gathered: &mut Vec<u8>) -> Result<()> {
    if !gathered.is_empty() {
        output.write(&[IoSlice::new(gathered)]).await?;
        gathered.clear();
    }
    Ok(())
}

fn changed(place: Place) -> Error {
    let number = place.input + 1;
    let text = format!("input {number} has changed since it was first read: nothing of it is trusted, merge again");
    Error::io(IoCall::Read, place.offset, io::Error::other(text))
}
