//! How to copy.

use crate::read;

/// How to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Options {
    pub(super) read: read::Options,
    pub(super) live: bool,
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
}
