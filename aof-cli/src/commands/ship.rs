//! `aof ship` and `aof fetch`: a copy of a log on an object store, and the way back.

mod report;
mod rotated;
mod status;

use super::clusters::change;
use super::missing;
use crate::command_line::output::OutputArguments;
use crate::command_line::ship::{FetchArguments, ShipArguments};
use crate::input::source::{LogReader, Source};
use crate::output::advice::Role;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::fresh::Fresh;
use crate::output::out::Out;
use crate::output::paths::{refuse_directory, refuse_stream, shown};
use aof_api::Error;
use aof_api::read::find::Target;
use aof_file::{FileBackend, FileOptions, SyncOn};
use aof_object_store::{Compacted, Compaction, Location, ObjectReader, ObjectStoreBackend, Options, Shipped, Shipper};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::BoxFuture;
use report::Report;
use std::path::Path;
use std::time::UNIX_EPOCH;

pub(crate) fn ship(arguments: &ShipArguments, output: &OutputArguments) -> Outcome {
    let (path, url) = (&arguments.log, Path::new(&arguments.url));
    refuse_stream(path, "LOG")?;
    let location = location(&arguments.url)?;
    let mut source = Source::open_file(path, "shipping")?.reader()?;
    let options = if arguments.take_over { Options::new().take_over() } else { Options::new() };
    let opened = block_on(ObjectStoreBackend::open(location.store, &location.prefix, options));
    let opened = opened.map_err(|error| in_use(&arguments.url, error))?;
    let shipper = block_on(Shipper::open(opened)).map_err(Failure::of(url, Role::Copy))?;
    let mut shipping = Shipping { arguments, shipper, report: Report::new("shipped", output), compacting: None };
    let shipped = shipping.follow(&mut source);
    shipping.report.finish()?;
    shipped?;
    block_on(shipping.shipper.close()).map_err(Failure::of(url, Role::Copy))?;
    Ok(Exit::Clean)
}

/// A copy under way.
struct Shipping<'a> {
    arguments: &'a ShipArguments,
    shipper: Shipper<ObjectStoreBackend>,
    report: Report,
    /// A compaction under way, on the thread of the copy.
    compacting: Option<BoxFuture<'static, Result<Compacted, Error>>>,
}

impl Shipping<'_> {
    /// Copies what there is, and what comes, until there is a reason to end.
    fn follow(&mut self, source: &mut LogReader) -> Outcome<()> {
        let path = &self.arguments.log;
        self.catch_up()?;
        loop {
            // Opened before the last look at the file that was moved: the writer has written all of it by then.
            let next = rotated::next(source, path);
            let shipped = self.step(source)?;
            self.report.observe(&shipped, self.arguments.once && next.is_none())?;
            if let Some(status) = &self.arguments.status {
                status::write(status, &shipped)?;
            }
            if let Some(next) = next {
                *source = next;
                self.shipper.change_source();
                self.catch_up()?;
                continue;
            }
            if self.arguments.compact {
                self.compact()?;
            }
            if self.arguments.once {
                return Ok(());
            }
            self.report.finish()?;
            std::thread::sleep(self.arguments.interval.0);
        }
    }

    /// Lets the compaction of the copy begin or continue; with `--once` it is waited for.
    fn compact(&mut self) -> Outcome<()> {
        let mut compacting = match self.compacting.take() {
            Some(compacting) => compacting,
            None => Box::pin(self.shipper.log().backend().compact(Compaction::new())),
        };
        let ended = if self.arguments.once {
            Some(block_on(compacting))
        } else {
            let ended = (&mut compacting).now_or_never();
            if ended.is_none() {
                self.compacting = Some(compacting);
            }
            ended
        };
        match ended {
            Some(Err(error)) => Err(self.failure(&self.arguments.log, error)),
            _ => Ok(()),
        }
    }

    /// Copies what is in files that LOG was moved to and not in the copy.
    fn catch_up(&mut self) -> Outcome<()> {
        let Some(directory) = &self.arguments.rotated else { return Ok(()) };
        for path in rotated::before(directory, &self.arguments.log)? {
            let mut source = LogReader::File(FileBackend::open_read_only(&path).map_err(Failure::at(&path))?);
            self.shipper.change_source();
            match block_on(self.shipper.step(&mut source)) {
                Ok(shipped) => self.report.observe(&shipped, false)?,
                // It ends before the last entry of the copy.
                Err(Error::ChecksumMismatch { .. } | Error::MaybePruned { .. }) => {}
                Err(error) => return Err(self.failure(&path, error)),
            }
        }
        self.shipper.change_source();
        Ok(())
    }

    fn step(&mut self, source: &mut LogReader) -> Outcome<Shipped> {
        block_on(self.shipper.step(source)).map_err(|error| self.failure(&self.arguments.log, error))
    }

    fn failure(&self, path: &Path, error: Error) -> Failure {
        let url = Path::new(&self.arguments.url);
        match error {
            Error::ChecksumMismatch { .. } | Error::MaybePruned { .. } | Error::Pruned { .. } => not_a_copy(url, path),
            Error::Corrupt { .. } => Failure::at(path)(error),
            Error::WrongCluster { expected, found } => of_clusters(path, url, expected, found),
            error => Failure::of(url, Role::Copy)(error),
        }
    }
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
        "{copy} ends in an entry that {source} does not hold: it is a copy of another log, or entries between them are gone; choose another place, or name the directory of the rotated files with --rotated"
    ))
}

pub(super) fn in_use(url: &str, error: Error) -> Failure {
    match error {
        Error::Locked { what } => {
            Failure::Refused(format!("{what} may still have a writer: stop that one, wait 30 s, or pass --take-over"))
        }
        error => Failure::of(Path::new(url), Role::Copy)(error),
    }
}

pub(super) fn location(url: &str) -> Outcome<Location> {
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
    let fresh = Fresh::look(path);
    let fetched = copy_back(arguments, &mut reader);
    let shipped = fetched.inspect_err(|failure| fresh.discard_after(failure))?;
    // The file is what it says, read back.
    let mut out = Out::of_verdict();
    missing::note(&mut out, &missing::in_copy(path, output)?, ("LOG", path, 0), output)?;
    out.finish()?;
    let mut report = Report::new("fetched", output);
    report.observe(&shipped, true)?;
    report.finish()?;
    Ok(Exit::Clean)
}

/// Copies what the file has not of the log on the store. The file is changed only if it is a prefix of that log.
fn copy_back(arguments: &FetchArguments, reader: &mut ObjectReader) -> Outcome<Shipped> {
    let (path, url) = (&arguments.log, Path::new(&arguments.url));
    let failure = |error| match error {
        Error::ChecksumMismatch { .. } | Error::MaybePruned { .. } => not_a_prefix(path, url),
        error => Failure::of(path, Role::Copy)(error),
    };
    let backend = FileOptions::new().sync_on(SyncOn::Caller).open_or_create(path);
    let backend = backend.map_err(Failure::of(path, Role::Copy))?;
    let shipper = block_on(Shipper::open_for(backend, reader)).map_err(failure)?;
    let mut shipper = shipper.live(false);
    let nanoseconds = |time: humantime::Timestamp| {
        time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    };
    if let Some(op) = arguments.to_op {
        shipper = shipper.until(Target::Op(op));
    } else if let Some(time) = arguments.to_time {
        shipper = shipper.until(Target::Timestamp(nanoseconds(time)));
    }
    let shipped = block_on(shipper.step(reader)).map_err(|error| match error {
        Error::Corrupt { .. } => Failure::at(url)(error),
        error => Failure::of(path, Role::Copy)(error),
    })?;
    block_on(shipper.close()).map_err(Failure::of(path, Role::Copy))?;
    Ok(shipped)
}

/// The file ends in an entry that the log on the store does not have.
fn not_a_prefix(file: &Path, url: &Path) -> Failure {
    let (file, url) = (shown(file), shown(url));
    Failure::Refused(format!(
        "{file} ends in an entry that {url} does not hold: it is another log, or holds more than that one; nothing was \
         changed, fetch to another file"
    ))
}
