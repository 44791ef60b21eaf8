//! `aof merge`: one whole log out of several.

use crate::command_line::merge::MergeArguments;
use crate::command_line::output::OutputArguments;
use crate::commands::merged::Merged;
use crate::input::source::Source;
use crate::output::exit::{Exit, Failure, Outcome};
use crate::output::interrupt::{finished, guarded};
use crate::output::paths::refuse_directory;
use crate::output::progress::Progress;
use aof_api::format::Checksum;
use aof_api::merge::{self, Merger};
use aof_api::read;
use aof_file::{Draft, is_locked};
use futures::executor::block_on;
use std::path::Path;

pub(crate) fn run(arguments: &MergeArguments, output: &OutputArguments) -> Outcome {
    let out = &arguments.output;
    let sources = Source::open_files(&arguments.logs, "merging")?;
    let options = options(arguments.root, arguments.tip, arguments.gaps, arguments.threads.count());
    let mut draft = draft(out, arguments.force, &sources)?;
    let progress = Progress::new(Source::total_len(&sources), output);
    let mut merger = Merger::new(options);
    for source in &sources {
        merger.set_live(source.live);
        block_on(merger.read(progress.watch(source.reader()?))).map_err(Failure::at(&source.path))?;
    }
    let paths: Vec<&Path> = sources.iter().map(|source| source.path.as_path()).collect();
    let merged = Merged::new(&paths, output);
    if let Err(error) = block_on(merger.plan()) {
        progress.finish();
        return Err(merged.refuse(merger.report(), error));
    }
    progress.extend(merger.report().unique_bytes);
    let report = block_on(merger.write(draft.backend())).map_err(Failure::at(out))?;
    drop(merger);
    progress.finish();
    publish(draft, out, arguments.force)?;
    merged.print(&report, Some(out), None)?;
    Ok(if report.is_whole() { Exit::Clean } else { Exit::Problems })
}

pub(crate) fn options(root: Option<Checksum>, tip: Option<Checksum>, gaps: bool, threads: usize) -> merge::Options {
    let mut options = merge::Options::new().keep_gaps(gaps).read(read::Options::new().verify_threads(threads));
    if let Some(root) = root {
        options = options.root(root);
    }
    if let Some(tip) = tip {
        options = options.tip(tip);
    }
    options
}

/// A draft for `out`, if that may be written.
pub(crate) fn draft(out: &Path, force: bool, inputs: &[Source]) -> Outcome<Draft> {
    let name = out.display();
    refuse_directory(out, inputs.first().map_or("ledger.aof".as_ref(), Source::name))?;
    for input in inputs {
        if input.is_at(out)? {
            return Err(Failure::Refused(format!("{name} is one of the inputs: choose another name for the output")));
        }
    }
    // Publishing asks both again; here it is asked before the inputs are read for nothing.
    if out.symlink_metadata().is_ok() {
        if !force {
            return Err(exists(out));
        }
        if is_locked(out).map_err(Failure::at(out))? {
            let what = name.to_string();
            return Err(Failure::at(out)(aof_api::Error::Locked { what }));
        }
    }
    guarded(|| Source::options_for_output(inputs).draft(out).map_err(Failure::at(out)))
}

/// Gives the draft its name.
pub(crate) fn publish(draft: Draft, out: &Path, force: bool) -> Outcome<()> {
    let published = finished(|| block_on(async { if force { draft.replace().await } else { draft.publish().await } }));
    published.map_err(|error| match error {
        aof_api::Error::NotEmpty { .. } => exists(out),
        error => Failure::at(out)(error),
    })
}

fn exists(out: &Path) -> Failure {
    Failure::Refused(format!("{} exists: choose another name, or replace it with --force", out.display()))
}
