//! The command line of `aof diff`.

use super::log;
use clap::Args;
use std::path::PathBuf;

/// Report who has what: where copies of a log part, what each lacks, and what only one of them has
///
/// Reads every file once, in full. Two copies part at the first op at which they have different entries. An op that a copy
/// lacks is one that another copy has. Needs up to 48 bytes of memory for each entry of each file.
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 when all have the same entries and no damage, 1 when they do not.\n\n\
                        Examples:\n  aof diff replica-0.aof replica-1.aof replica-2.aof\n  \
                        aof merge --dry-run replica-0.aof replica-1.aof")]
pub(crate) struct DiffArguments {
    #[arg(required = true, num_args = 2.., value_name = "LOG", help = log::LOGS_ON_DISK)]
    pub(crate) logs: Vec<PathBuf>,
}
