//! Whose records a command sums up.

use clap::ValueEnum;

/// What the bodies of a log are records of.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Records {
    /// A Raft log that aof-openraft wrote: vote, last log id, committed and purged
    #[value(name = "openraft")]
    OpenRaft,
}
