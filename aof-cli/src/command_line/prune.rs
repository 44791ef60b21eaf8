//! The command line of `aof prune`.

use super::ranges::days;
use super::size::Size;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// Give back the oldest segments of a log in a directory
///
/// Whole segments are removed, the oldest first, and only those that end below what is kept: so a little more may stay than
/// was asked for, and the last segment always stays. The log then begins at an entry whose parent is no longer in it, which
/// is printed. Needs the lock: a program that has the log open prunes it itself.
#[derive(Args, Debug)]
#[command(override_usage = "aof prune [OPTIONS] <--before-op N|--keep SIZE|--keep-for DAYS> <LOG>")]
#[command(after_help = "Examples:\n  aof prune --before-op 1000000 --dry-run ledger\n  \
                        aof prune --keep 256GiB ledger\n  aof prune --keep-for 30 ledger")]
pub(crate) struct PruneArguments {
    /// The log, a directory of segments
    pub(crate) log: PathBuf,
    #[command(flatten)]
    pub(crate) limit: PruneLimit,
    /// Print what would be removed, and change nothing; works beside a live writer
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What is kept.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct PruneLimit {
    /// Keep the entries from this op on
    #[arg(long, value_name = "N")]
    pub(crate) before_op: Option<u64>,
    /// Keep the last so many bytes, 10GiB for instance
    #[arg(long, value_name = "SIZE")]
    pub(crate) keep: Option<Size>,
    /// Keep the entries of the last so many days, 0.5 for instance
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub(crate) keep_for: Option<Duration>,
}
