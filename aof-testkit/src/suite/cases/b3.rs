//! B3: what is written is read.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, grow, holds, read_from, read_on, same, sees};
use crate::suite::verdict::{Verdict, ensure, ensure_eq, ensure_refused};
use aof_api::{AofBackend, AofRead, AofReadExt, Error};

pub(crate) async fn b3_a_write_is_read_at_once_on_the_same_backend<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(5000);
    let mut backend = trial.create().await?;
    for (from, to) in [(0, 1), (1, 100), (100, 4096), (4096, 5000)] {
        append(&mut backend, &log[from..to]).await?;
        holds(&mut backend, &log[..to], "right after a write, without a checkpoint").await?;
        let seen = read_from(&mut backend, from as u64).await?;
        same(&seen, &log[from..to], "the bytes of the last write")?;
    }
    Ok(())
}

pub(crate) async fn b3_a_reader_made_afterwards_sees_what_was_written<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(5000);
    let mut backend = trial.create().await?;
    for (from, to) in [(0, 10), (10, 4000), (4000, 5000)] {
        append(&mut backend, &log[from..to]).await?;
        let mut reader = backend.reader().await?;
        ensure_eq!(reader.end().await?, to as u64, "the end of a reader made after a write");
        sees(&mut reader, &log[..to], "a reader made after a write, without a checkpoint").await?;
    }
    Ok(())
}

pub(crate) async fn b3_a_reader_begins_at_offset_0<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(100);
    let mut backend = trial.create_with(&log).await?;
    backend.seek(60).await?;
    let mut reader = backend.reader().await?;
    same(&read_on(&mut reader).await?, &log, "a new reader without a seek")
}

pub(crate) async fn b3_a_reader_made_earlier_sees_every_write_that_returned<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let (mut backend, mut random, mut log) = (trial.create().await?, trial.random(), Vec::new());
    let (mut at_the_beginning, mut in_the_middle) = (backend.reader().await?, None);
    for round in 0..40 {
        let len = random.between(1, 3000);
        let bytes = random.bytes(len);
        append(&mut backend, &bytes).await?;
        log.extend(bytes);
        if round == 20 {
            in_the_middle = Some(backend.reader().await?);
        }
        for reader in [Some(&mut at_the_beginning), in_the_middle.as_mut()].into_iter().flatten() {
            ensure_eq!(reader.end().await?, log.len() as u64, "the end of an earlier reader after write {round}");
            sees(reader, &log, &format!("an earlier reader after write {round}, without a checkpoint")).await?;
        }
    }
    Ok(())
}

pub(crate) async fn b3_a_reader_sees_what_is_durable_and_what_is_not<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(6000);
    let mut backend = trial.create().await?;
    let mut reader = backend.reader().await?;
    for durable in [1000, 2000, 4096] {
        grow(&mut backend, &log[..durable]).await?;
        backend.checkpoint(&[]).await?;
        append(&mut backend, &log[durable..durable + 500]).await?;
        ensure_eq!(reader.end().await?, durable as u64 + 500, "the end of an earlier reader after a checkpoint");
        sees(&mut reader, &log[..durable + 500], "an earlier reader after a checkpoint and a write").await?;
        // Across the border, in one read.
        let mut seen = vec![0; 700];
        ensure_eq!(reader.read_all_at(durable as u64 - 300, &mut seen).await?, 700, "bytes around the durable end");
        same(&seen, &log[durable - 300..durable + 400], "an earlier reader around the durable end")?;
    }
    Ok(())
}

pub(crate) async fn b3_a_reader_at_the_end_continues_when_more_is_written<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(3000);
    let mut backend = trial.create().await?;
    let mut reader = backend.reader().await?;
    let mut seen = Vec::new();
    for to in [0, 1000, 1001, 3000] {
        grow(&mut backend, &log[..to]).await?;
        backend.checkpoint(&[]).await?;
        // No seek: the cursor is where the log ended.
        seen.extend(read_on(&mut reader).await?);
        same(&seen, &log[..to], "a reader that waited at the end")?;
    }
    Ok(())
}

pub(crate) async fn b3_a_reader_continues_after_close_and_drop<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(3000);
    let mut backend = trial.create_with(&log).await?;
    backend.checkpoint(&[]).await?;
    let mut reader = backend.reader().await?;
    backend.close().await?;
    sees(&mut reader, &log, "a reader after close").await?;
    drop(backend);
    sees(&mut reader, &log, "a reader after the backend was dropped").await
}

pub(crate) async fn b3_after_a_truncate_an_earlier_reader_is_good_below_the_cut<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.random().bytes(1000);
    let mut backend = trial.create_with(&log).await?;
    backend.checkpoint(&[]).await?;
    trial.needs_truncate(&mut backend).await?;
    let mut reader = backend.reader().await?;
    backend.truncate(600).await?;
    let mut seen = vec![0; 600];
    ensure_eq!(reader.read_all_at(0, &mut seen).await?, 600, "bytes below the cut");
    same(&seen, &log[..600], "an earlier reader below the cut")?;
    let mut seen = vec![0; 100];
    ensure_eq!(reader.read_all_at(500, &mut seen).await?, 100, "bytes right below the cut");
    same(&seen, &log[500..600], "an earlier reader right below the cut")
}

pub(crate) async fn b3_after_a_truncate_an_earlier_reader_never_sees_the_cut_bytes<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.random().bytes(1000);
    let mut backend = trial.create_with(&log).await?;
    backend.checkpoint(&[]).await?;
    trial.needs_truncate(&mut backend).await?;
    let mut reader = backend.reader().await?;
    backend.truncate(600).await?;
    let mut buf = [0; 200];
    for at in [600, 601, 999] {
        reader.seek(at).await?;
        ensure_refused!(reader.read(&mut buf).await, Error::Truncated { .. }, "an earlier reader at {at}, cut at 600");
    }
    // A read that begins below the cut ends at it.
    reader.seek(550).await?;
    let count = reader.read(&mut buf).await?;
    ensure!(count <= 50, "a read of 200 bytes at 550 returned {count}, the cut is at 600");
    same(&buf[..count], &log[550..550 + count], "an earlier reader across the cut")?;
    // New bytes in the place of the cut ones are not what that reader was reading.
    append(&mut backend, &[0xee; 400]).await?;
    backend.checkpoint(&[]).await?;
    reader.seek(700).await?;
    ensure_refused!(
        reader.read(&mut buf).await,
        Error::Truncated { .. },
        "an earlier reader above the cut, written again"
    );
    Ok(())
}

pub(crate) async fn b3_a_reader_made_after_a_truncate_sees_the_new_bytes<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(1000);
    let mut backend = trial.create_with(&log).await?;
    trial.needs_truncate(&mut backend).await?;
    backend.truncate(600).await?;
    append(&mut backend, &[0xee; 200]).await?;
    let wanted = [&log[..600], &[0xee; 200]].concat();
    let mut reader = backend.reader().await?;
    sees(&mut reader, &wanted, "a reader made after a truncate and a write").await?;
    holds(&mut backend, &wanted, "the backend after a truncate and a write").await
}
