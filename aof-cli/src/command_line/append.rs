//! The command line of `aof append`.

use super::rule::RuleName;
use super::size::Size;
use super::tail::TailName;
use aof_api::format::Checksum;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Append entries durably: one for each line of standard input, or made-up ones
///
/// Creates the log, or opens it and cuts an incomplete, unacknowledged last entry. Prints how many entries it appended, the
/// size and tip of the log, and the rate.
///
/// Opening a file verifies every entry of it. Opening a directory verifies what was written after its note: the last segment
/// after a crash, nothing after a clean end. It says nothing about damage before that: --verify reads all of it.
///
/// If the log is moved away meanwhile (`mv`), it continues in a new file at its path, which begins with a copy of its last
/// entry. If the path names another file by then, nothing more is appended, and the exit code is 4.
///
/// Ctrl-C, and any failure, reports how many entries are durable and from which line to continue.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  seq 100000 | aof append ledger.aof\n  \
                        aof append --count 10000 --size 1KiB --sync group ledger.aof\n  \
                        seq 100000 | aof append --segments 64MiB ledger")]
pub(crate) struct AppendArguments {
    /// The log, a file or a directory of segments
    pub(crate) log: PathBuf,
    /// Keep the log in a directory, in segments of this size or up to a quarter and an entry more, 64MiB for instance; for an
    /// existing directory, the size of the segments that follow [default: a file for a new log, 64MiB for a directory]
    #[arg(long, visible_alias = "every", value_name = "SIZE", value_parser = Size::of_pieces)]
    pub(crate) segments: Option<Size>,
    /// Append so many made-up entries instead of lines
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Bytes in the body of each made-up entry, 1048320 at most; the number may have a unit, KiB for instance
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
    /// What to do with a damaged, unacknowledged tail
    #[arg(long, value_enum, default_value_t = TailName::Torn)]
    pub(crate) tail: TailName,
    /// Cut a torn tail without keeping its bytes beside the log, for a directory that takes no new file
    #[arg(long)]
    pub(crate) discard_tail: bool,
    /// How many bytes of the log are known to have been durable: damage after them is a tail
    #[arg(long, value_name = "BYTES")]
    pub(crate) durable_len: Option<u64>,
    /// Open a log in segments although bytes that its note records as durable are damaged or missing: they are then a tail
    /// like any other
    #[arg(long)]
    pub(crate) ignore_note: bool,
    /// Verify all of the log before appending, also of a log in segments, of which only what follows the last complete
    /// segment is read otherwise
    #[arg(long)]
    pub(crate) verify: bool,
    /// The checksum of an entry that the log must hold somewhere, 32 digits: that of the last acknowledged one, for instance
    #[arg(long, value_name = "HEX")]
    pub(crate) expected_tip: Option<Checksum>,
}

/// When appended entries are made durable.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sync {
    /// After each entry
    Every,
    /// Whenever the input pauses, or 1 MiB is waiting, or a quarter of a segment
    Group,
    /// Once, at the end; of a log in segments, also after each quarter of one
    End,
}
