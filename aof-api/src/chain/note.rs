//! What a log says of itself in the note of a checkpoint.

use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;

/// What begins every note, and which layout it has.
const MARK: [u8; 8] = *b"aofnote1";

/// The length of a note in bytes: the mark, six integers of 8 bytes, four of 16.
const ENCODED_LEN: usize = 8 + 6 * 8 + 4 * 16;

/// What is known of a log that ends in a whole entry, at a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogNote {
    /// Where the log ends.
    pub(crate) end: u64,
    /// Where its last entry begins.
    pub(crate) tip_offset: u64,
    /// Its last entry.
    pub(crate) tip: Tip,
    pub(crate) op_max: u64,
    pub(crate) timestamp: u64,
    pub(crate) cluster: u128,
    /// The parent of the first entry that the log ever had.
    pub(crate) root: Checksum,
    /// Whether each entry names the one before it, with the next op, and no damage was kept.
    pub(crate) is_linear: bool,
}

impl LogNote {
    /// The note as bytes, all integers little-endian: mark, end, tip offset, tip op, tip checksum, highest op, last
    /// timestamp, cluster, root, 1 where the history is linear and 0 elsewhere (8 bytes), and a checksum over all of it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ENCODED_LEN);
        bytes.extend(MARK);
        bytes.extend(self.end.to_le_bytes());
        bytes.extend(self.tip_offset.to_le_bytes());
        bytes.extend(self.tip.op.to_le_bytes());
        bytes.extend(self.tip.checksum.to_le_bytes());
        bytes.extend(self.op_max.to_le_bytes());
        bytes.extend(self.timestamp.to_le_bytes());
        bytes.extend(self.cluster.to_le_bytes());
        bytes.extend(self.root.to_le_bytes());
        bytes.extend(u64::from(self.is_linear).to_le_bytes());
        let checksum = Checksum::of(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    /// The note in these bytes; `None` where they are not a whole one.
    pub(crate) fn decode(bytes: &[u8]) -> Option<LogNote> {
        let (fields, checksum) = bytes.split_last_chunk::<16>()?;
        if bytes.len() != ENCODED_LEN || Checksum::of(fields) != Checksum::from_le_bytes(*checksum) {
            return None;
        }
        let mut fields = Fields(fields);
        (fields.take()? == MARK).then_some(())?;
        let note = LogNote {
            end: u64::from_le_bytes(fields.take()?),
            tip_offset: u64::from_le_bytes(fields.take()?),
            tip: Tip { op: u64::from_le_bytes(fields.take()?), checksum: Checksum::from_le_bytes(fields.take()?) },
            op_max: u64::from_le_bytes(fields.take()?),
            timestamp: u64::from_le_bytes(fields.take()?),
            cluster: u128::from_le_bytes(fields.take()?),
            root: Checksum::from_le_bytes(fields.take()?),
            is_linear: u64::from_le_bytes(fields.take()?) == 1,
        };
        (note.tip_offset < note.end).then_some(note)
    }
}

/// Takes fields off the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::backend::NOTE_LEN_MAX;

    fn note() -> LogNote {
        LogNote {
            end: 5000,
            tip_offset: 4000,
            tip: Tip { op: 17, checksum: Checksum::of(b"tip") },
            op_max: 18,
            timestamp: 19,
            cluster: 20,
            root: Checksum::of(b"root"),
            is_linear: true,
        }
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for is_linear in [true, false] {
            let note = LogNote { is_linear, ..note() };
            let bytes = note.encode();
            assert_eq!((bytes.len(), LogNote::decode(&bytes)), (ENCODED_LEN, Some(note)));
            assert!(bytes.len() <= NOTE_LEN_MAX);
        }
    }

    #[test]
    fn a_note_with_any_bit_flipped_or_any_length_but_its_own_is_none() {
        let bytes = note().encode();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(LogNote::decode(&damaged), None, "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert_eq!(LogNote::decode(&bytes[..len]), None, "{len} bytes");
        }
        assert_eq!(LogNote::decode(&[&bytes[..], &[0]].concat()), None);
    }
}
