//! The command line.

use crate::copy::CopyArguments;
use crate::inspect::arguments::InspectArguments;
use crate::manual::{CompletionsArguments, ManArguments};
use crate::merge::MergeArguments;
use crate::repair::RepairArguments;
use crate::size::Size;
use crate::stat::StatArguments;
use aof_api::{BODY_SIZE_MAX, Checksum, Rule, Tail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Append to, list, validate, digest, merge, repair, copy and count append-only files, ours and TigerBeetle's.
#[derive(Parser, Debug)]
#[command(name = "aof", version, max_term_width = 120)]
#[command(after_help = "Exit codes: 0 clean, 1 problems found in the log, 2 usage, 3 I/O error, 4 refused (locked, \
                        would overwrite).")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args, Debug)]
pub(crate) struct OutputArguments {
    /// Print one JSON object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Append(AppendArguments),
    Inspect(InspectArguments),
    Validate(ValidateArguments),
    Digest(DigestArguments),
    Merge(MergeArguments),
    Repair(RepairArguments),
    Copy(CopyArguments),
    Stat(StatArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}

/// Append entries durably: one for each line of standard input, or made-up ones
///
/// Creates the log, or opens it, cutting an incomplete last entry that was acknowledged to nobody. Prints how many entries it
/// appended, the size and tip of the log, and the rate.
///
/// A log that is moved away meanwhile (`mv`) goes on in a new file at its path, which begins with a copy of its last entry. If
/// the path names another file by then, nothing more is appended, and the exit code is 4.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  seq 100000 | aof append ledger.aof\n  \
                        aof append --count 10000 --size 1KiB --sync group ledger.aof")]
pub(crate) struct AppendArguments {
    /// The log, a file
    pub(crate) log: PathBuf,
    /// Append so many made-up entries instead of lines
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Bytes in the body of each made-up entry, 1048320 at most; KiB may stand behind the number
    #[arg(long, value_name = "BYTES", requires = "count", default_value = "1KiB")]
    pub(crate) size: Size,
    /// When to make entries durable
    #[arg(long, value_enum, default_value_t = Sync::Group)]
    pub(crate) sync: Sync,
    /// Operation of the entries, 2 to 255; from 128 up they are yours
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u8).range(2..))]
    pub(crate) operation: u8,
    /// Cluster of the log [default: that of the log, 0 for a new one]
    #[arg(long, value_name = "N")]
    pub(crate) cluster: Option<u128>,
    /// Print the op of each entry on standard output once it is durable; the summary goes to standard error
    #[arg(long)]
    pub(crate) ack: bool,
    /// Which chain the log must hold
    #[arg(long, value_enum, default_value_t = RuleName::Linear)]
    pub(crate) rule: RuleName,
    /// What to do with a torn tail that was acknowledged to nobody
    #[arg(long, value_enum, default_value_t = TailName::Torn)]
    pub(crate) tail: TailName,
    /// How many bytes of the log are known to have been durable: damage behind them is a tail
    #[arg(long, value_name = "BYTES")]
    pub(crate) durable_len: Option<u64>,
    /// The checksum of an entry that the log must hold somewhere, 32 digits: that of the last acknowledged one for instance
    #[arg(long, value_name = "HEX")]
    pub(crate) expected_tip: Option<Checksum>,
}

/// When appended entries are made durable.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sync {
    /// After each entry
    Every,
    /// Whenever the input pauses, or 1 MiB is waiting
    Group,
    /// Once, at the end
    End,
}

/// Say whether a log is whole, and what is wrong with it
///
/// Several files are one log, in the order in which they are given. Findings (damage, gap, break, fork) make the exit
/// code 1; notes (duplicate, backtrack, seam of a rotation, a beginning that is elsewhere, and the like) are legal.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  aof validate ledger.aof\n  aof validate --rule linear --tip 67370aba3ba4eb813e51c9607c30036f \
                        ledger.aof\n  aof validate --json archive-1.aof archive-2.aof ledger.aof"
)]
pub(crate) struct ValidateArguments {
    /// The files, oldest first; `-` is standard input
    #[arg(required = true, value_name = "LOG")]
    pub(crate) logs: Vec<PathBuf>,
    /// Which chain they must hold
    #[arg(long, value_enum, default_value_t = RuleName::SeenParent)]
    pub(crate) rule: RuleName,
    /// The checksum that the last entry must have, 32 digits as they are printed
    #[arg(long, value_name = "HEX")]
    pub(crate) tip: Option<Checksum>,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}

/// Print the data checksum chain of a log, in decimal, as `tigerbeetle aof debug` does
///
/// Several files are one log, in the order in which they are given. Entries that a restarted replica recorded again
/// count once. Only the operations that TigerBeetle replays count, 128 to 130, 138, 139, 146 and 147: entries of any other add
/// nothing, and how many there are is said on standard error. So a log of other operations has the digest of an empty one:
/// to compare such logs, take the tip (`aof validate`).
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof digest ledger.aof\n  aof digest archive-1.aof archive-2.aof ledger.aof")]
pub(crate) struct DigestArguments {
    /// The files, oldest first; `-` is standard input
    #[arg(required = true, value_name = "LOG")]
    pub(crate) logs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}

#[derive(Args, Debug)]
pub(crate) struct ThreadArguments {
    /// Threads that verify checksums [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl ThreadArguments {
    pub(crate) fn count(&self) -> usize {
        self.threads.map_or_else(cores, usize::from)
    }

    /// As many as logs of this length are worth: of 32 MiB, starting a thread costs more than it gains.
    pub(crate) fn for_bytes(&self, len: Option<u64>) -> usize {
        if self.threads.is_none() && len.is_some_and(|len| len < 32 << 20) { 1 } else { self.count() }
    }
}

/// How many cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// [`Rule`] on the command line.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RuleName {
    /// Each entry's parent is the entry before it
    Linear,
    /// Each entry's parent was seen before: restarts are legal, gaps are not
    SeenParent,
    /// TigerBeetle's own: gaps are legal too
    Tb,
}

impl From<RuleName> for Rule {
    fn from(name: RuleName) -> Rule {
        match name {
            RuleName::Linear => Rule::Linear,
            RuleName::SeenParent => Rule::SeenParent,
            RuleName::Tb => Rule::TigerBeetle,
        }
    }
}

/// [`Tail`] on the command line.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TailName {
    /// Cut an incomplete last entry, or zeros, and keep the bytes beside the log as LOG.cut-OFFSET; refuse any other
    Torn,
    /// Cut any tail of which no entry says that it had been acknowledged, whole entries in it included, and keep the
    /// bytes
    Truncate,
    /// Append behind it, as TigerBeetle does
    Keep,
    /// Do not open the log
    Refuse,
}

impl From<TailName> for Tail {
    fn from(name: TailName) -> Tail {
        match name {
            TailName::Torn => Tail::TruncateTorn,
            TailName::Truncate => Tail::Truncate,
            TailName::Keep => Tail::Keep,
            TailName::Refuse => Tail::Refuse,
        }
    }
}

impl Size {
    /// As a body, if it can be one.
    pub(crate) fn body_len(self) -> Option<usize> {
        usize::try_from(self.0).ok().filter(|len| *len <= BODY_SIZE_MAX as usize)
    }
}
