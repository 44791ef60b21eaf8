//! Standard streams that are a log: a command must not read its own output, nor print into a log.

use crate::output::failure::{Failure, Outcome};
use crate::output::paths::shown;
use crate::output::say::mute;
use crate::output::standard::Standard;
use aof_api::format::MAGIC;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What a command does with a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Use {
    Reads,
    Writes,
}

/// Refuses to run where a standard stream is one of the files of the command: `aof append LOG < LOG` would never end,
/// `aof inspect LOG >> LOG` would write text into the log.
#[cfg(unix)]
pub(crate) fn refuse(files: &[(&Path, Use)], reads_standard_input: bool) -> Outcome<()> {
    let (input, out, err) = (identity(std::io::stdin()), identity(std::io::stdout()), identity(std::io::stderr()));
    let is = |stream: Option<Identity>, file: &[Identity]| stream.is_some_and(|stream| file.contains(&stream));
    for (path, used) in files.iter().filter(|_| input.or(out).or(err).is_some()) {
        let file = &identities(path);
        for (stream, standard) in [(out, Standard::Output), (err, Standard::Error)] {
            if is(stream, file) {
                mute(standard);
            }
        }
        let stream = if is(out, file) {
            "standard output"
        } else if is(err, file) {
            "standard error"
        } else if is(input, file) && reads_standard_input && *used == Use::Writes {
            "standard input"
        } else {
            continue;
        };
        return Err(Failure::Refused(format!(
            "{stream} and {} are the same file: nothing was read or written; choose another file",
            shown(path)
        )));
    }
    let logs = [(1, "standard output", Standard::Output), (2, "standard error", Standard::Error)];
    let logs = logs.into_iter().filter(|(descriptor, ..)| is_log(*descriptor));
    let logs: Vec<_> = logs.inspect(|(.., standard)| mute(*standard)).collect();
    if let Some((_, name, _)) = logs.first() {
        return Err(Failure::Refused(format!(
            "{name} is a log, which the output would damage: nothing was read or written; choose another file"
        )));
    }
    let streams = [(out, "standard output", Standard::Output), (err, "standard error", Standard::Error)];
    let fed_back: Vec<_> = streams.into_iter().filter(|(stream, ..)| input.is_some() && input == *stream).collect();
    match fed_back.first() {
        Some((_, name, _)) if reads_standard_input => {
            fed_back.iter().for_each(|(.., standard)| mute(*standard));
            Err(Failure::Refused(format!(
                "standard input and {name} are the same file: nothing was read or written; choose another file"
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
pub(crate) fn refuse(_: &[(&Path, Use)], _: bool) -> Outcome<()> {
    let _ = (mute, Standard::Output, shown, Failure::Refused, MAGIC, File::open::<&Path>, <File as Read>::read);
    Ok(())
}

/// Whether the file that this descriptor writes to begins like a log.
#[cfg(unix)]
fn is_log(descriptor: u8) -> bool {
    let mut begin = [0; MAGIC.len()];
    let path = format!("/proc/self/fd/{descriptor}");
    // Only a regular file: opening anything else would wait, or take what others are to read.
    std::fs::metadata(&path).is_ok_and(|file| file.is_file())
        && File::open(&path).and_then(|mut file| file.read_exact(&mut begin)).is_ok()
        && begin == MAGIC
}

/// What distinguishes a file from another: its device and its inode.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity_of(file: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

/// Those of the file, or of each file in the directory, which may be the segments of a log.
#[cfg(unix)]
fn identities(path: &Path) -> Vec<Identity> {
    let identity =
        |path: &Path| std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|file| identity_of(&file));
    match std::fs::read_dir(path) {
        Ok(entries) => entries.filter_map(|entry| identity(&entry.ok()?.path())).collect(),
        Err(_) => identity(path).into_iter().collect(),
    }
}

/// That of a stream, where it is a regular file.
#[cfg(unix)]
fn identity(stream: impl std::os::fd::AsFd) -> Option<Identity> {
    let stream = stream.as_fd().try_clone_to_owned().ok()?;
    let file = File::from(stream).metadata().ok()?;
    file.is_file().then(|| identity_of(&file))
}
