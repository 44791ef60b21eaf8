//! `aof join`: copy a log in segments to one file.

use super::directories::required;
use super::missing;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::command_line::split::JoinArguments;
use crate::input::source::Source;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::segments::Joined;
use crate::output::out::Out;
use aof_api::{Error, copy};
use aof_file::{FileOptions, SyncOn};
use aof_segments::{SegmentedOptions, join};
use futures::executor::block_on;
use std::io::Write;

pub(crate) fn run(arguments: &JoinArguments, output: &OutputArguments) -> Outcome {
    let (directory, file) = (&arguments.directory, &arguments.output);
    required(directory, "there is nothing to join")?;
    let options = SegmentedOptions::new().file(FileOptions::new().sync_on(SyncOn::Caller));
    let copied = block_on(join(directory, file, &options)).map_err(|error| match error {
        copy::Error::Storage(error @ Error::NotEmpty { .. }) => Failure::at(file)(error),
        copy::Error::Storage(error) => Failure::at(directory)(error),
        error => Failure::Differs { path: file.clone(), error },
    })?;
    let mut out = Out::of_verdict();
    let start = Source::open(directory)?.start;
    missing::note(&mut out, &missing::in_copy(file, output)?, ("DIR", directory, start), output)?;
    if output.json {
        let joined = Joined {
            entries: copied.entries,
            bytes: copied.bytes,
            tip: copied.tip.map(|tip| tip.checksum.into()),
            tip_op: copied.tip.map(|tip| tip.op),
        };
        json::print(&mut out, &joined)?;
    } else {
        let (entries, bytes) = (counted(copied.entries, "entry"), grouped(copied.bytes));
        writeln!(out, "joined  {entries}, {bytes} bytes ({}), durable", Size(copied.bytes)).map_err(Failure::output)?;
    }
    out.finish()?;
    Ok(Exit::Clean)
}
