//! The command line of `aof copy`.

use super::log;
use super::size::Size;
use super::threads::ThreadArguments;
use super::until::UntilArguments;
use clap::Args;
use std::path::PathBuf;

/// Copy a log, verified on both sides, from where an earlier copy stopped
///
/// DST is a file, or a directory of segments. It is created, or continues where it ends, if it is a prefix of SRC; anything else is refused, and nothing is
/// overwritten. At damage in SRC the copy ends, and the entries before it are kept: exit code 1. A new DST is no more open to
/// others than SRC. When the command is done, all of DST is durable and was read back, and ops that are missing in SRC are
/// noted. An interrupted copy is a prefix of SRC: run the command again.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof copy ledger.aof /mnt/backup/ledger.aof\n  \
                        xz -dc archive.aof.xz | aof copy - archive.aof\n  \
                        aof copy --until '2026-01-31 14:05' ledger.aof then.aof\n  \
                        aof copy --segments 64MiB ledger.aof /mnt/backup/ledger")]
pub(crate) struct CopyArguments {
    #[arg(value_name = "SRC", help = log::LOG)]
    pub(crate) source: PathBuf,
    /// The copy, a file or a directory of segments
    #[arg(value_name = "DST")]
    pub(crate) destination: PathBuf,
    /// Make the copy a directory, in segments of this size or up to a quarter and an entry more, 64MiB for instance; for an
    /// existing directory, the size of the segments that follow [default: a file for a new copy, 64MiB for a directory]
    #[arg(long, visible_alias = "every", value_name = "SIZE", value_parser = Size::of_pieces)]
    pub(crate) segments: Option<Size>,
    #[command(flatten)]
    pub(crate) until: UntilArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}
