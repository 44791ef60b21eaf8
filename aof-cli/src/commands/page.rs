//! A page of `--html`: where it goes, and what those of all commands have.

pub(super) mod frame;
pub(super) mod map;
pub(super) mod map_section;
pub(super) mod markup;
mod style;
pub(super) mod verdict;

use crate::command_line::output::OutputArguments;
use crate::input::source::Source;
use crate::output::advice::Role;
use crate::output::failure::{Failure, Outcome};
use crate::output::out::Out;
use crate::output::paths::{refuse_directory, shown};
use crate::output::signals::{finished, guarded_file};
use aof_api::Error;
use aof_api::format::MAGIC;
use aof_api::storage::IoCall;
use aof_file::is_locked;
#[cfg(unix)]
use std::fs;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Where the page goes, if one is to be written.
pub(super) enum Page<'a> {
    None,
    /// Standard output, in place of the text.
    Output,
    File {
        path: &'a Path,
        force: bool,
    },
}

impl<'a> Page<'a> {
    /// Refuses what cannot be, before the logs are read for nothing. `name` is one that would do for the page.
    pub(super) fn new(html: Option<&'a Path>, force: bool, name: &str, output: &OutputArguments) -> Outcome<Page<'a>> {
        let Some(path) = html else { return Ok(Page::None) };
        if path.as_os_str() == "-" {
            if output.json {
                let text =
                    "--html - and --json both write to standard output: give one of them, or a file for the page";
                return Err(Failure::Usage(text.to_owned()));
            }
            return Ok(Page::Output);
        }
        refuse_directory(path, name.as_ref())?;
        if !force && path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        Ok(Page::File { path, force })
    }

    /// A log is not replaced by a page, also where that is asked for: `--html *.aof` takes the first log for the page.
    pub(super) fn refuse_log(&self, sources: &[Source]) -> Outcome<()> {
        let Page::File { path, .. } = *self else { return Ok(()) };
        if !path.exists() {
            return Ok(());
        }
        let mut begin = [0; MAGIC.len()];
        let is_log = File::open(path).and_then(|mut file| file.read_exact(&mut begin)).is_ok() && begin == MAGIC;
        let mut is_taken = is_log || is_locked(path).map_err(Failure::of(path, Role::Output))?;
        for source in sources {
            is_taken |= source.is_at(path)?;
        }
        if is_taken {
            return Err(Failure::Refused(format!("{} is a log: choose another name for the page", shown(path))));
        }
        Ok(())
    }

    /// Writes the page, and returns whether it went to standard output. A file has its name only when it is whole; nobody
    /// may read it who may not read the logs, whose permissions are `mode`.
    pub(super) fn write(&self, page: impl FnOnce() -> String, mode: u32, out: &mut Out) -> Outcome<bool> {
        match *self {
            Page::None => Ok(false),
            Page::Output => out.write_all(page().as_bytes()).map(|()| true).map_err(Failure::output),
            Page::File { path, force } => write_file(path, &page(), force, mode).map(|()| false),
        }
    }
}

fn exists(page: &Path) -> Failure {
    Failure::Refused(format!("{} exists already: choose another name, or give --force to replace it", shown(page)))
}

fn write_file(page: &Path, text: &str, force: bool, mode: u32) -> Outcome<()> {
    let failure = |error: io::Error| {
        Failure::of(page, Role::Output)(match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Error::Full { needed: text.len() as u64, available: 0 }
            }
            _ => Error::io_at(IoCall::Write, page, 0, error),
        })
    };
    let directory = page.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(".aof-page-");
    #[cfg(unix)]
    let builder = builder.permissions(fs::Permissions::from_mode(mode & 0o666 | 0o600));
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = guarded_file(|| {
        let file = builder.tempfile_in(directory).map_err(failure)?;
        let path = file.path().to_owned();
        Ok((file, path))
    })?;
    // By the file itself, whose errors do not name the draft.
    file.as_file_mut().write_all(text.as_bytes()).map_err(failure)?;
    let named = finished(|| if force { file.persist(page) } else { file.persist_noclobber(page) });
    match named {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(page)),
        Err(error) => Err(failure(error.error)),
    }
}
