//! The command line of `aof stat`.

use super::log;
use super::records::Records;
use super::rule::RuleArguments;
use super::threads::ThreadArguments;
use clap::Args;
use std::path::PathBuf;

/// Count what is in a log: operations, sizes, rates, gaps, clients
///
/// Several files are one log, in the order in which they are given. Memory does not grow with the log: up to 65,536 clients
/// are distinguished, and an entry that is recorded again is compared with the last 65,536 ops. Rates are those of entries
/// that were recorded for the first time; what a restarted replica recorded again has a column of its own. The exit code is 1
/// where there is damage, which is passed over, where ops are missing or forked, and where the cluster changes;
/// `aof validate` lists all of it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof stat ledger.aof\n  aof stat --html ledger.html ledger.aof\n  \
                        xz -dc archive.aof.xz | aof stat --json -")]
pub(crate) struct StatArguments {
    #[arg(required = true, value_name = "LOG", help = log::LOGS)]
    pub(crate) logs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rule: RuleArguments,
    /// Also write a page with the plots, one file that needs no network; `-` writes it to standard output instead
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Replace the page if it is there
    #[arg(long, requires = "html")]
    pub(crate) force: bool,
    /// Name the records, and show what they say
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) decode: Option<Records>,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}
