//! How large bodies are, and what is in them.

use crate::random::Random;
use aof_api::format::{BODY_SIZE_MAX, MAGIC};

/// A distribution of bodies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Bodies {
    /// Each of this many bytes, at most [`BODY_SIZE_MAX`].
    Fixed(usize),
    /// Any size from `low` to `high`, both included.
    Uniform {
        /// The smallest, in bytes.
        low: usize,
        /// The largest, in bytes.
        high: usize,
    },
    /// As a database writes them: some empty, most under 300 bytes, some a few KiB, one in a hundred up to 64 KiB.
    Mixed,
    /// Bodies that contain the magic, whole and cut, at any place, and whole entries: hard cases for resynchronisation.
    Deceptive,
}

impl Bodies {
    /// One body. `entry` are the bytes of some entry, for a deceptive body to contain.
    pub(crate) fn draw(self, random: &mut Random, entry: &[u8]) -> Vec<u8> {
        let len = match self {
            Bodies::Fixed(len) => len,
            Bodies::Uniform { low, high } => random.between(low, high),
            Bodies::Mixed => match random.below(100) {
                0..10 => 0,
                10..80 => random.between(1, 300),
                80..99 => random.between(300, 8 << 10),
                _ => random.between(8 << 10, 64 << 10),
            },
            Bodies::Deceptive => return deceptive(random, entry),
        };
        random.bytes(len.min(BODY_SIZE_MAX as usize))
    }
}

fn deceptive(random: &mut Random, entry: &[u8]) -> Vec<u8> {
    let len = random.between(0, 40);
    let mut body = random.bytes(len);
    for _ in 0..random.between(1, 4) {
        match random.below(4) {
            0 => body.extend(MAGIC),
            // Cut, so that the next bytes may or may not complete it.
            1 => body.extend(&MAGIC[..random.between(1, 15)]),
            // The header of an entry, without its body.
            2 => body.extend(&entry[..entry.len().min(272)]),
            _ => body.extend(&MAGIC[random.between(1, 15)..]),
        }
        let len = random.between(0, 20);
        body.extend(random.bytes(len));
    }
    body
}
