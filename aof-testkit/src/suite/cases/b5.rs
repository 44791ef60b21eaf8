//! B5: any offset can be sought.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, holds, sees};
use crate::suite::verdict::{Verdict, ensure_eq};
use aof_api::{AofBackend, AofRead};

/// Offsets at which arithmetic likes to go wrong.
const OFFSETS: [u64; 12] = [
    300,
    u32::MAX as u64 - 1,
    u32::MAX as u64,
    u32::MAX as u64 + 1,
    // With 32 bits of it, these would be inside the log.
    (1 << 32) + 5,
    (1 << 48) + 5,
    i64::MAX as u64 - 1,
    i64::MAX as u64,
    i64::MAX as u64 + 1,
    (1 << 63) + 5,
    u64::MAX - 100,
    u64::MAX,
];

pub(crate) async fn b5_seek_takes_any_u64<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(300);
    let mut backend = trial.create_with(&log).await?;
    let mut reader = backend.reader().await?;
    for offset in OFFSETS {
        seek_and_read(&mut backend, offset, "the backend").await?;
        seek_and_read(&mut reader, offset, "a reader").await?;
        holds(&mut backend, &log, &format!("the backend after a seek to {offset}")).await?;
        sees(&mut reader, &log, &format!("a reader after a seek to {offset}")).await?;
    }
    Ok(())
}

async fn seek_and_read<R: AofRead>(cursor: &mut R, offset: u64, who: &str) -> Verdict {
    cursor.seek(offset).await?;
    // Twice, and with a buffer that would carry the cursor past 2^64.
    for size in [1, 200, 200] {
        let count = cursor.read(&mut vec![0; size]).await?;
        ensure_eq!(count, 0, "{who}: a read of {size} bytes at {offset}, past the end at 300");
    }
    Ok(())
}

pub(crate) async fn b5_a_write_after_a_seek_past_the_end_leaves_no_hole<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(300 + OFFSETS.len() * 10);
    let mut backend = trial.create_with(&log[..300]).await?;
    for (round, offset) in OFFSETS.into_iter().enumerate() {
        let len = 300 + round * 10;
        backend.seek(offset).await?;
        append(&mut backend, &log[len..len + 10]).await?;
        holds(&mut backend, &log[..len + 10], &format!("a write after a seek to {offset}")).await?;
    }
    Ok(())
}
