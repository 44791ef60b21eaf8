//! The command line of `aof merge`.

use super::log;
use super::threads::ThreadArguments;
use super::until::UntilArguments;
use aof_api::format::Checksum;
use clap::Args;
use std::path::PathBuf;

/// Make one whole log out of several that are damaged, cut, repeated or rotated
///
/// Every entry is taken from the first file that has it whole, so files may be given in any order. The chain begins where the
/// first file does, or earlier, if another file has an earlier part of it. OUT appears under its name only when it is complete,
/// validated and durable, and only those who may read all the files may read it. Needs up to 64 bytes of memory for each
/// different entry.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 when OUT holds everything, 1 when something is missing or must be chosen (at a gap, OUT \
                        ends there; at a fork, nothing is written), 4 when OUT exists or is being written.\n\n\
                        Examples:\n  aof merge -o ledger.aof ledger.1.aof ledger.2.aof\n  \
                        aof merge -o whole.aof replica-0.aof replica-1.aof replica-2.aof\n  \
                        aof merge --dry-run replica-0.aof replica-1.aof\n  \
                        aof merge --until-op 5000 -o then.aof ledger.aof"
)]
pub(crate) struct MergeArguments {
    #[arg(required = true, value_name = "LOG", help = log::LOGS_ON_DISK)]
    pub(crate) logs: Vec<PathBuf>,
    /// The log to write
    #[arg(long, short, value_name = "OUT", required_unless_present = "dry_run")]
    pub(crate) output: Option<PathBuf>,
    /// Only report what each file has, and what would be written
    #[arg(long, conflicts_with_all = ["output", "force"])]
    pub(crate) dry_run: bool,
    /// The parent of the first entry to write, 32 digits [default: the start of the chain of the first file]
    #[arg(long, value_name = "HEX")]
    pub(crate) root: Option<Checksum>,
    /// The checksum of the last entry to write, 32 digits: this chooses one of the branches of a fork
    #[arg(long, value_name = "HEX")]
    pub(crate) tip: Option<Checksum>,
    /// Continue after gaps, and write every entry in the order of ops
    #[arg(long)]
    pub(crate) gaps: bool,
    /// Replace OUT if it exists
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) until: UntilArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}
