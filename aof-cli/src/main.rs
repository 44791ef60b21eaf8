//! `aof`: append to, list, validate, digest, merge, repair, copy and count append-only files, ours and TigerBeetle's.
//!
//! Imports point downwards only: `main`, `commands` (one module a command), `input` (logs as they are read), `output`
//! (text, JSON, progress, exit codes and what to do next), `command_line` (what clap reads, and the values in it).

mod command_line;
mod commands;
mod input;
mod output;

use clap::Parser;
use command_line::{Arguments, Command};
use commands::{append, copy, digest, inspect, manual, merge, repair, stat, validate};
use output::exit::Exit;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Command::Append(append) => append::run(append, &arguments.output),
        Command::Inspect(inspect) => inspect::run(inspect, &arguments.output),
        Command::Validate(validate) => validate::run(validate, &arguments.output),
        Command::Digest(digest) => digest::run(digest, &arguments.output),
        Command::Merge(merge) => merge::run(merge, &arguments.output),
        Command::Repair(repair) => repair::run(repair, &arguments.output),
        Command::Copy(copy) => copy::run(copy, &arguments.output),
        Command::Stat(stat) => stat::run(stat, &arguments.output),
        Command::Completions(completions) => manual::completions(completions),
        Command::Man(man) => manual::man(man),
    };
    match done {
        Ok(exit) => exit,
        Err(failure) => {
            failure.report();
            failure.exit()
        }
    }
    .code()
}

impl Exit {
    fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
