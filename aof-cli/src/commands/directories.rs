//! What commands on directories of segments share.

use crate::output::failure::{Failure, Outcome};
use crate::output::paths::{quoted, shown};
use std::path::Path;

/// Refuses a log that is a file, where only a directory will do; `why` says why.
pub(super) fn required(log: &Path, why: &str) -> Outcome<()> {
    match log.is_file() {
        true => Err(Failure::Usage(format!(
            "{} is a file, and {why}; `aof split {} DIRECTORY` makes segments of it",
            shown(log),
            quoted(log)
        ))),
        false => Ok(()),
    }
}
