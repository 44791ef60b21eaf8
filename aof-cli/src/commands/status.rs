//! `aof status`: the end of a log, for monitors.

mod end;
mod print;
mod state;

use super::digest::no_entries;
use crate::command_line::output::OutputArguments;
use crate::command_line::status::StatusArguments;
use crate::input::source::Source;
use crate::output::exit::Exit;
use crate::output::failure::Outcome;
use crate::output::say::say;
use end::End;
use state::State;

pub(crate) fn run(arguments: &StatusArguments, output: &OutputArguments) -> Outcome {
    let source = Source::open_file(&arguments.log, "a status")?;
    let saved = arguments.state.as_deref().map(State::load).transpose()?.flatten();
    let end = End::read(&source, saved.as_ref(), arguments.rule.rule.into())?;
    print::print(&source, &end, arguments, output)?;
    if let Some(path) = &arguments.state {
        State::of(&end).save(path)?;
    }
    if end.last.is_none() && !end.findings.is_empty() && source.looks().is_some() {
        return Err(no_entries(std::slice::from_ref(&source)));
    }
    if end.bytes == 0 && !output.json && !arguments.prometheus {
        say!("note empty: the log is empty");
    }
    Ok(if end.findings.is_empty() { Exit::Clean } else { Exit::Problems })
}
