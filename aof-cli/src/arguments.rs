//! The command line.

use crate::merge::MergeArguments;
use crate::ranges::{Inclusive, OpRange, TimeRange};
use crate::repair::RepairArguments;
use crate::size::Size;
use aof_api::{BODY_SIZE_MAX, Checksum, Operation, Rule, Tail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Append to, look into and validate append-only files, ours and TigerBeetle's.
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
}

/// Append entries durably: one for each line of standard input, or made-up ones
///
/// Creates the log, or opens it, cutting an incomplete last entry that was acknowledged to nobody. Prints how many entries it
/// appended, the size and tip of the log, and the rate.
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
    /// The checksum of an entry that the log must hold, the last acknowledged one for instance
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

/// List the entries of a log
///
/// Damage is reported on standard error and passed over.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof inspect ledger.aof --op 10..20 --body text\n  \
                        aof inspect ledger.aof --operation create_transfers --limit 5\n  \
                        aof inspect ledger.aof --time '2026-01-31 14:05:00..2026-01-31 14:06:00'")]
pub(crate) struct InspectArguments {
    /// The log, a file
    pub(crate) log: PathBuf,
    /// Only these ops, both ends included: A..B, A.., ..B or A
    #[arg(long, value_name = "A..B")]
    pub(crate) op: Option<OpRange>,
    /// Only these times, both ends included: RFC 3339 (`2026-01-31T14:05:00Z`, UTC) or nanoseconds since 1970
    #[arg(long, value_name = "A..B")]
    pub(crate) time: Option<TimeRange>,
    /// Only this operation, a number or one of TigerBeetle's names
    #[arg(long, value_name = "OPERATION", value_parser = parse_operation)]
    pub(crate) operation: Option<Operation>,
    /// Only this client, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = parse_client)]
    pub(crate) client: Option<u128>,
    /// Stop after so many entries
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// How to print bodies
    #[arg(long, value_enum, default_value_t = Body::None)]
    pub(crate) body: Body,
    /// Wait for more entries at the end
    #[arg(long, short)]
    pub(crate) follow: bool,
}

/// How bodies are printed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Body {
    /// Not at all
    None,
    /// In hexadecimal
    Hex,
    /// As text; what is not printable is escaped
    Text,
}

/// Say whether a log is whole, and what is wrong with it
///
/// Several files are one log, in the order in which they are given. Findings (damage, gap, break, fork) make the exit
/// code 1; notes (duplicate, backtrack, seam of a rotation, and the like) are legal.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  aof validate ledger.aof\n  aof validate --rule linear --tip 67370aba3ba4eb813e51c9607c30036f \
                        ledger.aof\n  aof validate --json archive-1.aof archive-2.aof ledger.aof"
)]
pub(crate) struct ValidateArguments {
    /// The files, oldest first
    #[arg(required = true, value_name = "LOG")]
    pub(crate) logs: Vec<PathBuf>,
    /// Which chain they must hold
    #[arg(long, value_enum, default_value_t = RuleName::SeenParent)]
    pub(crate) rule: RuleName,
    /// The checksum that the last entry must have
    #[arg(long, value_name = "HEX")]
    pub(crate) tip: Option<Checksum>,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}

/// Print the data checksum chain of a log, in decimal, as `tigerbeetle aof debug` does
///
/// Several files are one log, in the order in which they are given. Entries that a restarted replica recorded again
/// count once.
#[derive(Args, Debug)]
pub(crate) struct DigestArguments {
    /// The files, oldest first
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

fn parse_operation(text: &str) -> Result<Operation, String> {
    if let Ok(number) = text.parse() {
        return Ok(Operation(number));
    }
    let named = (0..=u8::MAX).map(Operation).find(|operation| operation.name() == Some(text));
    named.ok_or_else(|| "give a number from 0 to 255, or a name of TigerBeetle's like create_transfers".to_owned())
}

fn parse_client(text: &str) -> Result<u128, String> {
    text.parse::<Checksum>().map(u128::from).map_err(|_| "give 1 to 32 hexadecimal digits".to_owned())
}

impl InspectArguments {
    /// Whether the filters let an entry through.
    pub(crate) fn takes(&self, header: &aof_api::Header) -> bool {
        fn within(range: Option<&Inclusive>, value: u64) -> bool {
            range.is_none_or(|range| range.contains(value))
        }
        within(self.op.as_ref().map(|op| &op.0), header.op.get())
            && within(self.time.as_ref().map(|time| &time.0), header.timestamp.get())
            && self.operation.is_none_or(|operation| operation == header.operation())
            && self.client.is_none_or(|client| client == header.client.get())
    }
}
