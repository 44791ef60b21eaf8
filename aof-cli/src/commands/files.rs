//! Which files a command reads and writes.

use crate::command_line::Command;
use crate::input::own_streams::Use;
use std::path::{Path, PathBuf};

/// The files, and whether standard input is read. `-` is no file.
pub(crate) fn of(command: &Command) -> (Vec<(&Path, Use)>, bool) {
    let mut files: Vec<(&Path, Use)> = Vec::new();
    let mut reads_lines = false;
    match command {
        Command::Append(append) => {
            files.push((&append.log, Use::Writes));
            reads_lines = append.count.is_none();
        }
        Command::Inspect(inspect) => files.extend(read(&inspect.logs)),
        Command::Validate(validate) => {
            files.extend(read(&validate.logs));
            files.extend(validate.html.as_deref().map(|page| (page, Use::Writes)));
        }
        Command::Diff(diff) => files.extend(read(&diff.logs)),
        Command::Digest(digest) => files.extend(read(&digest.logs)),
        Command::Export(export) => files.extend(read(&export.logs)),
        Command::Hexdump(hexdump) => files.push((&hexdump.log, Use::Reads)),
        Command::Merge(merge) => {
            files.extend(read(&merge.logs));
            files.extend(merge.output.as_deref().map(|out| (out, Use::Writes)));
        }
        Command::Repair(repair) => {
            files.push((&repair.log, if repair.target.in_place { Use::Writes } else { Use::Reads }));
            files.extend(repair.target.output.as_deref().map(|out| (out, Use::Writes)));
        }
        Command::Copy(copy) => {
            files.push((&copy.source, Use::Reads));
            files.push((&copy.destination, Use::Writes));
        }
        Command::Ship(ship) => {
            files.push((&ship.log, Use::Reads));
            files.extend(ship.rotated.as_deref().map(|directory| (directory, Use::Reads)));
            files.extend(ship.status.as_deref().map(|status| (status, Use::Writes)));
        }
        Command::Fetch(fetch) => files.push((&fetch.log, Use::Writes)),
        Command::Stat(stat) => {
            files.extend(read(&stat.logs));
            files.extend(stat.html.as_deref().map(|page| (page, Use::Writes)));
        }
        Command::Prune(prune) => files.push((&prune.log, Use::Writes)),
        Command::Split(split) => {
            files.push((&split.log, if split.adopt { Use::Writes } else { Use::Reads }));
            files.push((&split.directory, Use::Writes));
        }
        Command::Join(join) => {
            files.push((&join.directory, Use::Reads));
            files.push((&join.output, Use::Writes));
        }
        Command::Status(status) => {
            files.push((&status.log, Use::Reads));
            files.extend(status.state.as_deref().map(|state| (state, Use::Writes)));
        }
        Command::Compact(_) | Command::Doctor(_) | Command::Completions(_) | Command::Man(_) => {}
    }
    let is_stream = |path: &Path| path.as_os_str() == "-";
    let reads_standard_input = reads_lines || files.iter().any(|(path, used)| is_stream(path) && *used == Use::Reads);
    files.retain(|(path, _)| !is_stream(path));
    (files, reads_standard_input)
}

fn read(logs: &[PathBuf]) -> impl Iterator<Item = (&Path, Use)> {
    logs.iter().map(|log| (log.as_path(), Use::Reads))
}
