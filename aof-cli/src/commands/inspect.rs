//! `aof inspect`: list entries.

mod backwards;
mod columns;
mod events;
mod follow;
mod listing;
mod pause;
mod print;
mod records;
mod rows;
mod search;
mod watched;
mod window;

use crate::command_line::inspect::InspectArguments;
use crate::command_line::output::OutputArguments;
use crate::output::exit::Exit;
use crate::output::failure::Outcome;
use crate::output::out::Out;
use listing::Listing;

pub(crate) fn run(arguments: &InspectArguments, output: &OutputArguments) -> Outcome {
    let mut listing = Listing::new(arguments, output.json, Out::of_listing());
    let listed = if arguments.follow { listing.follow() } else { listing.list(output) };
    match listed.and_then(|()| listing.finish()) {
        // A reader that has enough does not change what was found until then.
        Err(failure) if !failure.is_reader_gone() => Err(failure),
        _ => Ok(if listing.is_clean() { Exit::Clean } else { Exit::Problems }),
    }
}
