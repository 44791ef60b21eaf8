//! `aof`: append to, list, validate, digest, merge, repair, copy and count append-only files, ours and TigerBeetle's.

mod append;
mod arguments;
mod copy;
mod digest;
mod exit;
mod fresh;
mod hint;
mod input;
mod inspect;
mod interrupt;
mod json;
mod manual;
mod merge;
mod merged;
mod moved;
mod paths;
mod progress;
mod ranges;
mod repair;
mod size;
mod source;
mod stat;
mod stream;
mod text;
mod tigerbeetle;
mod time;
mod validate;

use arguments::{Arguments, Command};
use clap::Parser;
use exit::Exit;
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
