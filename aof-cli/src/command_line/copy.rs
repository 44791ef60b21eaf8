//! The command line of `aof copy`.

use super::threads::ThreadArguments;
use clap::Args;
use std::path::PathBuf;

/// Copy a log, verified on both sides, from where an earlier copy stopped
///
/// DST is made, or goes on where it ends, if what it holds is the beginning of SRC; anything else is refused, and nothing
/// is overwritten. At damage in SRC the copy ends, and what comes before it is kept: exit code 1. A new DST is no more open
/// to others than SRC. When the command is done, all of DST is durable and was read back. A copy that was interrupted, by
/// Ctrl-C for instance, is the beginning of SRC: run the command again.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof copy ledger.aof /mnt/backup/ledger.aof\n  \
                        xz -dc archive.aof.xz | aof copy - archive.aof")]
pub(crate) struct CopyArguments {
    /// The log to copy; `-` is standard input
    #[arg(value_name = "SRC")]
    pub(crate) source: PathBuf,
    /// The copy
    #[arg(value_name = "DST")]
    pub(crate) destination: PathBuf,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}
