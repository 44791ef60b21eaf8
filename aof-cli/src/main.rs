//! `aof`: append to, list, validate, digest, merge, repair, copy and count append-only files, ours and TigerBeetle's.
//!
//! Imports point downwards only: `main`, `commands` (one module a command), `input` (logs and lines as they are read),
//! `output` (text, JSON, progress, exit codes and what to do next), `command_line` (what clap reads, and the values in it).

mod command_line;
mod commands;
mod input;
mod output;

use clap::Parser;
use clap::error::ErrorKind;
use command_line::output::Color;
use command_line::{Arguments, Command};
use commands::{
    append, compact, copy, diff, digest, doctor, export, files, hexdump, inspect, join, manual, merge, prune, repair,
    ship, split, stat, status, validate,
};
use input::own_streams;
use output::exit::Exit;
use output::failure::{Failure, Outcome};
use output::json;
use output::json::any::{Help, Version};
use output::out::Out;
use output::signals::{Interruption, refuse_long_files};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    refuse_long_files();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return not_run(&error).into(),
    };
    choose_color(arguments.output.color);
    match run(&arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.report(arguments.output.json);
            if let Failure::Interrupted(signal) = failure {
                Interruption::end(signal);
                // What a shell makes of a signal, where the signal does not end the process.
                return ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX));
            }
            failure.exit().into()
        }
    }
}

fn run(arguments: &Arguments) -> Outcome {
    let output = &arguments.output;
    let (files, reads_standard_input) = files::of(&arguments.command);
    own_streams::refuse(&files, reads_standard_input)?;
    match &arguments.command {
        Command::Append(append) => append::run(append, output),
        Command::Inspect(inspect) => inspect::run(inspect, output),
        Command::Validate(validate) => validate::run(validate, output),
        Command::Diff(diff) => diff::run(diff, output),
        Command::Digest(digest) => digest::run(digest, output),
        Command::Export(export) => export::run(export, output),
        Command::Hexdump(hexdump) => hexdump::run(hexdump, output),
        Command::Merge(merge) => merge::run(merge, output),
        Command::Repair(repair) => repair::run(repair, output),
        Command::Copy(copy) => copy::run(copy, output),
        Command::Ship(arguments) => ship::ship(arguments, output),
        Command::Fetch(arguments) => ship::fetch(arguments, output),
        Command::Compact(arguments) => compact::run(arguments, output),
        Command::Doctor(arguments) => doctor::run(arguments, output),
        Command::Stat(stat) => stat::run(stat, output),
        Command::Prune(prune) => prune::run(prune, output),
        Command::Split(split) => split::run(split, output),
        Command::Join(join) => join::run(join, output),
        Command::Status(status) => status::run(status, output),
        Command::Completions(completions) => manual::completions(completions, output),
        Command::Man(man) => manual::man(man, output),
    }
}

/// Help, the version, or what is wrong with the command line.
fn not_run(error: &clap::Error) -> Exit {
    let json = std::env::args_os().take_while(|argument| argument != "--").any(|argument| argument == "--json");
    match print_instead(error, json) {
        Ok(exit) => exit,
        Err(failure) => {
            failure.report(json);
            failure.exit()
        }
    }
}

fn print_instead(error: &clap::Error, json: bool) -> Outcome {
    let text = error.render();
    if !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        if json {
            // The first line says what is wrong; the rest is for people.
            let text = text.to_string();
            let text = text.trim().trim_start_matches("error: ").to_owned();
            return Err(Failure::Usage(text));
        }
        // What can be said on no stream is left unsaid.
        let _ = error.print();
        return Ok(Exit::Usage);
    }
    let mut out = Out::of_verdict();
    match error.kind() {
        ErrorKind::DisplayVersion if json => {
            json::print(&mut out, &Version { version: env!("CARGO_PKG_VERSION").to_owned() })?;
        }
        _ if json => json::print(&mut out, &Help { text: text.to_string() })?,
        _ => write!(out, "{}", text.ansi()).map_err(Failure::output)?,
    }
    out.finish()?;
    Ok(Exit::Clean)
}

/// For everything that is printed from here on.
fn choose_color(color: Color) {
    let choice = match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}
