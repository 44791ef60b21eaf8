//! What a power loss leaves of the bytes that were not durable.

use crate::random::Random;

/// What a power loss leaves of the bytes that were written and not checkpointed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Retention {
    /// All of them.
    All,
    /// None.
    None,
    /// The first so many bytes.
    Prefix(usize),
    /// The length, and in place of the bytes the zeros that were there before.
    Length,
    /// Each sector or not, chosen by a seed; zeros in place of the others. The length is that of the file, or ends with
    /// the last sector that was kept, or where the disk had it before.
    Sectors(u64),
    /// One of the others, chosen by a seed.
    Random(u64),
}

impl Retention {
    /// What this means for `dirty` bytes: never [`Retention::Random`].
    pub(super) fn choose(self, dirty: usize) -> Retention {
        let Retention::Random(seed) = self else { return self };
        let mut random = Random::new(seed);
        match random.below(8) {
            0 => Retention::All,
            1 => Retention::None,
            2 => Retention::Length,
            3 => Retention::Prefix(random.index(dirty + 1)),
            // A few bytes are missing: what comes after them may be just these.
            4 => Retention::Prefix(dirty.saturating_sub(random.between(1, 20))),
            _ => Retention::Sectors(random.split()),
        }
    }
}
