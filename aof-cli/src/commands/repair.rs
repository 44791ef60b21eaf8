//! `aof repair`: what is whole in a damaged log, as a log.

use crate::command_line::output::OutputArguments;
use crate::command_line::repair::RepairArguments;
use crate::commands::merge::{draft, options, publish};
use crate::commands::merged::Merged;
use crate::input::source::{LogReader, Source};
use crate::output::exit::{Exit, Failure, Outcome};
use crate::output::interrupt::{finished, guarded};
use crate::output::paths::as_typed;
use crate::output::progress::{Progress, Watched};
use aof_api::AofBackend;
use aof_api::merge::{self, Merger};
use aof_file::FileBackend;
use futures::executor::block_on;
use std::path::Path;

pub(crate) fn run(arguments: &RepairArguments, output: &OutputArguments) -> Outcome {
    match &arguments.target.output {
        Some(out) => to_file(arguments, out, output),
        None if arguments.target.in_place => in_place(arguments, output),
        None => dry_run(arguments, output),
    }
}

fn to_file(arguments: &RepairArguments, out: &Path, output: &OutputArguments) -> Outcome {
    let source = Source::open_file(&arguments.log, "repairing")?;
    let mut draft = draft(out, arguments.force, std::slice::from_ref(&source))?;
    let mut repair = Repair::read(arguments, source.reader()?, source.len, source.live, output)?;
    let report = repair.write(draft.backend(), out)?;
    publish(draft, out, arguments.force)?;
    repair.finish(&report, Some(out), None)
}

fn in_place(arguments: &RepairArguments, output: &OutputArguments) -> Outcome {
    let log = &arguments.log;
    let failure = Failure::at(log);
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
    let kept = finished(|| block_on(draft.succeed(&original))).map_err(&failure)?;
    let kept = as_typed(&kept.to_string_lossy(), log);
    repair.finish(&report, Some(log), Some(Path::new(&kept)))
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
        let mut merger = Merger::new(options(None, arguments.tip, arguments.gaps, arguments.threads.count()));
        merger.set_live(live);
        block_on(merger.read(progress.watch(reader))).map_err(Failure::at(log))?;
        let merged = Merged::new(&[log], output);
        if let Err(error) = block_on(merger.plan()) {
            progress.finish();
            return Err(merged.refuse(merger.report(), error));
        }
        Ok(Repair { merger, merged, progress })
    }

    fn write(&mut self, backend: &mut FileBackend, path: &Path) -> Outcome<merge::Report> {
        self.progress.extend(self.merger.report().unique_bytes);
        block_on(self.merger.write(backend)).map_err(Failure::at(path))
    }

    fn finish(self, report: &merge::Report, written: Option<&Path>, kept: Option<&Path>) -> Outcome {
        self.progress.finish();
        self.merged.print(report, written, kept)?;
        Ok(if report.is_whole() { Exit::Clean } else { Exit::Problems })
    }
}
