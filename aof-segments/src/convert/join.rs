//! All segments become one file.

use crate::directory::Directory;
use crate::options::SegmentedOptions;
use crate::store::SegmentStore;
use aof_api::copy::{self, Copied, copy};
use std::path::Path;

/// Copies the log in the directory at `directory` to a new file at `file`, verified on both sides. The directory stays as
/// it is, and is locked meanwhile.
///
/// The file is the segments one after the other. Of a log that was pruned, it begins with the first entry that is held, at
/// offset 0. Nothing has the name `file` before all of it is durable.
///
/// # Errors
///
/// [`Locked`](aof_api::Error::Locked) where a live writer holds the log, and [`NotEmpty`](aof_api::Error::NotEmpty) where
/// something has the name `file`. [`Corrupt`](aof_api::Error::Corrupt) where the log is damaged: nothing was made.
/// [`Io`](aof_api::Error::Io) where a segment is missing, or a call fails.
pub async fn join(
    directory: impl AsRef<Path>,
    file: impl AsRef<Path>,
    options: &SegmentedOptions,
) -> copy::Result<Copied> {
    let reader = options.open_read_only(directory.as_ref())?;
    let lock = Directory::new(directory.as_ref(), &options.file)?.lock()?;
    let mut draft = options.file.draft(file.as_ref())?;
    let copied = copy(reader, draft.backend(), copy::Options::new()).await?;
    draft.publish().await?;
    drop(lock);
    Ok(copied)
}
