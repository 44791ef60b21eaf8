//! The damage between the entries: what is wrong at a place, and where the next entry begins.

use crate::format::damage::Damage;
use crate::format::entry::{AofEntry, decode_header};
use crate::format::layout::{ENTRY_SIZE_MAX, ENTRY_SIZE_MIN, MAGIC, size_disk};
use crate::read::options::CHUNK_LEN_MIN;
use crate::read::pace::Pace;
use crate::read::window::Window;
use crate::storage::backend::AofRead;
use crate::storage::error::Result;
use memchr::memmem;

/// Something that is not a whole entry, and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DamageAt {
    pub(crate) offset: u64,
    pub(crate) damage: Damage,
    /// The op, where the header is whole and only the body is not.
    pub(crate) op: Option<u64>,
    /// Where the entry ends, or would end, where its header is whole.
    pub(crate) end: Option<u64>,
}

/// A stretch of a log that holds no whole entry, from [`Entries::resync`](crate::Entries::resync).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DamagedRange {
    /// Where it begins.
    pub offset: u64,
    /// How long it is in bytes, up to the next entry with a valid header, or to the end of the log.
    pub len: u64,
    /// What is wrong at its beginning.
    pub damage: Damage,
    /// The op of the entry that was here, where its header is whole.
    pub op: Option<u64>,
    /// Whether all of it reads as zeros, as a file does that grew without its bytes.
    pub zeros: bool,
    /// Whether the log ends with it.
    pub at_end: bool,
    /// Whether the log ends with it as a crash leaves an end, or a writer that is not done: with an entry that begins well
    /// and ends early, or in zeros that reach further than it would; or with nothing but zeros. Nothing says that such bytes
    /// were acknowledged, and recovery cuts them ([`Tail`](crate::Tail)); where somebody is writing
    /// the log, they are just not all there yet.
    pub torn_end: bool,
}

/// What is at a place.
pub(super) enum Look {
    /// A whole entry of so many bytes.
    Whole(usize),
    End,
    Damage(DamageAt),
}

/// Looks at the one place where no whole entry was found, with nothing but the rules of the format.
pub(super) async fn look_at<R: AofRead>(window: &mut Window, reader: &mut R, offset: u64) -> Result<Look> {
    let (bytes, error) = window.view(reader, offset, ENTRY_SIZE_MIN).await?;
    if bytes.is_empty() {
        return error.map_or(Ok(Look::End), Err);
    }
    let (size, op) = match (decode_header(bytes), error) {
        (Ok(header), _) => (header.size.get(), header.op.get()),
        // It may only seem torn.
        (Err(Damage::Torn { .. }), Some(error)) => return Err(error),
        (Err(damage), _) => return Ok(Look::Damage(DamageAt { offset, damage, op: None, end: None })),
    };
    // The header is valid, so its size is at most the largest.
    let (bytes, error) = window.view(reader, offset, size_disk(size) as usize).await?;
    match (AofEntry::decode(bytes), error) {
        (Ok(_), _) => Ok(Look::Whole(size_disk(size) as usize)),
        (Err(Damage::Torn { .. }), Some(error)) => Err(error),
        (Err(damage), _) => {
            let end = Some(offset.saturating_add(size_disk(size)));
            Ok(Look::Damage(DamageAt { offset, damage, op: Some(op), end }))
        }
    }
}

/// Whether a whole entry is at a place now, whatever was seen there before. What cannot be read is not.
pub(super) async fn is_whole<R: AofRead>(reader: &mut R, offset: u64) -> bool {
    matches!(look_at(&mut Window::default(), reader, offset).await, Ok(Look::Whole(_)))
}

/// Where a search ended.
pub(crate) struct Found {
    pub(crate) offset: u64,
    /// From here up to `offset`, everything is zero.
    pub(super) zeros_from: u64,
    pub(crate) at_end: bool,
}

/// Searches after `damaged` for the next magic with a valid header.
///
/// Each byte is looked at once for the magic, in windows that overlap by what a magic or a header may lack; a header is
/// verified before a body is hashed. What was read to examine the damage is not read again, nor is what is read
/// here for the check that follows, so a log full of headers whose bodies are not there is still read about once.
pub(crate) async fn find_entry<R: AofRead>(
    window: &mut Window,
    reader: &mut R,
    damaged: u64,
    chunk_len: usize,
    pace: &mut Pace,
) -> Result<Found> {
    let finder = memmem::Finder::new(&MAGIC);
    let mut zeros_from = damaged;
    // The first window begins at the damage itself, to see whether it is zero; the search begins one byte on.
    let mut offset = damaged;
    let mut from = 1;
    let mut window_len = CHUNK_LEN_MIN;
    let window_len_max = chunk_len.min(ENTRY_SIZE_MAX);
    loop {
        pace.rest().await;
        let (bytes, error) = window.view(reader, offset, window_len).await?;
        pace.work(bytes.len() as u64);
        let at_end = bytes.len() < window_len && error.is_none();
        // Where the next window is to begin: a magic may begin in the last 15 bytes of this one.
        let mut next = bytes.len().saturating_sub(MAGIC.len() - 1);
        while let Some(found) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
            let at = from + found;
            let candidate = &bytes[at..];
            if candidate.len() >= ENTRY_SIZE_MIN {
                if decode_header(candidate).is_ok() {
                    zeros_from = written(&bytes[..at]).map_or(zeros_from, |len| offset + len);
                    return Ok(Found { offset: offset + at as u64, zeros_from, at_end: false });
                }
            } else if !at_end {
                // The header continues after this window, which has more than one header's length before it.
                next = at;
                break;
            }
            from = at + 1;
        }
        if at_end {
            zeros_from = written(bytes).map_or(zeros_from, |len| offset + len);
            return Ok(Found { offset: offset + bytes.len() as u64, zeros_from, at_end: true });
        }
        if let Some(error) = error {
            return Err(error);
        }
        zeros_from = written(&bytes[..next]).map_or(zeros_from, |len| offset + len);
        // Where so much is zero, the rest may be a hole that need not be read. No magic begins in one.
        offset += next as u64;
        if offset - zeros_from >= HOLE_LEN_MIN {
            offset = offset.max(reader.next_data(offset).await?);
        }
        from = 0;
        window_len = (window_len * 2).min(window_len_max);
    }
}

/// How many zeros in a row, in bytes, before the storage is asked whether more follow: a question costs a system call.
const HOLE_LEN_MIN: u64 = 64 << 10;

const _: () = assert!(MAGIC[0] != 0, "a magic may begin in zeros");

/// What zeros are compared with: comparing slices is much faster than looking at each byte.
const ZEROS: [u8; 4096] = [0; 4096];

/// How long `bytes` are without the zeros at their end, where they are anything else.
fn written(bytes: &[u8]) -> Option<u64> {
    let mut len = bytes.len();
    for chunk in bytes.rchunks(ZEROS.len()) {
        len -= chunk.len();
        if chunk != &ZEROS[..chunk.len()] {
            return chunk.iter().rposition(|byte| *byte != 0).map(|last| (len + last) as u64 + 1);
        }
    }
    None
}
