//! `aof join`: copy a log in segments to one file.

use super::directories::required;
use super::lost::lost;
use super::missing;
use super::witness::Witness;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::command_line::split::JoinArguments;
use crate::input::source::Source;
use crate::output::advice::Role;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::log::Finding;
use crate::output::json::segments::Joined;
use crate::output::out::Out;
use crate::output::signals::{finished, guarded};
use aof_api::copy::Copied;
use aof_api::{Error, copy};
use aof_file::LockFile;
use futures::executor::block_on;
use std::io::Write;
use std::path::Path;

pub(crate) fn run(arguments: &JoinArguments, output: &OutputArguments) -> Outcome {
    let (directory, file) = (&arguments.directory, &arguments.output);
    required(directory, "there is nothing to join")?;
    let copied = copied(directory, file)?;
    let mut out = Out::of_verdict();
    let source = Source::open(directory)?;
    let start = source.start;
    let mut missing = missing::in_copy(file, output)?;
    missing.extend(lost(&source)?.map(|lost| Finding { offset: lost.offset.saturating_sub(start), ..lost }));
    missing::note(&mut out, &missing, ("DIR", directory, start), output)?;
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

/// Copies the segments to a draft of the file, which appears under its name when all of it is durable. Nobody may append
/// meanwhile, and no signal leaves the draft.
fn copied(directory: &Path, file: &Path) -> Outcome<Copied> {
    let (of_log, of_file) = (Failure::at(directory), Failure::of(file, Role::Output));
    let source = Source::open(directory)?;
    let options = Source::options_for_output(std::slice::from_ref(&source));
    let lock = LockFile::acquire(&options, directory.join("lock")).map_err(&of_log)?;
    let reader = Witness::new(source.reader()?);
    let read_failed = reader.failed();
    let mut draft = guarded(|| options.draft(file).map_err(&of_file))?;
    let copied = block_on(copy::copy(reader, draft.backend(), copy::Options::new())).map_err(|error| match error {
        copy::Error::Storage(error) if read_failed.is(&error) || matches!(error, Error::Corrupt { .. }) => {
            of_log(error)
        }
        copy::Error::Storage(error) => of_file(error),
        error => Failure::Differs { path: file.to_owned(), error },
    });
    let copied = copied.inspect_err(|_| finished(|| ()))?;
    finished(|| block_on(draft.publish())).map_err(&of_file)?;
    drop(lock);
    Ok(copied)
}
