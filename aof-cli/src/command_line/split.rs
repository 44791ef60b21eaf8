//! The command lines of `aof split` and `aof join`.

use super::log;
use super::ranges::Since;
use super::size::Size;
use clap::Args;
use std::path::PathBuf;

/// Copy a log to a directory of segments, divided at a size, an op or a time
///
/// Each segment is a file that begins at an entry, named by the offset of its first byte in the whole log: `cat DIR/*.aof` is
/// the log, and TigerBeetle's own tools read each of them. Every entry is verified, and LOG stays as it is. The directory must
/// not hold a log yet.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof split --every 64MiB ledger.aof ledger\n  \
                        aof split --at-op 1000000 ledger.aof ledger\n  aof split --adopt ledger.aof ledger")]
pub(crate) struct SplitArguments {
    #[arg(help = log::LOG)]
    pub(crate) log: PathBuf,
    /// The directory to make
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Begin a new segment where the one before would grow above this size
    #[arg(long, visible_alias = "segments", value_name = "SIZE", value_parser = Size::of_pieces, default_value = "64MiB", conflicts_with_all = ["at_op", "at_time", "adopt"])]
    pub(crate) every: Size,
    /// Begin a new segment at this op; may be given several times
    #[arg(long, value_name = "N", conflicts_with_all = ["at_time", "adopt"])]
    pub(crate) at_op: Vec<u64>,
    /// Begin a new segment at the first entry at or after this time; may be given several times
    #[arg(long, value_name = "TIME", conflicts_with = "adopt")]
    pub(crate) at_time: Vec<Since>,
    /// Copy nothing: the file itself becomes the first segment, and loses its name
    #[arg(long)]
    pub(crate) adopt: bool,
}

/// Copy a log in segments to one file
///
/// The file is the segments one after the other. Of a pruned log it begins with the first entry that is held. Every entry is
/// verified, the directory stays as it is, and nothing has the name OUT before all of it is durable.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  aof join ledger ledger.aof")]
pub(crate) struct JoinArguments {
    /// The log, a directory of segments
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The file to make
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
}
