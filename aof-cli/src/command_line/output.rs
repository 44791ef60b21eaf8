//! What every command can be told about its output.

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct OutputArguments {
    /// Print one JSON object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}
