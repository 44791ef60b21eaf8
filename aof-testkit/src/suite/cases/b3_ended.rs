//! B3 when the writer is gone: its readers end where it was durable.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, prefix, read_from, same, sees};
use crate::suite::verdict::{Verdict, ensure, ensure_eq, ensure_refused};
use aof_api::{AofBackend, AofRead, Error};

/// Checks that a reader ends at `durable`: there it reads 0, and fails beyond with `Closed`.
async fn ends_at<R: AofRead>(reader: &mut R, log: &[u8], durable: u64, when: &str) -> Verdict {
    ensure_eq!(reader.end().await?, durable, "{when}: the end of its reader");
    sees(reader, &log[..durable as usize], when).await?;
    ensure_eq!(reader.read(&mut [0; 10]).await?, 0, "{when}: a read at the end");
    for past in [durable + 1, durable + 5000, u64::MAX] {
        reader.seek(past).await?;
        ensure_refused!(reader.read(&mut [0; 10]).await, Error::Closed, "{when}: a read at {past}, past the end");
    }
    Ok(())
}

pub(crate) async fn b3_a_reader_ends_at_the_durable_length_after_a_close<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(3000);
    let mut backend = trial.create_with(&log[..2000]).await?;
    backend.checkpoint(&[]).await?;
    let mut reader = backend.reader().await?;
    append(&mut backend, &log[2000..]).await?;
    sees(&mut reader, &log, "a reader before the close").await?;
    backend.close().await?;
    let durable = backend.durable_len();
    ensure!((2000..=3000).contains(&durable), "durable_len() is {durable} after the close of a log of 3000 bytes");
    ends_at(&mut reader, &log, durable, "after a close").await
}

pub(crate) async fn b3_a_reader_ends_at_the_durable_length_after_a_drop<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(3000);
    let mut backend = trial.create_with(&log[..2000]).await?;
    backend.checkpoint(&[]).await?;
    let mut reader = backend.reader().await?;
    append(&mut backend, &log[2000..]).await?;
    drop(backend);
    let durable = reader.end().await?;
    ensure!((2000..=3000).contains(&durable), "a reader ends at {durable} after the drop of a log of 3000 bytes");
    ends_at(&mut reader, &log, durable, "after a drop").await
}

pub(crate) async fn b3_a_reader_never_sees_the_bytes_of_the_next_writer<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_another_writer_beside_readers().await?;
    let log = trial.random().bytes(3000);
    let mut first = trial.create_with(&log[..2000]).await?;
    first.checkpoint(&[]).await?;
    let mut reader = first.reader().await?;
    append(&mut first, &log[2000..]).await?;
    drop(first);
    let mut second = trial.fixture.second_writer().await?;
    if trial.fixture.capabilities().can_truncate() {
        second.truncate(2000).await?;
    }
    append(&mut second, &[0xee; 4000]).await?;
    second.checkpoint(&[]).await?;
    let seen = read_from(&mut reader, 0).await?;
    prefix(&seen, &log, 2000, "a reader of the writer before")?;
    reader.seek(seen.len() as u64 + 1).await?;
    ensure_refused!(reader.read(&mut [0; 10]).await, Error::Closed, "that reader past its end");
    let mut later = second.reader().await?;
    let seen = read_from(&mut later, 0).await?;
    same(&seen[seen.len() - 4000..], &[0xee; 4000], "a reader of the second writer")
}
