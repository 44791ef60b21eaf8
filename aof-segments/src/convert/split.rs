//! One log becomes many segments.

use crate::options::SegmentedOptions;
use aof_api::copy::{self, Copied, Copier};
use aof_api::{AofBackend, AofRead};
use std::path::Path;

/// However large segments are, so much is made durable together, in bytes.
const CHECKPOINT_LEN_MAX: u64 = 64 << 20;

/// Copies a log, from any storage, to segments in the directory at `directory`, verified on both sides; an earlier copy that
/// was stopped is continued.
///
/// Segments end at checkpoints, and the copy makes one for each quarter of
/// [`segment_bytes`](SegmentedOptions::segment_bytes), at the next multiple of 256 KiB: so much larger a segment may be.
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
    let checkpoint_len = options.tuning.segment_bytes / 4;
    let options = copy::Options::new().checkpoint_len(checkpoint_len.min(CHECKPOINT_LEN_MAX));
    let copied = Copier::new(options).copy(source, &mut destination).await;
    let closed = destination.close().await;
    let copied = copied?;
    closed?;
    Ok(copied)
}
