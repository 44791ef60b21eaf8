//! The command lines of `aof ship` and `aof fetch`.

use super::seconds::Seconds;
use clap::Args;
use std::path::PathBuf;

/// Keep a copy of a live log on an object store
///
/// Copies what LOG has and the copy has not, then looks again each interval, also after LOG was rotated (`mv`) or began
/// another segment. Only whole entries are copied, each verified. An interrupted command continues where the copy ends;
/// give --rotated where LOG may be rotated while the command does not run. One writer has a copy: another that wrote it
/// within 30 s makes this one exit with 4.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof ship --once ledger.aof file:///mnt/backup/ledger\n  \
                        aof ship --interval 1 --status /run/ship.prom ledger.aof s3://bucket/ledger\n  \
                        aof ship --rotated archive ledger.aof s3://bucket/ledger\n\n\
                        Credentials and endpoint come from the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, \
                        AWS_REGION, AWS_ENDPOINT_URL and the like.")]
pub(crate) struct ShipArguments {
    /// The log, a file or a directory of segments, that may be written meanwhile
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Where the copy is: s3://BUCKET/PREFIX, gs://, az:// or file:///DIRECTORY
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Copy what is there, and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Seconds from one look to the next
    #[arg(long, value_name = "SECONDS", default_value = "1", conflicts_with = "once")]
    pub(crate) interval: Seconds,
    /// Where LOG is moved when it is rotated: what files there hold of it is copied first
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) rotated: Option<PathBuf>,
    /// Join small objects of the copy into segments of 64 to 256 MiB, in the background
    #[arg(long)]
    pub(crate) compact: bool,
    /// Take the copy over from a writer that still has it
    #[arg(long)]
    pub(crate) take_over: bool,
    /// Write how far the copy is to this file after each look, as Prometheus reads it
    #[arg(long, value_name = "FILE")]
    pub(crate) status: Option<PathBuf>,
}

/// Get a log back from an object store
///
/// Copies the log at URL to the file LOG, which is created, or continues where it ends if it holds the beginning of that
/// log. Only whole entries are copied, each verified; LOG is durable when the command is done.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof fetch s3://bucket/ledger ledger.aof\n  \
                        aof fetch --to-op 120000 file:///mnt/backup/ledger ledger.aof")]
pub(crate) struct FetchArguments {
    /// Where the copy is: s3://BUCKET/PREFIX, gs://, az:// or file:///DIRECTORY
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// The file
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Stop after this op
    #[arg(long, visible_alias = "until-op", value_name = "OP", conflicts_with = "to_time")]
    pub(crate) to_op: Option<u64>,
    /// Stop after the last entry of this time, RFC 3339: 2026-01-31T12:00:00Z
    #[arg(long, visible_alias = "until", value_name = "TIME")]
    pub(crate) to_time: Option<humantime::Timestamp>,
}
