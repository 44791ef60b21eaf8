//! A log that is moved, replaced or removed while `aof append` has it open.

use super::storage::Storage;
use crate::command_line::output::OutputArguments;
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::append::Rotated;
use crate::output::json::log::name;
use crate::output::out::Out;
use crate::output::paths::shown;
use crate::output::say::say;
use aof_api::Error;
use aof_api::log::blocking::Aof;
use std::path::Path;

/// What became of a log whose path names it no longer.
pub(super) enum Moved {
    /// It was moved away, and continues in a new file at the path.
    Continues,
    /// The written bytes are durable under another name, and nothing more can be written.
    Ends(Failure),
    /// It has no name any more, so nothing may be acknowledged.
    Gone(Failure),
}

/// Continues in a new file where the log was moved away, and says so.
pub(super) fn go_on<B: Storage>(log: &mut Aof<B>, path: &Path, output: &OutputArguments) -> Moved {
    let shown_path = shown(path);
    match B::continue_after_move(log) {
        Ok(true) => {
            let op = log.tip().map_or(0, |tip| tip.op);
            match say_rotated(path, op, output) {
                Ok(()) => Moved::Continues,
                Err(failure) => Moved::Ends(failure),
            }
        }
        // Moved, and moved back.
        Ok(false) => Moved::Continues,
        Err(Error::Moved { .. }) if path.symlink_metadata().is_ok() => Moved::Ends(Failure::Refused(format!(
            "{shown_path} names another file now, which was left as it is; the written entries are durable in the log, \
             under the name it was moved to\n  move the other file away and the log back to continue, or append to the \
             log under its new name"
        ))),
        Err(Error::Moved { .. }) => Moved::Gone(Failure::Refused(format!(
            "{shown_path} was removed while it was open, and has no other name: it is gone, with everything in it"
        ))),
        Err(error) => Moved::Ends(Failure::at(path)(error)),
    }
}

fn say_rotated(path: &Path, op: u64, output: &OutputArguments) -> Outcome<()> {
    if !output.json {
        let path = shown(path);
        say!("{path} was moved away: continuing in a new file there, which begins with a copy of op {op}");
        return Ok(());
    }
    let ((log, log_hex), mut out) = (name(path), Out::of_verdict());
    json::print(&mut out, &Rotated { log, log_hex, op })?;
    out.finish()
}

/// Before the log is closed: where it was moved away, the new file is there for the next writer, who would begin a
/// second history at op 1 without it.
pub(super) fn go_on_before_close<B: Storage>(log: &mut Aof<B>, path: &Path, output: &OutputArguments) -> Outcome<()> {
    if log.is_empty() {
        return Ok(());
    }
    match log.checkpoint() {
        Err(Error::Moved { .. }) => {}
        other => return other.map(drop).map_err(Failure::at(path)),
    }
    match go_on(log, path, output) {
        Moved::Continues => Ok(()),
        Moved::Ends(failure) | Moved::Gone(failure) => Err(failure),
    }
}
