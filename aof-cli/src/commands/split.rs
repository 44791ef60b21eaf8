//! `aof split`: a log as a directory of segments.

use super::clusters::Change;
use super::missing;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{counted, exact_bytes};
use crate::command_line::split::SplitArguments;
use crate::input::source::{LogReader, Source};
use crate::output::advice::Role;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::segments::Split;
use crate::output::out::Out;
use crate::output::paths::{quoted, refuse_stream, shown};
use crate::output::progress::{Progress, Watched};
use crate::output::signals::{finished, guarded_directory};
use aof_api::format::{Header, Prepare};
use aof_api::log::Origin;
use aof_api::log::blocking::Aof;
use aof_api::read;
use aof_api::{Entries, Error, LogOptions, Result, Tip};
use aof_file::{FileOptions, SyncOn};
use aof_segments::{SegmentedBackend, SegmentedOptions, adopt};
use futures::executor::block_on;
use std::io::Write;
use std::path::Path;

/// Entries are written together up to so many bytes.
const BATCH_LEN: u64 = 4 << 20;

/// A checkpoint seals only where a spare segment is ready, and makes one for the next where there is none.
const SEAL_ATTEMPTS: usize = 3;

pub(crate) fn run(arguments: &SplitArguments, output: &OutputArguments) -> Outcome {
    let SplitArguments { log, directory, .. } = arguments;
    if log.is_dir() {
        let (log, directory) = (quoted(log), quoted(directory));
        return Err(Failure::Usage(format!(
            "{log} is a directory of segments already: `aof join {log} FILE` makes one file of it, and \
             `aof split FILE {directory}` divides that elsewhere"
        )));
    }
    if directory.is_file() {
        return Err(Failure::Usage(format!("{} is a file: name a directory for the segments", shown(directory))));
    }
    let made = match arguments.adopt {
        true => adopted(log, directory),
        false => copied(arguments, output),
    }?;
    let mut out = Out::of_verdict();
    if !arguments.adopt {
        missing::note(&mut out, &missing::in_copy(directory, output)?, ("LOG", log, 0), output)?;
    }
    if output.json {
        json::print(&mut out, &made)?;
    } else {
        let (segments, bytes) = (counted(made.segments, "segment"), exact_bytes(made.bytes));
        writeln!(out, "split  {segments}, {bytes}, durable").map_err(Failure::output)?;
    }
    out.finish()?;
    Ok(Exit::Clean)
}

fn options() -> SegmentedOptions {
    // Every noted checkpoint seals, and the command chooses where it makes one.
    SegmentedOptions::new().segment_bytes(1).sync_on(SyncOn::Caller)
}

/// The file itself becomes the first segment.
fn adopted(log: &Path, directory: &Path) -> Outcome<Split> {
    adopt(log, directory, &options()).map_err(Failure::at(log))?;
    let backend = options().open(directory).map_err(Failure::at(directory))?;
    let segments = backend.segments();
    Ok(Split {
        segments: segments.len() as u64,
        entries: 0,
        bytes: segments.iter().map(|segment| segment.len).sum(),
        tip: None,
    })
}

fn copied(arguments: &SplitArguments, output: &OutputArguments) -> Outcome<Split> {
    refuse_stream(&arguments.directory, "DIR")?;
    let source = Source::open(&arguments.log)?;
    let progress = Progress::new(source.len, output);
    let mut entries = Entries::new(progress.watch(source.reader()?), read::Options::new());
    let options = options().file(
        FileOptions::new().sync_on(SyncOn::Caller).no_more_open_than(Source::mode(std::slice::from_ref(&source))),
    );
    let mut splitting = Splitting::new(arguments, options);
    let read = splitting.take_all(&mut entries);
    progress.wait("syncing");
    let made = splitting.is_new;
    let split = read.and_then(|()| splitting.finish());
    progress.finish();
    finished(|| {
        if made && split.is_err() {
            // A part of the segments is of no use, and in the way of the next attempt.
            let _ = std::fs::remove_dir_all(&arguments.directory);
        }
    });
    split
}

/// The segments as they are made.
struct Splitting<'a> {
    arguments: &'a SplitArguments,
    options: SegmentedOptions,
    log: Option<Aof<SegmentedBackend>>,
    /// Entries that wait to be written, and what they take.
    waiting: Vec<Prepare>,
    waiting_len: u64,
    /// Bytes in the segment so far, those that wait included.
    segment_len: u64,
    entries: u64,
    before: Option<Tip>,
    before_time: u64,
    cluster: Option<u128>,
    /// The directory was not there before.
    is_new: bool,
}

impl<'a> Splitting<'a> {
    fn new(arguments: &'a SplitArguments, options: SegmentedOptions) -> Splitting<'a> {
        Splitting {
            arguments,
            options,
            log: None,
            waiting: Vec::new(),
            waiting_len: 0,
            segment_len: 0,
            entries: 0,
            before: None,
            before_time: 0,
            cluster: None,
            is_new: false,
        }
    }

    fn take_all(&mut self, entries: &mut Entries<Watched<LogReader>>) -> Outcome<()> {
        while let Some(entry) = block_on(entries.next()).map_err(Failure::at(&self.arguments.log))? {
            let (found, offset) = (entry.header().cluster.get(), entry.offset);
            let expected = *self.cluster.get_or_insert(found);
            if expected != found {
                return Err(Change { offset, expected, found }.failure(&self.arguments.log));
            }
            let prepare = entry.to_prepare();
            self.take(prepare)?;
        }
        self.write()
    }

    fn take(&mut self, prepare: Prepare) -> Outcome<()> {
        let size = prepare.size_disk();
        if self.before.is_some() && self.begins_a_segment(prepare.header(), size) {
            self.write()?;
            self.seal().map_err(Failure::of(&self.arguments.directory, Role::Output))?;
            self.segment_len = 0;
        }
        self.before = Some(Tip { op: prepare.op(), checksum: prepare.checksum() });
        self.before_time = prepare.header().timestamp.get();
        self.segment_len += size;
        self.waiting_len += size;
        self.waiting.push(prepare);
        match self.waiting_len >= BATCH_LEN {
            true => self.write(),
            false => Ok(()),
        }
    }

    fn begins_a_segment(&self, header: &Header, size: u64) -> bool {
        let SplitArguments { at_op, at_time, every, .. } = self.arguments;
        let (op, before) = (header.op.get(), self.before.map_or(0, |before| before.op));
        let (time, time_before) = (header.timestamp.get(), self.before_time);
        match (at_op.as_slice(), at_time.as_slice()) {
            ([], []) => self.segment_len + size > every.0,
            (ops, []) => ops.iter().any(|at| before < *at && *at <= op),
            (_, times) => times.iter().any(|at| time_before < at.0 && at.0 <= time),
        }
    }

    fn write(&mut self) -> Outcome<()> {
        let directory = &self.arguments.directory;
        let failure = Failure::of(directory, Role::Output);
        let Some(first) = self.waiting.first() else { return Ok(()) };
        if self.log.is_none() {
            let header = first.header();
            let origin = Origin::After { op: header.op.get().saturating_sub(1), checksum: header.parent };
            let options = LogOptions::new().cluster(header.cluster.get()).origin(origin);
            let make = || {
                let backend = self.options.create(directory).map_err(&failure)?;
                Aof::create(backend, options).map_err(&failure)
            };
            let (log, is_new) = guarded_directory(directory, make)?;
            (self.log, self.is_new) = (Some(log), is_new);
        }
        if let Some(log) = &mut self.log {
            log.write_all(&self.waiting).map_err(&failure)?;
        }
        self.entries += self.waiting.len() as u64;
        self.waiting.clear();
        self.waiting_len = 0;
        Ok(())
    }

    /// Ends the segment here.
    fn seal(&mut self) -> Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        let count = log.backend().segments().len();
        for _ in 0..SEAL_ATTEMPTS {
            log.checkpoint()?;
            if log.backend().segments().len() > count {
                return Ok(());
            }
        }
        Err(Error::Unsupported { what: "dividing a log whose ops are not consecutive" })
    }

    fn finish(self) -> Outcome<Split> {
        let failure = Failure::of(&self.arguments.directory, Role::Output);
        let Some(mut log) = self.log else {
            let text = format!("{}: not one entry is in it, and nothing was made", shown(&self.arguments.log));
            return Err(Failure::problem(text));
        };
        log.checkpoint().map_err(&failure)?;
        let segments: Vec<_> = log.backend().segments().into_iter().filter(|segment| segment.len > 0).collect();
        let made = Split {
            segments: segments.len() as u64,
            entries: self.entries,
            bytes: segments.iter().map(|segment| segment.len).sum(),
            tip: log.tip().map(|tip| tip.checksum.into()),
        };
        log.close().map_err(&failure)?;
        Ok(made)
    }
}
