//! The bytes of the two small files beside the segments: each holds a checksum of itself.

use aof_api::format::Checksum;
use aof_api::storage::NOTE_LEN_MAX;

const START_MAGIC: &[u8; 8] = b"aofstart";
const NOTE_MAGIC: &[u8; 8] = b"aof-note";
/// Magic, base, checksum.
pub(crate) const START_LEN: usize = 8 + 8 + CHECKSUM_LEN;
const CHECKSUM_LEN: usize = 16;
/// Magic, covered, length, note, checksum.
const NOTE_FIXED_LEN: usize = 8 + 8 + 2 + CHECKSUM_LEN;
/// The longest record of either kind, in bytes.
pub(crate) const RECORD_LEN_MAX: usize = NOTE_FIXED_LEN + NOTE_LEN_MAX;

/// The contents of `start`: magic, the base as 8 little-endian bytes, and the checksum of both.
pub(crate) fn start_record(base: u64) -> Vec<u8> {
    sealed([START_MAGIC, &base.to_le_bytes()[..]].concat())
}

/// The base in a record that is whole.
pub(crate) fn start_of(record: &[u8]) -> Option<u64> {
    let body = opened(record, START_MAGIC)?;
    Some(u64::from_le_bytes(body.try_into().ok()?))
}

/// The contents of `note`: magic, the covered bytes, the length of the note as 2 bytes, the note, and the checksum of all.
pub(crate) fn note_record(covered: u64, note: &[u8]) -> Vec<u8> {
    // At most `NOTE_LEN_MAX`, so that it fits.
    let len = note.len() as u16;
    sealed([NOTE_MAGIC, &covered.to_le_bytes()[..], &len.to_le_bytes(), note].concat())
}

/// What a record that is whole says.
pub(crate) fn note_of(record: &[u8]) -> Option<(u64, Vec<u8>)> {
    let body = opened(record, NOTE_MAGIC)?;
    let (covered, body) = body.split_at_checked(8)?;
    let (len, note) = body.split_at_checked(2)?;
    let len = usize::from(u16::from_le_bytes(len.try_into().ok()?));
    let is_note = len == note.len() && (1..=NOTE_LEN_MAX).contains(&len);
    is_note.then_some((u64::from_le_bytes(covered.try_into().ok()?), note.to_vec()))
}

fn sealed(mut record: Vec<u8>) -> Vec<u8> {
    let checksum = Checksum::of(&record);
    record.extend_from_slice(&checksum.to_le_bytes());
    record
}

fn opened<'record>(record: &'record [u8], magic: &[u8; 8]) -> Option<&'record [u8]> {
    let (body, checksum) = record.split_last_chunk::<CHECKSUM_LEN>()?;
    (Checksum::of(body).to_le_bytes() == *checksum).then_some(())?;
    body.strip_prefix(magic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_whole_says_what_was_put_in() {
        assert_eq!(start_of(&start_record(u64::MAX - 1)), Some(u64::MAX - 1));
        assert_eq!(start_record(7).len(), START_LEN);
        let longest = vec![7; NOTE_LEN_MAX];
        assert_eq!(note_record(1 << 40, &longest).len(), RECORD_LEN_MAX);
        assert_eq!(note_of(&note_record(1 << 40, &longest)), Some((1 << 40, longest)));
    }

    #[test]
    fn a_record_with_any_byte_changed_or_missing_says_nothing() {
        let (start, note) = (start_record(4711), note_record(4711, b"tip"));
        for at in 0..start.len() {
            let mut changed = start.clone();
            changed[at] ^= 1;
            assert_eq!((start_of(&changed), start_of(&start[..at])), (None, None), "byte {at}");
        }
        for at in 0..note.len() {
            let mut changed = note.clone();
            changed[at] ^= 0x80;
            assert_eq!((note_of(&changed), note_of(&note[..at])), (None, None), "byte {at}");
        }
        assert_eq!((start_of(&note), note_of(&start)), (None, None));
    }
}
