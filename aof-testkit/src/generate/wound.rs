//! Damage, by name.

use super::log::Log;
use crate::random::Random;
use aof_api::format::{ENTRY_SIZE_MIN, Header, MAGIC};
use std::ops::Range;
use zerocopy::FromBytes;

/// One kind of damage to a log. Entries are numbered in the order of the log, from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Wound {
    /// The log ends after so many bytes: a torn tail.
    Cut {
        /// How many bytes are left.
        len: usize,
    },
    /// Zeros past the end: the file grew, and its bytes were not written.
    ZeroTail {
        /// How many.
        len: usize,
    },
    /// The log ends after so many bytes, in space that was allocated ahead of it: a torn tail, and then zeros.
    CutInZeros {
        /// How many bytes are left.
        len: usize,
        /// How many zeros follow.
        zeros: usize,
    },
    /// Random bytes past the end.
    GarbageTail {
        /// How many.
        len: usize,
        /// From which seed.
        seed: u64,
    },
    /// One bit, anywhere.
    Bit {
        /// Its number from the beginning of the log, the least significant of each byte first.
        bit: usize,
    },
    /// One bit of a magic.
    Magic {
        /// Of which entry.
        entry: usize,
        /// Which bit of the 128.
        bit: usize,
    },
    /// One bit of a header.
    Header {
        /// Of which entry.
        entry: usize,
        /// Which bit of the 2048; the size begins at bit 768.
        bit: usize,
    },
    /// One bit of a body.
    Body {
        /// Of which entry; its body is not empty.
        entry: usize,
        /// Which bit.
        bit: usize,
    },
    /// A header with another size, and a checksum that fits it: damage that no accident causes.
    Size {
        /// Of which entry.
        entry: usize,
        /// The size.
        size: u32,
    },
    /// Zeros in place of bytes: sectors that were never written.
    Hole {
        /// Where.
        range: Range<usize>,
    },
    /// The bytes of an older entry in the place of another one, as far as both go: a misdirected write.
    Misdirected {
        /// The entry whose bytes are there.
        from: usize,
        /// The entry whose bytes should be there.
        to: usize,
    },
    /// The end of an entry is missing, and what comes after it follows at once: what TigerBeetle leaves when it reopens
    /// after a torn entry.
    TornInside {
        /// Which entry.
        entry: usize,
        /// How many bytes of it are left.
        keep: usize,
    },
    /// An entry is left out, and the next one follows the one before it.
    Removed {
        /// Which entry.
        entry: usize,
    },
}

/// A log with a wound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wounded {
    /// The damaged log.
    pub bytes: Vec<u8>,
    /// The entries that are lost, or at least touched. All others are whole, though perhaps in another place.
    pub lost: Range<usize>,
}

impl Wound {
    /// Some wound that this log can have.
    ///
    /// # Panics
    ///
    /// When the log is empty.
    #[must_use]
    pub fn draw(random: &mut Random, log: &Log) -> Wound {
        let entry = random.index(log.prepares().len());
        let len = log.bytes().len();
        let range = log.range(entry);
        match random.below(13) {
            0 => Wound::Cut { len: random.index(len) },
            1 => Wound::ZeroTail { len: random.between(1, 5000) },
            2 => Wound::GarbageTail { len: random.between(1, 500), seed: random.next_u64() },
            3 => Wound::Magic { entry, bit: random.index(128) },
            4 => Wound::Header { entry, bit: random.index(2048) },
            5 if range.len() > ENTRY_SIZE_MIN => {
                Wound::Body { entry, bit: random.index((range.len() - ENTRY_SIZE_MIN) * 8) }
            }
            6 => Wound::Size { entry, size: [0, 255, (1 << 20) + 1, u32::MAX][random.index(4)] },
            7 => {
                let from = random.index(len) / 512 * 512;
                Wound::Hole { range: from..(from + 512).min(len) }
            }
            8 if entry > 0 => Wound::Misdirected { from: random.index(entry), to: entry },
            9 => Wound::TornInside { entry, keep: random.index(range.len()) },
            10 => Wound::Removed { entry },
            11 => {
                let left = random.index(len);
                // What was allocated goes further than what was to be written.
                Wound::CutInZeros { len: left, zeros: len - left + random.between(1, 10_000) }
            }
            _ => Wound::Bit { bit: random.index(len * 8) },
        }
    }

    pub(super) fn inflict(&self, log: &Log) -> Wounded {
        let mut bytes = log.bytes().to_vec();
        let count = log.prepares().len();
        let lost = match self {
            Wound::Cut { len } => {
                bytes.truncate(*len);
                log.whole_in(*len as u64)..count
            }
            Wound::ZeroTail { len } => {
                bytes.resize(bytes.len() + len, 0);
                count..count
            }
            Wound::CutInZeros { len, zeros } => {
                bytes.truncate(*len);
                bytes.resize(len + zeros, 0);
                // An entry that lacks nothing but zeros is whole.
                let is_whole = |entry: &usize| bytes.get(log.range(*entry)) == Some(&log.bytes()[log.range(*entry)]);
                (0..count).take_while(is_whole).count()..count
            }
            Wound::GarbageTail { len, seed } => {
                bytes.extend(Random::new(*seed).bytes(*len));
                count..count
            }
            Wound::Bit { bit } => {
                flip(&mut bytes, *bit);
                touched(log, bit / 8..bit / 8 + 1)
            }
            Wound::Magic { entry, bit } => {
                flip(&mut bytes[log.range(*entry)][..MAGIC.len()], *bit);
                *entry..entry + 1
            }
            Wound::Header { entry, bit } => {
                flip(&mut bytes[log.range(*entry)][MAGIC.len()..ENTRY_SIZE_MIN], *bit);
                *entry..entry + 1
            }
            Wound::Body { entry, bit } => {
                flip(&mut bytes[log.range(*entry)][ENTRY_SIZE_MIN..], *bit);
                *entry..entry + 1
            }
            Wound::Size { entry, size } => {
                let place = &mut bytes[log.range(*entry)][MAGIC.len()..ENTRY_SIZE_MIN];
                let header = Header::mut_from_bytes(place).expect("a header is 256 bytes of any alignment");
                header.size = (*size).into();
                header.checksum = header.calculate_checksum();
                *entry..entry + 1
            }
            Wound::Hole { range } => {
                bytes[range.clone()].fill(0);
                touched(log, range.clone())
            }
            Wound::Misdirected { from, to } => {
                let source = &log.bytes()[log.range(*from)];
                let place = &mut bytes[log.range(*to)];
                let len = source.len().min(place.len());
                place[..len].copy_from_slice(&source[..len]);
                *to..to + 1
            }
            Wound::TornInside { entry, keep } => {
                let range = log.range(*entry);
                bytes.drain(range.start + keep..range.end);
                *entry..entry + 1
            }
            Wound::Removed { entry } => {
                bytes.drain(log.range(*entry));
                *entry..entry + 1
            }
        };
        Wounded { bytes, lost }
    }
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// The entries that have a byte in this range.
fn touched(log: &Log, range: Range<usize>) -> Range<usize> {
    let entries = 0..log.prepares().len();
    let first = entries.clone().find(|entry| log.range(*entry).end > range.start).unwrap_or(entries.end);
    let end = entries.clone().find(|entry| log.range(*entry).start >= range.end).unwrap_or(entries.end);
    first..end.max(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Bodies, Generator};
    use aof_api::format::{AofEntry, Prepare};

    #[test]
    fn what_a_wound_does_not_list_as_lost_is_still_there() {
        let log = Generator::new(8).entries(12).bodies(Bodies::Uniform { low: 0, high: 200 }).linear();
        let mut random = Random::new(8);
        for _ in 0..2000 {
            let wound = Wound::draw(&mut random, &log);
            let wounded = log.wounded(&wound);
            assert_ne!(wounded.bytes, log.bytes(), "{wound:?}");
            for (entry, prepare) in log.prepares().iter().enumerate().filter(|(entry, _)| !wounded.lost.contains(entry))
            {
                let bytes = prepare.as_entry_bytes();
                let there = wounded.bytes.windows(bytes.len()).any(|window| window == bytes);
                assert!(there, "{wound:?}: entry {entry}");
            }
        }
    }

    #[test]
    fn a_log_cut_in_zeros_lacks_what_was_after_the_cut_and_is_longer_than_it_was() {
        let log = Generator::new(8).entries(3).bodies(Bodies::Fixed(100)).linear();
        let (len, zeros) = (log.range(1).start + 300, 5000);
        let wounded = log.wounded(&Wound::CutInZeros { len, zeros });
        assert_eq!(wounded.lost, 1..3);
        assert_eq!(wounded.bytes, [&log.bytes()[..len], &[0; 5000]].concat());
        // An entry without a body ends in zeros.
        let log = Generator::new(8).entries(1).bodies(Bodies::Fixed(0)).linear();
        assert_eq!(log.wounded(&Wound::CutInZeros { len: 271, zeros: 9 }).lost, 1..1);
    }

    #[test]
    fn a_lost_entry_does_not_decode_in_its_place() {
        let log = Generator::new(9).entries(3).bodies(Bodies::Fixed(64)).linear();
        for wound in [
            Wound::Magic { entry: 1, bit: 5 },
            Wound::Header { entry: 1, bit: 770 },
            Wound::Body { entry: 1, bit: 0 },
            Wound::Size { entry: 1, size: 0 },
            Wound::Hole { range: 340..341 },
        ] {
            let wounded = log.wounded(&wound);
            assert_eq!(wounded.lost, 1..2, "{wound:?}");
            assert!(AofEntry::decode(&wounded.bytes[log.range(1)]).is_err(), "{wound:?}");
        }
        let misdirected = log.wounded(&Wound::Misdirected { from: 0, to: 1 });
        assert_eq!(Prepare::decode(&misdirected.bytes[log.range(1)]).as_ref(), Ok(&log.prepares()[0]));
    }
}
