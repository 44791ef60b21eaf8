//! The command line of `aof digest`.

use super::log;
use super::rule::RuleArguments;
use super::threads::ThreadArguments;
use clap::Args;
use std::path::PathBuf;

/// Print the data checksum chain of a log, in decimal, as TigerBeetle's own `aof debug` does
///
/// Several files are one log, in the order in which they are given. Entries that a restarted replica recorded again
/// count once. Only the operations that TigerBeetle replays count, 128 to 130, 138, 139, 146 and 147. The others add nothing:
/// pulses, look-ups and queries among them, and operations of your own, which a note counts. So a log of other operations has
/// the digest of an empty one: to compare such logs, take the tip (`aof validate`).
///
/// A log records what was asked, not what the server replied: requests that the server refused count too.
///
/// Where ops are missing, damaged or forked, the exit code is 1, and the digest is that of what was read.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof digest ledger.aof\n  aof digest archive-1.aof archive-2.aof ledger.aof")]
pub(crate) struct DigestArguments {
    #[arg(required = true, value_name = "LOG", help = log::LOGS)]
    pub(crate) logs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rule: RuleArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}
