//! The command line of `aof validate`.

use super::log;
use super::records::Records;
use super::rule::RuleArguments;
use super::threads::ThreadArguments;
use aof_api::format::Checksum;
use clap::Args;
use std::path::PathBuf;

/// Report whether a log is whole, and what is wrong with it
///
/// Several files are one log, in the order in which they are given. Findings (damage, gap, break, fork, another cluster) make
/// the exit code 1. Notes (duplicate, backtrack, seam of a rotation, a beginning that is elsewhere, files in another order,
/// and the like) are legal.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  aof validate ledger.aof\n  aof validate --rule linear --tip 67370aba3ba4eb813e51c9607c30036f \
                        ledger.aof\n  aof validate --json archive-1.aof archive-2.aof ledger.aof\n  \
                        aof validate --html verdict.html ledger.aof"
)]
pub(crate) struct ValidateArguments {
    #[arg(required = true, value_name = "LOG", help = log::LOGS)]
    pub(crate) logs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rule: RuleArguments,
    /// The checksum that the last entry must have, 32 digits as they are printed
    #[arg(long, value_name = "HEX")]
    pub(crate) tip: Option<Checksum>,
    /// How many entries there must be at least, for jobs that check backups
    #[arg(long, value_name = "N")]
    pub(crate) min_entries: Option<u64>,
    /// Also write a page with the verdict and a map of the files, one file that needs no network; `-` writes it to standard
    /// output instead
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Replace the page if it is there
    #[arg(long, requires = "html")]
    pub(crate) force: bool,
    /// Also show what the records say; the log is read once more, so it cannot be standard input
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) decode: Option<Records>,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}
