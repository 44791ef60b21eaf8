//! `aof copy`: from any backend to any other, verified.

mod report;

use super::directories::{SEGMENT_LEN, checkpoint_len};
use super::lost::lost;
use super::missing;
use super::witness::Witness;
use crate::command_line::copy::CopyArguments;
use crate::command_line::output::OutputArguments;
use crate::input::source::Source;
use crate::input::until::end_of;
use crate::output::advice::Role;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::fresh::Fresh;
use crate::output::json::log::Finding;
use crate::output::paths::{refuse_directory, refuse_stream, shown};
use crate::output::progress::Progress;
use aof_api::copy::{self, Copier};
use aof_api::read::{self, Bounded};
use aof_api::{AofBackend, Entries, Error};
use aof_file::SyncOn;
use aof_segments::{Directory, SegmentedOptions};
use futures::executor::block_on;
use report::Report;

/// The longest chunk that is read into segments, in bytes.
const CHUNK_LEN_MAX: u64 = 256 << 10;

pub(crate) fn run(arguments: &CopyArguments, output: &OutputArguments) -> Outcome {
    let path = &arguments.destination;
    refuse_stream(path, "DST")?;
    let source = Source::open(&arguments.source)?;
    let options = Source::options_for_output(std::slice::from_ref(&source));
    let failure = Failure::of(path, Role::Copy);
    if arguments.segments.is_none() && !Directory::has_segments(path) {
        refuse_directory(path, source.name())?;
        return copy_to(&source, || options.open_or_create(path).map_err(failure), None, arguments, output);
    }
    if path.is_file() {
        let path = shown(path);
        return Err(Failure::Usage(format!("--segments needs a directory, and {path} is a file: name another place")));
    }
    let segment_len = arguments.segments.map_or(SEGMENT_LEN, |size| size.0);
    let options = SegmentedOptions::new().sync_on(SyncOn::Caller).file(options).segment_bytes(segment_len);
    let open = || options.open_or_create(path).map_err(failure);
    copy_to(&source, open, Some(segment_len), arguments, output)
}

/// Copies to the storage that `open` opens, in segments of `segment_len` bytes where it has some.
fn copy_to<B: AofBackend>(
    source: &Source,
    open: impl FnOnce() -> Outcome<B>,
    segment_len: Option<u64>,
    arguments: &CopyArguments,
    output: &OutputArguments,
) -> Outcome {
    let path = &arguments.destination;
    let mut report = Report::new(arguments, source, output);
    if !source.is_stream() {
        if source.is_at(path)? {
            return Err(Failure::Refused("SRC and DST are the same file: choose another name for DST".to_owned()));
        }
        refuse_no_log(source, &mut report)?;
    }
    let end = match arguments.until.until() {
        Some(until) => end_of(source, until)?,
        None => None,
    };
    if end == Some(0) {
        return Err(Failure::problem("SRC begins past what --until-op or --until asks for; nothing was copied"));
    }
    let mut progress = Progress::new(end.or(source.len), output);
    let read = read::Options::new().verify_threads(source.threads(arguments.threads.count()));
    let options = copy::Options::new().live(source.live && end.is_none());
    let mut copier = Copier::new(match segment_len.map(checkpoint_len) {
        // A checkpoint follows a chunk.
        Some(len) => options.checkpoint_len(len).read(read.chunk_len(len.min(CHUNK_LEN_MAX) as usize)),
        None => options.read(read),
    });
    progress.follow_entries(copier.entries_so_far());
    let fresh = Fresh::look(path);
    let mut destination = open()?;
    let reader = Witness::new(Bounded::new(progress.watch(source.reader()?), end.unwrap_or(u64::MAX)));
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
        Err(copy::Error::Storage(error @ Error::Corrupt { .. })) => Some(report.stop(&error)),
        Err(copy::Error::Storage(error)) if source_failed.is(&error) => Some(report.fail(error)),
        Err(copy::Error::Storage(error)) => return Err(report.ended(Failure::of(path, Role::Copy)(error))),
        Err(error) => return Err(Failure::Differs { path: path.clone(), error }),
    };
    if stopped.is_some() {
        // The machine did not fail at the destination: where that is new and empty, nothing came.
        fresh.discard();
    }
    closed.map_err(Failure::of(path, Role::Copy))?;
    if report.copied.bytes > 0 {
        report.missing = missing::in_copy(path, output)?;
    }
    report.missing.extend(lost(source)?.filter(|_| end.is_none()).map(|finding| in_copy(finding, source)));
    report.print()?;
    stopped.map_or(Ok(Exit::Clean), Err)
}

/// A finding of the source, by its place in the copy.
fn in_copy(finding: Finding, source: &Source) -> Finding {
    Finding { offset: finding.offset.saturating_sub(source.start), ..finding }
}

/// Nothing is made for what is not a log at all.
fn refuse_no_log(source: &Source, report: &mut Report<'_>) -> Outcome<()> {
    let mut entries = Entries::new(source.reader()?, read::Options::new());
    let refused = match block_on(entries.next()).map(drop) {
        Err(error @ Error::Corrupt { .. }) if !source.live => {
            report.stopped = block_on(entries.resync()).map_err(Failure::at(&source.path))?;
            report.stop(&error)
        }
        Err(error) if !source.live => report.fail(error),
        _ => return Ok(()),
    };
    report.print()?;
    Err(refused)
}
