//! Continuing after a place that the storage cannot read.

use crate::read::scan::Scan;
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};

/// How much is passed over where the storage cannot read: a sector of most disks.
const STEP: u64 = 4096;

/// A place that the storage cannot read.
pub(crate) struct Unreadable {
    /// Where it begins.
    pub(crate) offset: u64,
    /// How many bytes were passed over.
    pub(crate) len: u64,
    /// What the storage reported: an [`Error::Io`].
    pub(crate) error: Error,
}

impl Unreadable {
    /// What the storage reported, as text.
    pub(crate) fn message(&self) -> String {
        match &self.error {
            Error::Io { source, .. } => source.to_string(),
            error => error.to_string(),
        }
    }
}

/// Puts the walk past the place that `error` is about, and returns where that is.
///
/// The error comes back where it is not a reading error of a place, and where nothing can be read at all: then the whole
/// thing is not a file.
pub(crate) async fn pass_unreadable<R: AofRead>(scan: &mut Scan<R>, error: Error) -> Result<Unreadable> {
    let Error::Io { offset: failed_at, .. } = &error else { return Err(error) };
    let start = scan.offset();
    let end = scan.reader().end().await?;
    let after = (failed_at.max(&start) / STEP).saturating_add(1).saturating_mul(STEP).min(end);
    if after <= start || (start == 0 && *failed_at == 0 && !can_read(scan, after).await) {
        return Err(error);
    }
    let unreadable = Unreadable { offset: start, len: after - start, error };
    scan.seek(after);
    Ok(unreadable)
}

/// Whether there is anything after the first unreadable place.
async fn can_read<R: AofRead>(scan: &mut Scan<R>, offset: u64) -> bool {
    let reader = scan.reader();
    reader.seek(offset).await.is_ok() && reader.read(&mut [0]).await.is_ok()
}
