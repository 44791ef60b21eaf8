//! How a log is validated.

use crate::chain::rule::Rule;
use crate::read;

/// How to validate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Options {
    pub(super) rule: Rule,
    pub(super) read: read::Options,
    pub(super) live: bool,
}

impl Options {
    /// The linear rule, on one thread.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// Which chain the log must hold.
    #[must_use]
    pub const fn rule(mut self, rule: Rule) -> Options {
        self.rule = rule;
        self
    }

    /// How to read.
    #[must_use]
    pub const fn read(mut self, read: read::Options) -> Options {
        self.read = read;
        self
    }

    /// Threads that verify checksums, as [`read::Options::verify_threads`].
    #[must_use]
    pub const fn verify_threads(mut self, threads: usize) -> Options {
        self.read = self.read.verify_threads(threads);
        self
    }

    /// Whether somebody is writing the log: an incomplete last entry, or zeros at the end, are then *pending*, a note
    /// and not a finding.
    #[must_use]
    pub const fn live(mut self, live: bool) -> Options {
        self.live = live;
        self
    }
}
