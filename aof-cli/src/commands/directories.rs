//! What commands on directories of segments share.

use crate::output::failure::{Failure, Outcome};
use crate::output::paths::{quoted, shown};
use std::path::Path;

/// The size of segments where nothing is said, in bytes: that of the library.
pub(super) const SEGMENT_LEN: u64 = 64 << 20;

/// However large segments are, so much is made durable together, in bytes.
const CHECKPOINT_LEN_MAX: u64 = 64 << 20;

/// After how many bytes a command that fills segments of this size makes a checkpoint. A segment ends at one, and needs one
/// before that, which makes the next segment: it becomes so much larger at most, and an entry.
pub(super) fn checkpoint_len(segment_len: u64) -> u64 {
    (segment_len / 4).clamp(1, CHECKPOINT_LEN_MAX)
}

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
