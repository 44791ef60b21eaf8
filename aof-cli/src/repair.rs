//! `aof repair`: what is whole in a damaged log, as a log.

use crate::arguments::{OutputArguments, ThreadArguments};
use crate::exit::{Exit, Failure, Outcome};
use crate::interrupt::{finished, guarded};
use crate::merge::{draft, options, publish};
use crate::merged::Merged;
use crate::paths::as_typed;
use crate::progress::{Progress, Watched};
use crate::source::{LogReader, Source};
use aof_api::{AofBackend, Checksum, MergeReport, Merger};
use aof_file::FileBackend;
use clap::Args;
use futures::executor::block_on;
use std::path::{Path, PathBuf};

/// Write what is whole in a damaged log as a log that opens
///
/// Keeps every entry that verifies and stands on the ones before it, once, in the order of the chain. Where entries are
/// lost, the chain ends: what lies behind is told, and kept with --gaps, for tools that read logs with gaps (`--rule tb`).
/// Another copy of the log may have what is lost here: look at `aof merge` first.
///
/// --dry-run and -o only read the log, which may be written meanwhile; --in-place needs it to itself.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 when nothing is lost, 1 when something is or the log has a torn end, 4 when OUT exists, or the log is to be \
                        repaired in place and is being written.\n\n\
                        Examples:\n  aof repair --dry-run ledger.aof\n  aof repair -o repaired.aof ledger.aof\n  \
                        aof repair --in-place ledger.aof"
)]
pub(crate) struct RepairArguments {
    /// The log
    log: PathBuf,
    #[command(flatten)]
    target: Target,
    /// The checksum of the last entry to keep, 32 digits: this chooses one of the branches of a fork
    #[arg(long, value_name = "HEX")]
    tip: Option<Checksum>,
    /// Keep also what lies behind lost entries
    #[arg(long)]
    gaps: bool,
    /// Replace OUT if it exists
    #[arg(long, conflicts_with_all = ["in_place", "dry_run"])]
    force: bool,
    #[command(flatten)]
    threads: ThreadArguments,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Target {
    /// Write it here
    #[arg(long, short, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Put it in the place of the log, which is kept as LOG.broken
    #[arg(long)]
    in_place: bool,
    /// Only say what would be lost
    #[arg(long)]
    dry_run: bool,
}

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

    fn write(&mut self, backend: &mut FileBackend, path: &Path) -> Outcome<MergeReport> {
        self.progress.extend(self.merger.report().unique_bytes);
        block_on(self.merger.write(backend)).map_err(Failure::at(path))
    }

    fn finish(self, report: &MergeReport, written: Option<&Path>, kept: Option<&Path>) -> Outcome {
        self.progress.finish();
        self.merged.print(report, written, kept)?;
        Ok(if report.is_whole() { Exit::Clean } else { Exit::Problems })
    }
}
