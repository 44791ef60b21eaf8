//! Kills writers of a log, or cuts the power of their file system, again and again, and checks each time what is there.
//!
//! ```text
//! cargo run --release -p aof-segments --example aof-crash -- kill --rounds 2000 --seed 1
//! cargo run --release -p aof-segments --example aof-crash -- power --fs ext4 --rounds 500 --seed 1
//! cargo run --release -p aof-segments --example aof-crash -- power --fs xfs --rounds 500 --seed 1 --kind segments
//! ```
//!
//! What is checked after each crash: the log opens; every entry that was acknowledged and not pruned is there, with its
//! checksum; every entry that is there was appended; archived files and the log are one chain, joined by seams. Of a log in
//! segments, too: no op is missing between two; nothing is gone that no prune was to remove; it begins at or above every
//! start that a prune returned, and no file below that is left. Exit code 1 and the round when something is wrong. What a
//! machine cannot do is printed as *skipped*.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test tool that cannot continue says where it stopped")]

mod bare;
mod check;
mod course;
mod cut;
mod events;
mod found;
mod kill;
mod pipelined;
mod power;
mod pruning;
mod random;
mod writer;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use tempfile::TempDir;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Kill a writer with SIGKILL, again and again.
    Kill(Rounds),
    /// Cut the power of a loop-mounted file system under a writer, again and again. Needs root.
    Power {
        #[command(flatten)]
        rounds: Rounds,
        /// The file system.
        #[arg(long)]
        fs: FileSystem,
    },
    /// The writer: appends until it is killed, and tells on standard output what it does.
    Write(writer::Arguments),
}

/// How often, and from where randomness comes.
#[derive(Args)]
struct Rounds {
    /// How many crashes.
    #[arg(long, default_value_t = 100)]
    rounds: u64,
    /// Everything random comes from it, save the moment at which the system schedules what.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// What the log is kept in.
    #[arg(long, default_value = "file")]
    kind: writer::Kind,
    /// Under this load only; all loads of such a log by default.
    #[arg(long)]
    load: Option<writer::Load>,
    /// Where the logs lie, or the image of the file system; a temporary folder by default.
    #[arg(long)]
    directory: Option<PathBuf>,
}

impl Rounds {
    /// A new folder for the logs.
    fn directory(&self) -> TempDir {
        let directory = match &self.directory {
            Some(directory) => tempfile::tempdir_in(directory),
            None => tempfile::tempdir(),
        };
        directory.unwrap()
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum FileSystem {
    Ext4,
    Xfs,
}

fn main() {
    let ok = match Arguments::parse().command {
        Command::Kill(rounds) => kill::run(&rounds),
        Command::Power { rounds, fs } => power::run(&rounds, fs),
        Command::Write(arguments) => writer::run(&arguments),
    };
    std::process::exit(i32::from(!ok));
}
