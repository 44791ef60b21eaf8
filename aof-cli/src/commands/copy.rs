//! `aof copy`: from any backend to any other, verified.

mod report;
mod witness;

use crate::command_line::copy::CopyArguments;
use crate::command_line::output::OutputArguments;
use crate::input::source::Source;
use crate::output::exit::{Exit, Failure, Outcome};
use crate::output::fresh::Fresh;
use crate::output::paths::refuse_directory;
use crate::output::progress::Progress;
use aof_api::copy::{self, Copier};
use aof_api::{AofBackend, Entries, Error, read};
use futures::executor::block_on;
use report::Report;
use witness::Witness;

pub(crate) fn run(arguments: &CopyArguments, output: &OutputArguments) -> Outcome {
    let source = Source::open(&arguments.source)?;
    let path = &arguments.destination;
    if path.as_os_str() == "-" {
        return Err(Failure::Usage("DST is a file: a copy is read back, which standard output cannot be".to_owned()));
    }
    refuse_directory(path, source.name())?;
    let mut report = Report::new(arguments, &source, output);
    if !source.is_stream() {
        if source.is_at(path)? {
            return Err(Failure::Refused("SRC and DST are the same file: choose another name for DST".to_owned()));
        }
        // Nothing is made for what is no log at all.
        let mut entries = Entries::new(source.reader()?, read::Options::new());
        match block_on(entries.next()).map(drop) {
            Err(error @ Error::Corrupt { .. }) if !source.live => {
                report.stopped = block_on(entries.resync()).map_err(Failure::at(&source.path))?;
                let stopped = report.stop(&error);
                report.print()?;
                return Err(stopped);
            }
            Err(error) if !source.live => {
                let failed = report.fail(error);
                report.print()?;
                return Err(failed);
            }
            _ => {}
        }
    }
    let mut progress = Progress::new(source.len, output);
    let read = read::Options::new().verify_threads(source.threads(arguments.threads.count()));
    let mut copier = Copier::new(copy::Options::new().read(read).live(source.live));
    progress.follow_entries(copier.entries_so_far());
    let fresh = Fresh::look(path);
    let backend = Source::options_for_output(std::slice::from_ref(&source)).open_or_create(path);
    let mut destination = backend.map_err(Failure::at(path))?;
    let reader = Witness::new(progress.watch(source.reader()?));
    let source_failed = reader.failed();
    let copied = block_on(copier.copy(reader, &mut destination));
    progress.finish();
    (report.copied, report.stopped) = (copier.copied(), copier.stopped());
    report.destination_len = Some(destination.len());
    // Whatever ended it, what was copied is to stay.
    let closed = block_on(destination.close());
    drop(destination);
    let stopped = match copied {
        Ok(_) => None,
        Err(error @ Error::Corrupt { .. }) => Some(report.stop(&error)),
        Err(error) if source_failed.is(&error) => Some(report.fail(error)),
        Err(error) => return Err(Failure::at(path)(error)),
    };
    if stopped.is_some() {
        // The machine did not fail at the destination: where that is new and empty, nothing came.
        fresh.discard();
    }
    closed.map_err(Failure::at(path))?;
    report.print()?;
    stopped.map_or(Ok(Exit::Clean), Err)
}
