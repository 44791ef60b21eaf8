//! The command line of `aof repair`.

use super::log;
use super::threads::ThreadArguments;
use super::until::UntilArguments;
use aof_api::format::Checksum;
use clap::Args;
use std::path::PathBuf;

/// Write what is whole in a damaged log as a log that opens
///
/// Keeps every entry that verifies and follows the ones before it, once, in the order of the chain. Where entries are lost,
/// the chain ends: the entries after that are reported, and kept with --gaps, for tools that read logs with gaps (`--rule
/// tb`). Another copy of the log may have what is lost here: try `aof merge` first.
///
/// --dry-run and -o only read the log, which may be written meanwhile; --in-place needs it to itself.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 when nothing is lost, 1 when something is or the log has a torn end, 4 when OUT exists, or the log is to be \
                        repaired in place and is being written.\n\n\
                        Examples:\n  aof repair --dry-run ledger.aof\n  aof repair -o repaired.aof ledger.aof\n  \
                        aof repair --in-place ledger.aof\n  \
                        aof repair --until-op 5000 -o then.aof ledger.aof"
)]
pub(crate) struct RepairArguments {
    #[arg(help = log::LOG_ON_DISK)]
    pub(crate) log: PathBuf,
    #[command(flatten)]
    pub(crate) target: Target,
    /// The checksum of the last entry to keep, 32 digits: this chooses one of the branches of a fork
    #[arg(long, value_name = "HEX")]
    pub(crate) tip: Option<Checksum>,
    /// Keep also the entries after lost ones
    #[arg(long)]
    pub(crate) gaps: bool,
    /// Replace OUT if it exists
    #[arg(long, conflicts_with_all = ["in_place", "dry_run"])]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) until: UntilArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Target {
    /// Write it here
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the log, which is kept as LOG.broken
    #[arg(long)]
    pub(crate) in_place: bool,
    /// Only report what would be lost
    #[arg(long)]
    pub(crate) dry_run: bool,
}
