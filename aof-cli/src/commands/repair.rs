//! `aof repair`: what is whole in a damaged log, as a log.

use super::merge::{draft, of_output, options, publish, refuse_nothing, refuse_without_room};
use super::merged::Merged;
use crate::command_line::output::OutputArguments;
use crate::command_line::repair::RepairArguments;
use crate::input::source::{LogReader, Source};
use crate::output::advice::Role;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::paths::{refuse_stream, shown};
use crate::output::progress::{Progress, Watched};
use crate::output::signals::{finished, guarded};
use aof_api::AofBackend;
use aof_api::merge::{self, Merger};
use aof_file::FileBackend;
use futures::executor::block_on;
use std::path::Path;

pub(crate) fn run(arguments: &RepairArguments, output: &OutputArguments) -> Outcome {
    if arguments.target.in_place && arguments.until.until().is_some() {
        let text = "--until-op and --until would shorten the log itself: write the log of that time with -o OUT";
        return Err(Failure::Usage(text.to_owned()));
    }
    match &arguments.target.output {
        Some(out) => to_file(arguments, out, output),
        None if arguments.target.in_place => in_place(arguments, output),
        None => dry_run(arguments, output),
    }
}

fn to_file(arguments: &RepairArguments, out: &Path, output: &OutputArguments) -> Outcome {
    refuse_stream(out, "OUT")?;
    let source = Source::open_file(&arguments.log, "repairing")?;
    let mut draft = draft(out, arguments.force, std::slice::from_ref(&source))?;
    let mut repair = Repair::read(arguments, source.reader()?, source.len, source.live, output)?;
    let until = arguments.until.until();
    refuse_nothing(until, repair.merger.report())?;
    let report = repair.write(draft.backend(), out)?;
    publish(draft, out, arguments.force)?;
    repair.progress.finish();
    repair.merged.note_short(until, &report)?;
    repair.finish(&report, Some(out), None)
}

fn in_place(arguments: &RepairArguments, output: &OutputArguments) -> Outcome {
    let log = &arguments.log;
    refuse_stream(log, "LOG")?;
    let failure = Failure::of(log, Role::Output);
    // Locked until the end, so that nobody writes to what is being replaced.
    let mut original = FileBackend::open(log).map_err(&failure)?;
    let reader = block_on(original.reader()).map_err(&failure)?;
    let mut repair = Repair::read(arguments, LogReader::File(reader), Some(original.len()), false, output)?;
    if repair.merger.report().changes_nothing() {
        let report = repair.merger.report().clone();
        return repair.finish(&report, None, None);
    }
    let mut draft = guarded(|| original.draft().map_err(&failure))?;
    let report = repair.write(draft.backend(), log)?;
    let others = other_names(log);
    let kept = finished(|| block_on(draft.succeed(&original))).map_err(&failure)?;
    repair.progress.finish();
    let kept = relative_to(&kept, log);
    if others > 0 {
        let (name, times) = (shown(log), if others == 1 { "name" } else { "names" });
        repair.merged.note(log, "hard-link", format!(
            "{name} has {others} other {times}, under which the damaged file remains: only {name} names the repaired one"
        ))?;
    }
    repair.finish(&report, Some(log), Some(&kept))
}

/// How many names the file has beside this one.
#[cfg(unix)]
fn other_names(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    path.metadata().map_or(0, |file| file.nlink().saturating_sub(1))
}

#[cfg(not(unix))]
fn other_names(_: &Path) -> u64 {
    0
}

/// The path of a file beside `log`, as `log` was typed.
fn relative_to(kept: &Path, log: &Path) -> std::path::PathBuf {
    kept.file_name().map_or_else(|| kept.to_owned(), |name| log.with_file_name(name))
}

fn dry_run(arguments: &RepairArguments, output: &OutputArguments) -> Outcome {
    let source = Source::open_file(&arguments.log, "repairing")?;
    let repair = Repair::read(arguments, source.reader()?, source.len, source.live, output)?;
    let report = repair.merger.report().clone();
    repair.finish(&report, None, None)
}

/// A log that was read, and what is to become of it.
struct Repair<'a> {
    merger: Merger<Watched<LogReader>>,
    merged: Merged<'a>,
    progress: Progress,
}

impl<'a> Repair<'a> {
    fn read(
        arguments: &'a RepairArguments,
        reader: LogReader,
        len: Option<u64>,
        live: bool,
        output: &'a OutputArguments,
    ) -> Outcome<Repair<'a>> {
        let log = arguments.log.as_path();
        let progress = Progress::new(len, output);
        let mut merger = Merger::new(options(
            None,
            arguments.tip,
            arguments.gaps,
            arguments.until.until(),
            arguments.threads.count(),
        ));
        merger.set_live(live);
        let read = block_on(merger.read(progress.watch(reader)));
        read.map_err(|error| match error {
            merge::Error::Storage(error) => Failure::at(log)(error),
            error => Failure::problem(format!("{}: {error}", shown(log))),
        })?;
        let merged = Merged::new(&[log], output).repairing();
        merged.note_lost(std::slice::from_ref(&Source::open_file(log, "repairing")?))?;
        let planned = block_on(merger.plan()).map(drop);
        if planned.is_err() || merger.report().left_out() > 0 {
            merged.note_clusters(std::slice::from_ref(&Source::open_file(log, "repairing")?))?;
        }
        if let Err(error) = planned {
            progress.finish();
            return Err(merged.refuse(merger.report(), error));
        }
        Ok(Repair { merger, merged, progress })
    }

    fn write(&mut self, backend: &mut FileBackend, path: &Path) -> Outcome<merge::Report> {
        refuse_without_room(path, self.merger.report())?;
        self.progress.phase("writing", self.merger.report().unique_bytes);
        let written = block_on(self.merger.write(backend)).map_err(|error| of_output(path, error));
        self.progress.wait("syncing");
        written
    }

    fn finish(self, report: &merge::Report, written: Option<&Path>, kept: Option<&Path>) -> Outcome {
        self.progress.finish();
        self.merged.print(report, written, kept)?;
        Ok(if report.is_whole() { Exit::Clean } else { Exit::Problems })
    }
}
