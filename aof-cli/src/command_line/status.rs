//! The command line of `aof status`.

use super::log;
use super::rule::RuleArguments;
use clap::Args;
use std::path::PathBuf;

/// Report the end of a log, for monitors: last op, tip, age, bytes, view
///
/// Reads the last 3 MiB only, whatever the size of the log, so it is as quick on a live log of any length. What is wrong
/// there is counted. With --state FILE, all that came since the last run is read and judged, and where that ended is saved in
/// FILE: findings are then those of what is new, and of a torn end while it is there. `aof validate` reads everything.
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 when nothing is wrong in what was read, 1 when something is.\n\n\
                        Examples:\n  aof status ledger.aof\n  aof status --state ledger.state ledger.aof\n  \
                        aof status --prometheus ledger.aof > ledger.prom")]
pub(crate) struct StatusArguments {
    #[arg(help = log::LOG_ON_DISK)]
    pub(crate) log: PathBuf,
    #[command(flatten)]
    pub(crate) rule: RuleArguments,
    /// Judge what came since the last run with this file, and save where this one ended
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Print metrics in the text format of Prometheus
    #[arg(long, conflicts_with = "json")]
    pub(crate) prometheus: bool,
}
