//! One log becomes many segments.

use crate::options::SegmentedOptions;
use aof_api::copy::{self, Copied, Copier};
use aof_api::{AofBackend, AofRead};
use std::path::Path;

/// Copies a log, from any storage, to segments in the directory at `directory`, verified on both sides; an earlier copy that
/// was stopped is continued.
///
/// A copy makes a checkpoint every 64 MiB, and segments end at checkpoints: with
/// [`segment_bytes`](SegmentedOptions::segment_bytes) below that, they have 64 MiB all the same.
///
/// # Errors
///
/// Those of [`copy()`](aof_api::copy::copy()), and of opening the directory.
pub async fn split<R: AofRead>(
    source: R,
    directory: impl AsRef<Path>,
    options: &SegmentedOptions,
) -> copy::Result<Copied> {
    let mut destination = options.open_or_create(directory)?;
    let copied = Copier::new(copy::Options::new()).copy(source, &mut destination).await;
    let closed = destination.close().await;
    let copied = copied?;
    closed?;
    Ok(copied)
}
