//! The command line of `aof hexdump`.

use super::log;
use clap::Args;
use std::path::PathBuf;

/// Show an entry field by field, and what in it is not as it must be
///
/// Reads the entry that begins at the offset, whole or damaged: offsets are those that `aof validate` prints. Where its size
/// cannot be believed, the body is not looked at. `!` marks a field that differs from what the format wants there, with what
/// was expected. The end of the body is left out, unless --body asks for more of it.
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 when nothing differs, 1 when something does.\n\n\
                        Examples:\n  aof hexdump ledger.aof --offset 49942\n  \
                        aof hexdump --json ledger.aof --offset 0 --body 4096")]
pub(crate) struct HexdumpArguments {
    #[arg(help = log::LOG_ON_DISK)]
    pub(crate) log: PathBuf,
    /// Where the entry begins, in bytes
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) offset: u64,
    /// How many bytes of the body to show at most
    #[arg(long, value_name = "BYTES", default_value_t = 64)]
    pub(crate) body: usize,
}
