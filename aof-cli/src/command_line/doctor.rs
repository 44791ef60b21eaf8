//! The command line of `aof doctor`.

use clap::Args;

/// Try whether a log can be kept on an object store, and how fast it would be
///
/// Tries on the store itself what a log needs: creating an object only where there is none, also by eight writers at once,
/// reading, listing, fencing off a displaced writer, lost answers. Measures requests. Everything is put below a name of its
/// own, URL/doctor-..., and removed at the end: some hundred requests, 70 MiB. A log at URL is not touched. If the command
/// is killed, remove what is there by hand. Exits with 1 where the store is not fit.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof doctor s3://bucket/ledger\n  aof doctor --json file:///mnt/backup")]
pub(crate) struct DoctorArguments {
    /// The place: s3://BUCKET/PREFIX, gs://, az://, file:///DIRECTORY or memory:///
    #[arg(value_name = "URL")]
    pub(crate) url: String,
}
