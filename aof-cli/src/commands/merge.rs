//! `aof merge`: one whole log out of several.

use super::clusters::refuse_several;
use super::diff;
use super::merged::Merged;
use crate::command_line::merge::MergeArguments;
use crate::command_line::output::OutputArguments;
use crate::input::open_files::OpenFiles;
use crate::input::source::Source;
use crate::output::advice::Role;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::out::Out;
use crate::output::paths::{refuse_directory, refuse_stream, shown};
use crate::output::progress::Progress;
use crate::output::signals::{finished, guarded};
use crate::output::time::time;
use aof_api::format::Checksum;
use aof_api::merge::{self, Merger};
use aof_api::read::Until;
use aof_api::{Error, read};
use aof_file::{Draft, is_locked};
use futures::executor::block_on;
use std::path::Path;

pub(crate) fn run(arguments: &MergeArguments, output: &OutputArguments) -> Outcome {
    let out = arguments.output.as_deref();
    out.map_or(Ok(()), |out| refuse_stream(out, "OUT"))?;
    let sources = Source::open_files(&arguments.logs, "merging")?;
    refuse_several(&sources)?;
    let until = arguments.until.until();
    let options = options(arguments.root, arguments.tip, arguments.gaps, until, arguments.threads.count());
    let draft = out.map(|out| Ok((out, draft(out, arguments.force, &sources)?))).transpose()?;
    // One input is compared with nothing.
    if draft.is_none() && sources.len() > 1 {
        let mut table = Out::of_verdict();
        diff::print(&mut table, &sources, output)?;
        table.finish()?;
    }
    let progress = Progress::new(Source::total_len(&sources), output);
    let (mut merger, files) = (Merger::new(options), OpenFiles::default());
    for (number, source) in sources.iter().enumerate() {
        merger.set_live(source.live);
        let reader = progress.watch(source.reader_among(&files, number)?);
        block_on(merger.read(reader)).map_err(|error| of_input(source, error))?;
    }
    let paths: Vec<&Path> = sources.iter().map(|source| source.path.as_path()).collect();
    let merged = Merged::new(&paths, output);
    merged.note_lost(&sources)?;
    let planned = block_on(merger.plan()).map(drop);
    if planned.is_err() || merger.report().left_out() > 0 {
        merged.note_clusters(&sources)?;
    }
    if let Err(error) = planned {
        progress.finish();
        return Err(merged.refuse(merger.report(), error));
    }
    refuse_nothing(until, merger.report())?;
    let Some((out, mut draft)) = draft else {
        progress.finish();
        let report = merger.report();
        merged.note_short(until, report)?;
        merged.print(report, None, None)?;
        return Ok(if report.is_whole() { Exit::Clean } else { Exit::Problems });
    };
    progress.phase("writing", merger.report().unique_bytes);
    refuse_without_room(out, merger.report())?;
    let report = block_on(merger.write(draft.backend())).map_err(|error| of_output(out, error))?;
    drop(merger);
    progress.wait("syncing");
    let published = publish(draft, out, arguments.force);
    progress.finish();
    published?;
    merged.note_short(until, &report)?;
    merged.print(&report, Some(out), None)?;
    Ok(if report.is_whole() { Exit::Clean } else { Exit::Problems })
}

/// A failure to read an input.
pub(super) fn of_input(source: &Source, error: merge::Error) -> Failure {
    match error {
        merge::Error::Storage(error) => Failure::at(&source.path)(error),
        error => Failure::problem(format!("{}: {error}", shown(&source.path))),
    }
}

/// A failure to write the output.
pub(super) fn of_output(out: &Path, error: merge::Error) -> Failure {
    match error {
        merge::Error::Storage(error) => Failure::of(out, Role::Output)(error),
        error => Failure::problem(format!("{}: {error}", shown(out))),
    }
}

/// Asks for the room before anything is written. It may be taken meanwhile: writing asks again.
#[cfg(unix)]
pub(super) fn refuse_without_room(out: &Path, report: &merge::Report) -> Outcome<()> {
    // What is left out is not written, and how many bytes that saves is not known.
    if report.left_out() > 0 {
        return Ok(());
    }
    let directory = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(disk) = rustix::fs::statvfs(directory) else { return Ok(()) };
    let (needed, available) = (report.unique_bytes, disk.f_bavail.saturating_mul(disk.f_frsize));
    // A file system that does not report its room reports nothing.
    if disk.f_blocks > 0 && needed > available {
        return Err(Failure::of(out, Role::Output)(Error::Full { needed, available }));
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn refuse_without_room(_: &Path, _: &merge::Report) -> Outcome<()> {
    Ok(())
}

pub(super) fn options(
    root: Option<Checksum>,
    tip: Option<Checksum>,
    gaps: bool,
    until: Option<Until>,
    threads: usize,
) -> merge::Options {
    let mut options = merge::Options::new().keep_gaps(gaps).read(read::Options::new().verify_threads(threads));
    if let Some(root) = root {
        options = options.root(root);
    }
    if let Some(tip) = tip {
        options = options.tip(tip);
    }
    if let Some(until) = until {
        options = options.until(until);
    }
    options
}

/// Nothing is written where all there is comes later.
pub(super) fn refuse_nothing(until: Option<Until>, report: &merge::Report) -> Outcome<()> {
    let what = match until.filter(|_| report.unique == 0 && report.past > 0) {
        Some(Until::Op(op)) => format!("up to op {op}"),
        Some(Until::Timestamp(timestamp)) => format!("up to {}", time(timestamp)),
        _ => return Ok(()),
    };
    Err(Failure::problem(format!("no entry is {what}; nothing was written")))
}

/// A draft for `out`, if that may be written.
pub(super) fn draft(out: &Path, force: bool, inputs: &[Source]) -> Outcome<Draft> {
    refuse_directory(out, inputs.first().map_or("ledger.aof".as_ref(), Source::name))?;
    for input in inputs {
        if input.is_at(out)? {
            let name = shown(out);
            return Err(Failure::Refused(format!("{name} is one of the inputs: choose another name for the output")));
        }
    }
    // Publishing asks both again; here it is asked before the inputs are read for nothing.
    if out.symlink_metadata().is_ok() {
        if !force {
            return Err(exists(out));
        }
        if is_locked(out).map_err(Failure::of(out, Role::Output))? {
            let what = shown(out);
            return Err(Failure::of(out, Role::Output)(Error::Locked { what }));
        }
    }
    guarded(|| Source::options_for_output(inputs).draft(out).map_err(Failure::of(out, Role::Output)))
}

/// Gives the draft its name.
pub(super) fn publish(draft: Draft, out: &Path, force: bool) -> Outcome<()> {
    let published = finished(|| block_on(async { if force { draft.replace().await } else { draft.publish().await } }));
    published.map_err(|error| match error {
        Error::NotEmpty { .. } => exists(out),
        error => Failure::of(out, Role::Output)(error),
    })
}

fn exists(out: &Path) -> Failure {
    Failure::Refused(format!("{} exists: choose another name, or replace it with --force", shown(out)))
}
