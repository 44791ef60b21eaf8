//! `aof ship` and `aof fetch`: a copy of a log on an object store, and the way back.

mod report;
mod status;

use super::clusters::change;
use super::missing;
use crate::command_line::output::OutputArguments;
use crate::command_line::ship::{FetchArguments, ShipArguments};
use crate::input::source::Source;
use crate::output::advice::Role;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::out::Out;
use crate::output::paths::{refuse_directory, refuse_stream, shown};
use aof_api::read::find::Target;
use aof_api::{AofBackend, Error};
use aof_file::{FileBackend, FileOptions, FileReader, SyncOn};
use aof_object_store::{Location, ObjectReader, ObjectStoreBackend, Options, Shipper};
use futures::executor::block_on;
use report::Report;
use std::path::Path;
use std::time::UNIX_EPOCH;

pub(crate) fn ship(arguments: &ShipArguments, output: &OutputArguments) -> Outcome {
    let (path, url) = (&arguments.log, Path::new(&arguments.url));
    refuse_stream(path, "LOG")?;
    let location = location(&arguments.url)?;
    let mut source = FileBackend::open_read_only(path).map_err(Failure::at(path))?;
    let options = if arguments.take_over { Options::new().take_over() } else { Options::new() };
    let opened = block_on(ObjectStoreBackend::open(location.store, &location.prefix, options));
    let opened = opened.map_err(|error| in_use(&arguments.url, error))?;
    let mut shipper = block_on(Shipper::open(opened)).map_err(Failure::of(url, Role::Copy))?;
    let mut report = Report::new("shipped", output);
    loop {
        // Asked before the last look: what was appended before the move is in the file.
        let moved = !source.is_at(path).unwrap_or(true);
        let shipped = step(&mut shipper, &mut source, path, url);
        let shipped = match shipped {
            Ok(shipped) => shipped,
            Err(failure) => {
                report.finish()?;
                return Err(failure);
            }
        };
        report.observe(&shipped, arguments.once)?;
        if let Some(status) = &arguments.status {
            status::write(status, &shipped)?;
        }
        if moved && let Ok(next) = FileBackend::open_read_only(path) {
            source = next;
            shipper.change_source();
            continue;
        }
        if arguments.once {
            break;
        }
        report.finish()?;
        std::thread::sleep(arguments.interval.0);
    }
    report.finish()?;
    block_on(shipper.close()).map_err(Failure::of(url, Role::Copy))?;
    Ok(Exit::Clean)
}

fn step<B: AofBackend>(
    shipper: &mut Shipper<B>,
    source: &mut FileReader,
    path: &Path,
    url: &Path,
) -> Outcome<aof_object_store::Shipped> {
    block_on(shipper.step(source)).map_err(|error| match error {
        Error::ChecksumMismatch { .. } | Error::MaybePruned { .. } => not_a_copy(url, path),
        Error::Corrupt { .. } => Failure::at(path)(error),
        Error::WrongCluster { expected, found } => of_clusters(path, url, expected, found),
        error => Failure::of(url, Role::Copy)(error),
    })
}

/// The log is a mix, or the copy is that of a log of another cluster.
fn of_clusters(log: &Path, copy: &Path, expected: u128, found: u128) -> Failure {
    let change = Source::open(log).and_then(|log| log.reader()).ok().and_then(change);
    if let Some(change) = change {
        return change.failure(log);
    }
    Failure::Refused(format!(
        "{} is a copy of a log of cluster {expected}, {} is of cluster {found}: choose another place",
        shown(copy),
        shown(log)
    ))
}

/// The copy ends in an entry that the source does not have.
fn not_a_copy(copy: &Path, source: &Path) -> Failure {
    let (copy, source) = (shown(copy), shown(source));
    Failure::Refused(format!(
        "{copy} ends in an entry that {source} does not hold: it is a copy of another log, or entries between them are gone; choose another place, or ship the archived file first"
    ))
}

fn in_use(url: &str, error: Error) -> Failure {
    match error {
        Error::Locked { what } => {
            Failure::Refused(format!("{what} may still have a writer: stop that one, wait 30 s, or pass --take-over"))
        }
        error => Failure::of(Path::new(url), Role::Copy)(error),
    }
}

fn location(url: &str) -> Outcome<Location> {
    if !Location::is_url(url) {
        let text =
            format!("{url} is not the URL of a store: give s3://BUCKET/PREFIX, gs://, az:// or file:///DIRECTORY");
        return Err(Failure::Usage(text));
    }
    Location::parse(url).map_err(Failure::at(Path::new(url)))
}

pub(crate) fn fetch(arguments: &FetchArguments, output: &OutputArguments) -> Outcome {
    let (path, url) = (&arguments.log, Path::new(&arguments.url));
    refuse_stream(path, "LOG")?;
    refuse_directory(path, "ledger.aof".as_ref())?;
    let location = location(&arguments.url)?;
    let reader = block_on(ObjectReader::open(location.store, &location.prefix, Options::new()));
    let mut reader = reader.map_err(Failure::at(url))?;
    let backend = FileOptions::new().sync_on(SyncOn::Caller).open_or_create(path);
    let backend = backend.map_err(Failure::of(path, Role::Copy))?;
    let shipper = block_on(Shipper::open(backend)).map_err(Failure::of(path, Role::Copy))?;
    let mut shipper = shipper.live(false);
    let nanoseconds = |time: humantime::Timestamp| {
        time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    };
    if let Some(op) = arguments.to_op {
        shipper = shipper.until(Target::Op(op));
    } else if let Some(time) = arguments.to_time {
        shipper = shipper.until(Target::Timestamp(nanoseconds(time)));
    }
    let shipped = block_on(shipper.step(&mut reader)).map_err(|error| match error {
        Error::ChecksumMismatch { .. } | Error::MaybePruned { .. } => not_a_copy(path, url),
        Error::Corrupt { .. } => Failure::at(url)(error),
        error => Failure::of(path, Role::Copy)(error),
    })?;
    block_on(shipper.close()).map_err(Failure::of(path, Role::Copy))?;
    // The file is what it says, read back.
    let mut out = Out::of_verdict();
    missing::note(&mut out, &missing::in_copy(path, output)?, ("LOG", path, 0), output)?;
    out.finish()?;
    let mut report = Report::new("fetched", output);
    report.observe(&shipped, true)?;
    report.finish()?;
    Ok(Exit::Clean)
}
