//! Telling a damaged log from something that is not a log.

use crate::format::layout::MAGIC;

/// So many bytes of a magic are no accident.
const MAGIC_SURE: usize = 4;

/// Whether the damage at the beginning, `damaged_len` bytes that begin with `head`, is of something that is not a log and
/// must not be cut to nothing: a log begins with a magic, perhaps a damaged one, or with zeros, where a crash took its
/// first sector.
pub(super) fn begins_foreign(head: &[u8], damaged_len: u64) -> bool {
    let len = usize::try_from(damaged_len).map_or(MAGIC.len(), |len| len.min(MAGIC.len()));
    let start = &head[..head.len().min(len)];
    let foreign = start.iter().zip(&MAGIC).filter(|(byte, magic)| byte != magic && **byte != 0).count();
    // After a torn first entry that was kept, the next one begins, perhaps a damaged one.
    let begins = start.windows(MAGIC_SURE).any(|bytes| *bytes == MAGIC[..MAGIC_SURE]);
    foreign * 2 > start.len() && !begins
}
