//! `aof stat`: what is in a log, counted.

mod clients;
mod distribution;
mod html;
mod json;
mod map;
mod ops;
mod page;
mod risk;
mod series;
mod sizes;
mod tally;
mod text;
mod views;

use super::judged_order::order_note;
use super::lost::lost;
use crate::command_line::output::OutputArguments;
use crate::command_line::stat::StatArguments;
use crate::input::source::Source;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::out::Out;
use crate::output::progress::Progress;
use crate::output::say::say;
use aof_api::{Entries, Error, read};
use futures::executor::block_on;
use page::Page;
use tally::Tally;

pub(crate) fn run(arguments: &StatArguments, output: &OutputArguments) -> Outcome {
    let page = Page::new(arguments, output)?;
    let sources = Source::open_all(&arguments.logs)?;
    page.refuse_log(&sources)?;
    let progress = Progress::new(Source::total_len(&sources), output);
    let mut tally = Tally::new(arguments.decode);
    for source in &sources {
        let options = read::Options::new().verify_threads(source.threads(arguments.threads.count()));
        let mut entries = Entries::new(progress.watch(source.reader()?), options);
        tally.begin_file(source);
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) => {
                    tally.add(&entry);
                    progress.set_entries(tally.entries);
                }
                Ok(None) => break,
                Err(Error::Corrupt { .. }) => {
                    let range = block_on(entries.resync()).map_err(Failure::at(&source.path))?;
                    match range {
                        Some(range) if source.live && range.torn_end => tally.pending += range.len,
                        Some(range) => tally.damaged(&range),
                        None => {}
                    }
                }
                Err(error) => return Err(Failure::at(&source.path)(error)),
            }
        }
        tally.end_file(entries.offset());
        lost(source)?.into_iter().for_each(|finding| tally.found(finding));
    }
    progress.finish();
    let mut out = Out::of_verdict();
    if let Some((note, missing)) = order_note("aof stat", &sources, &tally.parts) {
        missing.into_iter().for_each(|finding| tally.found(finding));
        if output.json {
            crate::output::json::print(&mut out, &note)?;
        } else {
            say!("note order: {}", note.message);
        }
    }
    let to_output = page.write(|| html::page(&tally, &sources, arguments), Source::mode(&sources), &mut out)?;
    if tally.entries == 0 && tally.damages == 0 && !output.json {
        say!("note empty: the log is empty");
    }
    if output.json {
        json::print(&mut out, &tally, sources.first().map_or("".as_ref(), |source| &source.path))?;
    } else if !to_output {
        text::print(&mut out, &tally).map_err(Failure::output)?;
    }
    out.finish()?;
    if tally.entries == 0 && tally.damages > 0 {
        return Err(super::digest::no_entries(&sources));
    }
    Ok(if tally.is_clean() { Exit::Clean } else { Exit::Problems })
}
