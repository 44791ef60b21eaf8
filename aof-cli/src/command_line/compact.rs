//! The command line of `aof compact`.

use super::size::Size;
use clap::Args;

/// Join the small objects of a log on an object store
///
/// A log that is written in small pieces has an object for each, and opening it lists them all. This joins them into
/// segments of up to 256 MiB; what is in the log does not change, and readers find it meanwhile. The command may be
/// killed at any moment. It takes the log over: where `aof ship` runs, give that one --compact instead.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof compact s3://bucket/ledger\n  \
                        aof compact --at-least 8MiB --take-over file:///mnt/backup/ledger")]
pub(crate) struct CompactArguments {
    /// The log: s3://BUCKET/PREFIX, gs://, az:// or file:///DIRECTORY
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// How many bytes a segment has at least; objects that are fewer together stay
    #[arg(long, value_name = "SIZE", default_value = "64MiB")]
    pub(crate) at_least: Size,
    /// Take the log over from a writer that still has it
    #[arg(long)]
    pub(crate) take_over: bool,
}
