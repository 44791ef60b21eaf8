//! How to copy.

use crate::read;

/// How to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub(super) read: read::Options,
    pub(super) live: bool,
    pub(super) checkpoint_len: u64,
}

/// How much may be written before it is made durable, in bytes.
const CHECKPOINT_LEN: u64 = 64 << 20;

impl Default for Options {
    fn default() -> Options {
        Options { read: read::Options::default(), live: false, checkpoint_len: CHECKPOINT_LEN }
    }
}

impl Options {
    /// On one thread, of a log that nobody writes.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// How to read both sides.
    #[must_use]
    pub const fn read(mut self, read: read::Options) -> Options {
        self.read = read;
        self
    }

    /// Whether somebody is writing the source: an incomplete last entry, or zeros at the end, are then left for the next
    /// copy, and are no error.
    #[must_use]
    pub const fn live(mut self, live: bool) -> Options {
        self.live = live;
        self
    }

    /// After how many written bytes, at the next multiple of a chunk ([`read::Options::chunk_len`]), a checkpoint is made; at
    /// least 1, 64 MiB by default. A destination of segments can end one only there: give a quarter of the size that they
    /// are to have.
    #[must_use]
    pub const fn checkpoint_len(mut self, bytes: u64) -> Options {
        self.checkpoint_len = if bytes == 0 { 1 } else { bytes };
        self
    }
}
