//! How to merge.

use crate::format::checksum::Checksum;
use crate::read::{self, Until};

/// Where the merged chain begins and ends, whether it may have gaps, and how to read.
///
/// ```
/// let options = aof_api::merge::Options::new().keep_gaps(true);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub(super) root: Option<Checksum>,
    pub(super) tip: Option<Checksum>,
    pub(super) keep_gaps: bool,
    pub(super) until: Option<Until>,
    pub(super) read: read::Options,
}

impl Options {
    /// From the earliest entry that the first input leads back to, up to the first gap; read on one thread.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// The parent of the first entry to write: for a part of a chain, or another chain than that of the first input.
    #[must_use]
    pub const fn root(mut self, root: Checksum) -> Options {
        self.root = Some(root);
        self
    }

    /// The last entry to write. This chooses among the branches of a fork; what follows it is left out.
    #[must_use]
    pub const fn tip(mut self, tip: Checksum) -> Options {
        self.tip = Some(tip);
        self
    }

    /// Continues after gaps, and writes all that is there in the order of ops. A log with a gap is whole under
    /// [`Rule::TigerBeetle`](crate::Rule::TigerBeetle) only.
    #[must_use]
    pub const fn keep_gaps(mut self, keep: bool) -> Options {
        self.keep_gaps = keep;
        self
    }

    /// Leaves out every entry that is past `until`: the output is the log as it was then. Default: none is left out.
    #[must_use]
    pub const fn until(mut self, until: Until) -> Options {
        self.until = Some(until);
        self
    }

    /// How to read the inputs.
    #[must_use]
    pub const fn read(mut self, read: read::Options) -> Options {
        self.read = read;
        self
    }
}
