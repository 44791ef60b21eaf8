//! `aof stat`: what is in a log, counted.

mod clients;
mod html;
mod json;
mod ops;
mod series;
mod sizes;
mod tally;
mod text;

use crate::command_line::output::OutputArguments;
use crate::command_line::stat::StatArguments;
use crate::input::source::Source;
use crate::output::exit::{Exit, Failure, Outcome};
use crate::output::paths::refuse_directory;
use crate::output::progress::Progress;
use anstream::AutoStream;
use aof_api::format::MAGIC;
use aof_api::{Entries, Error, read};
use aof_file::is_locked;
use futures::executor::block_on;
#[cfg(unix)]
use std::fs;
use std::fs::File;
use std::io::{Read, Write};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tally::Tally;

pub(crate) fn run(arguments: &StatArguments, output: &OutputArguments) -> Outcome {
    if let Some(page) = &arguments.html {
        refuse_directory(page, "stat.html".as_ref())?;
        if !arguments.force && page.symlink_metadata().is_ok() {
            return Err(exists(page));
        }
    }
    let sources = Source::open_all(&arguments.logs)?;
    if let Some(page) = &arguments.html {
        refuse_log(page, &sources)?;
    }
    let progress = Progress::new(Source::total_len(&sources), output);
    let mut tally = Tally::new();
    for source in &sources {
        let options = read::Options::new().verify_threads(source.threads(arguments.threads.count()));
        let mut entries = Entries::new(progress.watch(source.reader()?), options);
        tally.begin_file();
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) => {
                    tally.add(&entry);
                    progress.set_entries(tally.entries);
                }
                Ok(None) => break,
                Err(Error::Corrupt { .. }) => {
                    let range = block_on(entries.resync()).map_err(Failure::at(&source.path))?;
                    match range {
                        Some(range) if source.live && range.torn_end => tally.pending += range.len,
                        Some(range) => tally.damaged(range.len),
                        None => {}
                    }
                }
                Err(error) => return Err(Failure::at(&source.path)(error)),
            }
        }
        tally.end_file(entries.offset());
    }
    progress.finish();
    let names: Vec<String> = sources.iter().map(|source| source.path.display().to_string()).collect();
    if let Some(page) = &arguments.html {
        write_page(page, &html::page(&tally, &names.join(", ")), arguments.force, Source::mode(&sources))?;
    }
    let mut out = AutoStream::auto(std::io::stdout().lock());
    if output.json {
        json::print(&mut out, &tally)?
    } else {
        text::print(&mut out, &tally).map_err(Failure::output)?
    }
    out.flush().map_err(Failure::output)?;
    Ok(if tally.damages == 0 { Exit::Clean } else { Exit::Problems })
}

fn exists(page: &Path) -> Failure {
    Failure::Refused(format!("{} exists already: choose another name, or give --force to replace it", page.display()))
}

/// A log is not replaced by a page, also where that is asked for: `--html *.aof` takes the first log for the page.
fn refuse_log(page: &Path, sources: &[Source]) -> Outcome<()> {
    if !page.exists() {
        return Ok(());
    }
    let mut begin = [0; MAGIC.len()];
    let is_log = File::open(page).and_then(|mut file| file.read_exact(&mut begin)).is_ok() && begin == MAGIC;
    let mut is_taken = is_log || is_locked(page).map_err(Failure::at(page))?;
    for source in sources {
        is_taken |= source.is_at(page)?;
    }
    if is_taken {
        return Err(Failure::Refused(format!("{} is a log: choose another name for the page", page.display())));
    }
    Ok(())
}

/// The page has its name only when it is whole. Nobody may read it who may not read the logs, of which `mode` tells.
fn write_page(page: &Path, text: &str, force: bool, mode: u32) -> Outcome<()> {
    let failure = |error| Failure::at(page)(Error::io("write the page", 0, error));
    let directory = page.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(".aof-stat-");
    #[cfg(unix)]
    let builder = builder.permissions(fs::Permissions::from_mode(mode & 0o666 | 0o600));
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = builder.tempfile_in(directory).map_err(failure)?;
    file.write_all(text.as_bytes()).map_err(failure)?;
    let named = if force { file.persist(page) } else { file.persist_noclobber(page) };
    match named {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists(page)),
        Err(error) => Err(failure(error.error)),
    }
}
