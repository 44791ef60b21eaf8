//! A log that is moved, replaced or removed while `aof append` has it open.

use crate::output::exit::{Failure, Outcome};
use anstream::eprintln;
use aof_api::Error;
use aof_api::log::blocking::Aof;
use aof_file::FileBackend;
use aof_file::blocking::continue_after_move;
use std::path::Path;

/// What became of a log whose path names it no longer.
pub(crate) enum Moved {
    /// It was moved away, and goes on in a new file at the path.
    GoesOn,
    /// What was written is durable under another name, and nothing more can be.
    Ends(Failure),
    /// It has no name any more, so nothing may be acknowledged.
    Gone(Failure),
}

/// Goes on in a new file where the log was moved away; says so.
pub(crate) fn go_on(log: &mut Aof<FileBackend>, path: &Path) -> Moved {
    let name = path.display();
    match continue_after_move(log) {
        Ok(true) => {
            let op = log.tip().map_or(0, |tip| tip.op);
            eprintln!("{name} was moved away: going on in a new file there, which begins with a copy of op {op}");
            Moved::GoesOn
        }
        // Moved, and moved back.
        Ok(false) => Moved::GoesOn,
        Err(Error::Moved { .. }) if path.symlink_metadata().is_ok() => Moved::Ends(Failure::Refused(format!(
            "{name} names another file now, which was left as it is; what was written is durable in the log, under the \
             name it was moved to\n  move the other file away and the log back to go on with it, or append to the log \
             under its new name"
        ))),
        Err(Error::Moved { .. }) => Moved::Gone(Failure::Refused(format!(
            "{name} was removed while it was open, and has no other name: it is gone, with all that was in it"
        ))),
        Err(error) => Moved::Ends(Failure::at(path)(error)),
    }
}

/// Before the log is closed: where it was moved away, the new file is there for the next writer, who would begin a
/// second history at op 1 without it.
pub(crate) fn go_on_before_close(log: &mut Aof<FileBackend>, path: &Path) -> Outcome<()> {
    if log.is_empty() {
        return Ok(());
    }
    match log.checkpoint() {
        Err(Error::Moved { .. }) => {}
        other => return other.map(drop).map_err(Failure::at(path)),
    }
    match go_on(log, path) {
        Moved::GoesOn => Ok(()),
        Moved::Ends(failure) | Moved::Gone(failure) => Err(failure),
    }
}
