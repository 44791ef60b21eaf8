//! The end of a log as a crash leaves it: an entry that was begun and never finished.

use crate::format::damage::Damage;
use crate::format::entry::decode_header;
use crate::format::header::Header;
use crate::format::layout::{ENTRY_SIZE_MIN, MAGIC, size_disk};
use std::mem;

/// Where the operation of an entry is in it: it is zero in no entry, and all after it in the header is.
const OPERATION_AT: usize = MAGIC.len() + mem::offset_of!(Header, operation);
/// In space allocated ahead, how far an entry may go whose size is not known, in bytes: further than a small one.
const UNKNOWN_SIZE: u64 = 4096;

/// Whether damage from `offset` to the end of the log, at `end`, is the beginning of one entry and then zeros, further
/// than the entry would go: what a write leaves that was torn in space allocated ahead of the log. `head` is what is
/// at its beginning; from `zeros_from` on, all is zeros.
///
/// What cannot be distinguished is an entry that was torn in its body and one that was damaged there whose body ends in a
/// zero: both lack nothing but what was not zero.
pub(crate) fn is_torn_in_zeros(head: &[u8], offset: u64, zeros_from: u64, end: u64) -> bool {
    if head.len() < ENTRY_SIZE_MIN || end - offset <= ENTRY_SIZE_MIN as u64 {
        return false;
    }
    // Zeros at the end of what was written cannot be distinguished from those that were there before.
    let (zeros_wanted_from, entry_end) = match decode_header(head) {
        Ok(header) => {
            let entry_end = offset + size_disk(header.size.get());
            // The last byte of the entry too: one that was written whole and then damaged is not torn.
            (entry_end - 1, entry_end)
        }
        Err(_) => {
            let written = head.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            // A header that is all there is not torn: it was damaged, and its entry may have been acknowledged.
            if written > OPERATION_AT || !matches!(decode_header(&head[..written]), Err(Damage::Torn { .. })) {
                return false;
            }
            (offset + ENTRY_SIZE_MIN as u64, offset + UNKNOWN_SIZE)
        }
    };
    zeros_from <= zeros_wanted_from && entry_end < end
}
