//! Whether one flipped bit explains what is wrong with an entry: a checksum says which, where few bits are covered.

use aof_api::format::{Checksum, ENTRY_SIZE_MIN, MAGIC};

/// Bodies up to this length, in bytes, are searched: each bit costs a checksum of the whole body.
const BODY_LEN_MAX: usize = 8 << 10;

/// Where the checksums are in an entry, in bytes from its start.
const CHECKSUM: usize = MAGIC.len();
const COVERED: usize = CHECKSUM + 16;
const CHECKSUM_BODY: usize = CHECKSUM + 32;

/// A bit that is not as it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Flip {
    /// The byte, counted from the start of the entry.
    pub(super) at: usize,
    /// The bit, counted from 0, the lowest.
    pub(super) bit: u8,
    /// The byte as it was written.
    pub(super) written: u8,
}

/// The bit whose flip makes the entry whole; `body` is where that is, if all of it is there.
pub(super) fn flipped(bytes: &[u8], body: Option<&[u8]>) -> Option<Flip> {
    let header: [u8; ENTRY_SIZE_MIN] = bytes.get(..ENTRY_SIZE_MIN)?.try_into().ok()?;
    let magic_is_whole = header[..CHECKSUM] == MAGIC;
    let calculated = Checksum::of(&header[COVERED..]).to_le_bytes();
    let header_is_whole = header[CHECKSUM..COVERED] == calculated;
    let body_is_whole = |header: &[u8]| {
        body.is_some_and(|body| Checksum::of(body).to_le_bytes() == header[CHECKSUM_BODY..CHECKSUM_BODY + 16])
    };
    match (magic_is_whole, header_is_whole) {
        (false, true) if body_is_whole(&header) => between(0, &header[..CHECKSUM], &MAGIC),
        (true, false) => between(CHECKSUM, &header[CHECKSUM..COVERED], &calculated).or_else(|| {
            let mut header = header;
            let stored: [u8; 16] = header[CHECKSUM..COVERED].try_into().ok()?;
            search(COVERED, &mut header[COVERED..], stored)
        }),
        (true, true) if !body_is_whole(&header) => {
            let mut body = body.filter(|body| body.len() <= BODY_LEN_MAX)?.to_vec();
            search(ENTRY_SIZE_MIN, &mut body, header[CHECKSUM_BODY..CHECKSUM_BODY + 16].try_into().ok()?)
        }
        _ => None,
    }
}

/// The one bit in which two are different, if it is one.
fn between(start: usize, found: &[u8], written: &[u8]) -> Option<Flip> {
    let differing: u32 = found.iter().zip(written).map(|(found, written)| (found ^ written).count_ones()).sum();
    let at = found.iter().zip(written).position(|(found, written)| found != written)?;
    let bit = (found[at] ^ written[at]).trailing_zeros() as u8;
    (differing == 1).then_some(Flip { at: start + at, bit, written: written[at] })
}

/// Flips each bit in turn, until the checksum is the stored one.
fn search(start: usize, covered: &mut [u8], stored: [u8; 16]) -> Option<Flip> {
    for at in 0..covered.len() {
        for bit in 0..8 {
            covered[at] ^= 1 << bit;
            if Checksum::of(covered).to_le_bytes() == stored {
                return Some(Flip { at: start + at, bit, written: covered[at] });
            }
            covered[at] ^= 1 << bit;
        }
    }
    None
}
