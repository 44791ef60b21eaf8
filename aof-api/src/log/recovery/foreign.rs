//! Telling a damaged log from something that is not a log.

use crate::format::layout::MAGIC;
use crate::read::scan::Scan;
use crate::storage::backend::{AofRead, AofReadExt};
use crate::storage::error::Result;

/// So many bytes of a magic are no accident.
const MAGIC_SURE: usize = 4;

/// Whether what is damaged at the beginning, `damaged_len` bytes, is of something that is not a log and must not be cut to
/// nothing: a log begins with a magic, perhaps a damaged one, or with zeros, where a crash took its first sector.
pub(super) async fn begins_foreign<R: AofRead>(scan: &mut Scan<R>, damaged_len: u64) -> Result<bool> {
    let mut start = [0; MAGIC.len()];
    let len = usize::try_from(damaged_len).map_or(MAGIC.len(), |len| len.min(MAGIC.len()));
    let count = scan.reader().read_all_at(0, &mut start[..len]).await?;
    let start = &start[..count];
    let foreign = start.iter().zip(&MAGIC).filter(|(byte, magic)| byte != magic && **byte != 0).count();
    // After a torn first entry that was kept, the next one begins, perhaps a damaged one.
    let begins = start.windows(MAGIC_SURE).any(|bytes| *bytes == MAGIC[..MAGIC_SURE]);
    Ok(foreign * 2 > count && !begins)
}
