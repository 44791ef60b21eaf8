//! B2: the cursor and the end are independent.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, holds, read_on, same};
use crate::suite::verdict::{Verdict, ensure_eq};
use aof_api::{AofBackend, AofRead, AofReadExt};

pub(crate) async fn b2_write_does_not_move_the_read_cursor<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(3000);
    let mut backend = trial.create_with(&log[..1000]).await?;
    // Also at the end, which is where a write is tempted to leave the cursor.
    for (at, written) in [(0, 1000), (137, 1500), (1500, 2000), (1999, 2500)] {
        backend.seek(at).await?;
        append(&mut backend, &log[written..written + 500]).await?;
        let seen = read_on(&mut backend).await?;
        same(&seen, &log[at as usize..written + 500], &format!("reading on from {at} after a write"))?;
    }
    Ok(())
}

pub(crate) async fn b2_a_write_between_two_reads_is_not_noticed<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(2000);
    let mut backend = trial.create_with(&log[..1000]).await?;
    let mut seen = [0; 600];
    backend.seek(0).await?;
    ensure_eq!(backend.read_all(&mut seen[..300]).await?, 300, "bytes before the write");
    append(&mut backend, &log[1000..]).await?;
    ensure_eq!(backend.read_all(&mut seen[300..]).await?, 300, "bytes after the write");
    same(&seen, &log[..600], "two reads with a write between them")
}

pub(crate) async fn b2_seek_and_read_do_not_move_the_end<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(2000);
    let mut backend = trial.create_with(&log[..500]).await?;
    let mut buf = [0; 100];
    for (round, at) in [0, 250, 500, 750, 1 << 40, u64::MAX].into_iter().enumerate() {
        let len = 500 + round * 100;
        backend.seek(at).await?;
        ensure_eq!(backend.len(), len as u64, "len() after a seek to {at}");
        backend.read(&mut buf).await?;
        ensure_eq!(backend.len(), len as u64, "len() after a read at {at}");
        append(&mut backend, &log[len..len + 100]).await?;
        holds(&mut backend, &log[..len + 100], &format!("a write after a seek to {at} and a read")).await?;
    }
    Ok(())
}

pub(crate) async fn b2_each_reader_has_a_cursor_of_its_own<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(400);
    let mut backend = trial.create_with(&log).await?;
    let mut one = backend.reader().await?;
    let mut other = backend.reader().await?;
    backend.seek(300).await?;
    one.seek(100).await?;
    other.seek(200).await?;
    same(&read_on(&mut one).await?, &log[100..], "a reader at 100")?;
    same(&read_on(&mut other).await?, &log[200..], "a reader at 200")?;
    same(&read_on(&mut backend).await?, &log[300..], "the backend at 300")
}

pub(crate) async fn b2_end_does_not_move_the_cursor<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(300);
    let mut backend = trial.create_with(&log).await?;
    let mut reader = backend.reader().await?;
    backend.seek(100).await?;
    reader.seek(100).await?;
    ensure_eq!(backend.end().await?, 300, "the end of the backend");
    ensure_eq!(reader.end().await?, 300, "the end of a reader made after the write");
    same(&read_on(&mut backend).await?, &log[100..], "the backend after end()")?;
    same(&read_on(&mut reader).await?, &log[100..], "a reader after end()")
}
