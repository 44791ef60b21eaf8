//! What to do with a damaged tail.

use aof_api::Tail;
use clap::ValueEnum;

/// [`Tail`] on the command line.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TailName {
    /// Cut an incomplete last entry, or zeros, and keep the bytes beside the log as LOG.cut-OFFSET; refuse any other
    Torn,
    /// Cut any tail of which no entry says that it had been acknowledged, whole entries in it included, and keep the
    /// bytes
    Truncate,
    /// Append after it, as TigerBeetle does
    Keep,
    /// Do not open the log
    Refuse,
}

impl From<TailName> for Tail {
    fn from(name: TailName) -> Tail {
        match name {
            TailName::Torn => Tail::TruncateTorn,
            TailName::Truncate => Tail::Truncate,
            TailName::Keep => Tail::Keep,
            TailName::Refuse => Tail::Refuse,
        }
    }
}
