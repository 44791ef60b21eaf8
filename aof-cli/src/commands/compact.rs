//! `aof compact`: join the small objects of a log on an object store.

use super::ship::{in_use, location};
use crate::command_line::compact::CompactArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::output::advice::Role;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::out::Out;
use crate::output::progress::Spinner;
use crate::output::say::say;
use aof_api::AofBackend;
use aof_object_store::{Compacted, Compaction, ObjectReader, ObjectStoreBackend, Options};
use futures::executor::block_on;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn run(arguments: &CompactArguments, output: &OutputArguments) -> Outcome {
    let url = Path::new(&arguments.url);
    let location = location(&arguments.url)?;
    // Opening for writing would make a log where there is none.
    block_on(ObjectReader::open(Arc::clone(&location.store), &location.prefix, Options::new()))
        .map_err(Failure::at(url))?;
    let options = if arguments.take_over { Options::new().take_over() } else { Options::new() };
    let opened = block_on(ObjectStoreBackend::open(location.store, &location.prefix, options));
    let mut backend = opened.map_err(|error| in_use(&arguments.url, error))?;
    let compaction = Compaction::new().segment_len_min(arguments.at_least.0);
    let spinner = Spinner::new("joining objects", output);
    let compacted = block_on(backend.compact(compaction));
    let closed = block_on(backend.close());
    spinner.finish();
    let compacted = compacted.map_err(Failure::of(url, Role::Copy))?;
    closed.map_err(Failure::of(url, Role::Copy))?;
    report(&compacted, arguments.at_least.0, output)?;
    Ok(Exit::Clean)
}

fn report(compacted: &Compacted, at_least: u64, output: &OutputArguments) -> Outcome<()> {
    let mut out = Out::of_verdict();
    let Compacted { segments, chunks, bytes, .. } = *compacted;
    if output.json {
        json::print(&mut out, &json::compact::Compacted { segments, chunks, bytes })?;
    } else {
        let (chunks, segments) = (counted(chunks, "object"), counted(segments, "segment"));
        writeln!(out, "joined {chunks} into {segments}, {} bytes", grouped(bytes)).map_err(Failure::output)?;
    }
    out.finish()?;
    if compacted.segments == 0 && !output.json {
        let size = Size(at_least);
        say!(
            "note: nothing was joined: the objects without the newest, which stays, have less than {size} together; \
             --at-least asks for less"
        );
    }
    Ok(())
}
