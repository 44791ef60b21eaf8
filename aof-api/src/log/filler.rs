//! What is written after a tail that is kept, so that nothing that follows makes a torn entry whole.

use crate::format::damage::Damage;
use crate::format::entry::{AofEntry, decode_header};
use crate::format::layout::{ENTRY_SIZE_MAX, ENTRY_SIZE_MIN, MAGIC, size_disk};
use crate::read::scan::DamagedRange;
use crate::storage::backend::{AofBackend, AofReadExt};
use crate::storage::error::{CorruptReason, Error, Result};
use memchr::memmem;
use std::io::IoSlice;

/// Bytes that complete every torn entry of a kept tail, and complete it wrongly.
///
/// An entry that lacks its last byte becomes whole when the next one begins with just this byte, and swallows it: the
/// bytes of the one would be counted as the other's. So each torn entry is filled up to where it says that it ends, with
/// bytes of which it was checked that its checksum refuses them. From then on nothing is in doubt: for every reader,
/// what follows is outside of every torn entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filler {
    /// The length of the log with the tail.
    offset: u64,
    byte: u8,
    len: usize,
}

/// The beginning of an entry, as far as the tail goes.
struct Torn {
    /// Where it begins in what was read.
    at: usize,
    /// How many bytes decide whether it is whole, or whether its header is.
    need: usize,
}

impl Filler {
    /// For a tail from `tail` to the `end` of the log; `None` where nothing in it can become whole.
    ///
    /// # Errors
    ///
    /// As reading, and [`CorruptReason::TailForged`] where no filler will do.
    pub(crate) async fn find<B: AofBackend>(backend: &mut B, tail: &DamagedRange, end: u64) -> Result<Option<Filler>> {
        // What begins further up ends before the end.
        let start = tail.offset.max(end.saturating_sub(ENTRY_SIZE_MAX as u64));
        // At most the size of an entry.
        let mut bytes = vec![0; (end - start) as usize];
        let count = backend.read_all_at(start, &mut bytes).await?;
        bytes.truncate(count);
        if torn_entries(&bytes).is_empty() {
            return Ok(None);
        }
        let (byte, len) = choose(&mut bytes)
            .ok_or(Error::Corrupt { offset: tail.offset, reason: CorruptReason::TailForged(tail.damage) })?;
        Ok(Some(Filler { offset: end, byte, len }))
    }

    /// Writes it, where it is not written yet, and makes it durable before anything follows it: a crash must not
    /// keep what follows and lose this.
    pub(crate) async fn write<B: AofBackend>(&self, backend: &mut B) -> Result<()> {
        if backend.len() == self.offset {
            backend.write(&[IoSlice::new(&vec![self.byte; self.len])]).await?;
        }
        match backend.checkpoint(&[]).await {
            // A log that was moved away is durable all the same, and the next checkpoint says so again.
            Ok(_) | Err(Error::Moved { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Everything in a tail that may be the beginning of an entry: what follows could make it whole.
fn torn_entries(tail: &[u8]) -> Vec<Torn> {
    let mut torn: Vec<_> = memmem::find_iter(tail, &MAGIC)
        .filter_map(|at| {
            let bytes = &tail[at..];
            let need = match decode_header(bytes) {
                // The header is valid, so its size is at most the largest.
                Ok(header) => size_disk(header.size.get()) as usize,
                Err(Damage::Torn { .. }) => ENTRY_SIZE_MIN,
                Err(_) => return None,
            };
            (need > bytes.len()).then_some(Torn { at, need })
        })
        .collect();
    // The beginning of a magic needs no more than one wrong byte.
    let begun = (1..MAGIC.len()).filter(|have| tail.ends_with(&MAGIC[..*have]));
    torn.extend(begun.map(|have| Torn { at: tail.len() - have, need: have + 1 }));
    torn
}

/// A byte, and how many of it, that make none of the torn entries whole. The tail is left filled with the last try.
fn choose(tail: &mut Vec<u8>) -> Option<(u8, usize)> {
    let torn = torn_entries(tail);
    let have = tail.len();
    let filled = torn.iter().map(|torn| torn.at + torn.need).max()?;
    // Not zero, which is what is there when bytes do not arrive; and no magic must begin in the filler.
    let mut bytes = (1..=u8::MAX).rev().filter(|byte| *byte != MAGIC[0]);
    let byte = bytes.find(|byte| {
        tail.truncate(have);
        tail.resize(filled, *byte);
        torn.iter().all(|Torn { at, need }| is_refused(&tail[*at..at + need]))
    })?;
    Some((byte, filled - have))
}

/// Whether these bytes can never be an entry, nor the beginning of one.
fn is_refused(bytes: &[u8]) -> bool {
    !matches!(AofEntry::decode(bytes), Ok(_) | Err(Damage::Torn { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::header::Header;
    use crate::format::operation::Operation;
    use crate::format::prepare::Prepare;

    fn entry(body: &[u8]) -> Vec<u8> {
        Prepare::seal(Header::new(Operation(200)), body).unwrap().as_entry_bytes().to_vec()
    }

    /// The entry, torn so that it lacks `missing` bytes, and filled.
    fn filled(entry: &[u8], missing: usize) -> (Vec<u8>, usize) {
        let torn = &entry[..entry.len() - missing];
        let mut bytes = torn.to_vec();
        let (byte, len) = choose(&mut bytes).unwrap();
        assert_eq!(bytes, [torn, &vec![byte; len]].concat());
        (bytes, len)
    }

    #[test]
    fn an_entry_torn_anywhere_is_filled_up_to_where_it_would_be_decided() {
        let entry = entry(&[7; 100]);
        for have in 1..entry.len() {
            let (bytes, len) = filled(&entry, entry.len() - have);
            let due = match have {
                ..16 => 1,
                16..272 => 272 - have,
                _ => entry.len() - have,
            };
            assert_eq!(len, due, "{have} bytes are there");
            assert!(is_refused(&bytes), "{have} bytes are there");
        }
    }

    #[test]
    fn a_filler_that_would_make_the_entry_whole_is_not_taken() {
        for missing in [1, 2, 50] {
            let (bytes, _) = filled(&entry(&[0xff; 50]), missing);
            assert_eq!(bytes.last(), Some(&0xfe), "{missing} bytes are missing");
        }
        // The last bytes of a header without a body are zeros.
        let (bytes, len) = filled(&entry(b""), 3);
        assert_eq!((bytes.last(), len), (Some(&0xff), 3));
    }

    #[test]
    fn entries_in_the_body_of_a_torn_one_are_filled_too() {
        let inner = entry(&[1; 500]);
        let outer = entry(&[&inner[..], &[2; 10]].concat());
        // The inner one ends further up than the outer one, then further down.
        assert_eq!(filled(&outer, 20).1, 20);
        let longer = entry(&[&inner[..300], &[2; 10]].concat());
        assert_eq!(filled(&longer, 12).1, inner.len() - 298);
    }

    #[test]
    fn what_cannot_become_whole_needs_no_filler() {
        let entry = entry(&[7; 100]);
        let mut damaged = entry.clone();
        damaged[300] ^= 1;
        for tail in [&[0; 100][..], b"no entry at all", &damaged, &entry[1..], &MAGIC[1..]] {
            assert!(torn_entries(tail).is_empty(), "{tail:?}");
        }
    }

    #[test]
    fn where_each_filler_was_made_to_fit_none_is_chosen() {
        // As many entries as there are bytes, one in the other, each of which lacks just that byte.
        let mut tail: Vec<u8> = Vec::new();
        for byte in (1..=u8::MAX).filter(|byte| *byte != MAGIC[0]) {
            let whole = entry(&[&tail[..], &[byte]].concat());
            tail = whole[..whole.len() - 1].to_vec();
        }
        assert_eq!(choose(&mut tail), None);
    }
}
