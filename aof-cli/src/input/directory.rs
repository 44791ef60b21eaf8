//! Logs in segments: a directory in place of a file.

use aof_api::{AofRead, Result};
use aof_file::{FileReader, is_locked};
use aof_segments::DirectoryReader;
use futures::executor::block_on;
use std::path::Path;

/// A directory of segments, as it is when it is opened.
pub(crate) struct Looks {
    /// The first offset that is held.
    pub(crate) start: u64,
    /// Bytes that are held, from there on.
    pub(crate) len: u64,
    /// Somebody writes it at this moment.
    pub(crate) live: bool,
    /// Who may read it, as permission bits: those of its first segment.
    pub(crate) mode: u32,
}

impl Looks {
    /// Looks at the log in the directory at `path`.
    pub(crate) fn at(path: &Path) -> Result<Looks> {
        let mut reader = DirectoryReader::open(path)?;
        let start = block_on(reader.start())?;
        let len = block_on(reader.end())?.saturating_sub(start);
        // Before anybody has written it, there is no lock; where locks do not work, nobody is known to write.
        let live = is_locked(path.join("lock")).unwrap_or(false);
        let first = reader.segments()?.first().map(|segment| reader.segment_path(segment.base));
        let mode = first.map_or(Ok(0o600), |first| FileReader::open_read_only(first)?.mode())?;
        Ok(Looks { start, len, live, mode })
    }
}

/// Whether one of the segments in the directory at `path` is the file, or the directory itself, at `other`.
pub(crate) fn is_at(path: &Path, other: &Path) -> Result<bool> {
    let canonical = |path: &Path| path.canonicalize().ok();
    if canonical(path).is_some_and(|log| canonical(other) == Some(log)) {
        return Ok(true);
    }
    let mut reader = DirectoryReader::open(path)?;
    for segment in reader.segments()? {
        if FileReader::open_read_only(reader.segment_path(segment.base))?.is_at(other)? {
            return Ok(true);
        }
    }
    Ok(false)
}
