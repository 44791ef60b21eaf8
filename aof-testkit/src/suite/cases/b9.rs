//! B9: futures can be dropped, at every await point.

use crate::suite::fixture::Fixture;
use crate::suite::polling::{POLLS_MAX, Waits};
use crate::suite::trial::{Trial, append, holds, prefix, read_from, same, sees};
use crate::suite::trouble::Trouble;
use crate::suite::verdict::{Verdict, ensure, ensure_eq};
use crate::wrap::call::Call;
use crate::wrap::dropping::drop_after;
use aof_api::{AofBackend, AofRead, Error};
use std::io::IoSlice;

pub(crate) async fn b9_a_dropped_write_leaves_all_or_nothing<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut random, mut log) = (trial.create().await?, trial.random(), Vec::new());
    let mut waits = Waits::default();
    for polls in 0..POLLS_MAX {
        let parts: Vec<_> = [16, 256, 0, 5000].map(|len| random.bytes(len)).into();
        let slices: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let all = parts.concat();
        let done = drop_after(polls, backend.write(&slices)).await;
        waits.saw(polls, done.is_some());
        // len() says which, as soon as the drop returns.
        let grown = backend.len().wrapping_sub(log.len() as u64);
        ensure!(
            grown == 0 || grown == all.len() as u64,
            "a write of {} bytes at {}, dropped after {polls} polls, left a length of {}",
            all.len(),
            log.len(),
            backend.len()
        );
        if grown > 0 {
            log.extend(all);
        }
        holds(&mut backend, &log, &format!("after a write that was dropped after {polls} polls")).await?;
        // The next write follows immediately.
        append(&mut backend, b"whole").await?;
        log.extend(b"whole");
        holds(&mut backend, &log, "a write after a dropped one").await?;
        if done.transpose()?.is_some() {
            ensure!(grown > 0, "a write returned Ok and left the length as it was");
            backend.checkpoint(&[]).await?;
            let mut backend = trial.fixture.reopen(backend).await?;
            holds(&mut backend, &log, "dropped writes after opening again").await?;
            return waits.or_skip("dropped");
        }
    }
    ensure!(false, "a write was not done after {POLLS_MAX} polls");
    Ok(())
}

pub(crate) async fn b9_a_dropped_checkpoint_loses_nothing<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut random, mut log) = (trial.create().await?, trial.random(), Vec::new());
    let mut waits = Waits::default();
    for polls in 0..POLLS_MAX {
        let bytes = random.bytes(700);
        append(&mut backend, &bytes).await?;
        log.extend(bytes);
        let done = drop_after(polls, backend.checkpoint(&[])).await;
        waits.saw(polls, done.is_some());
        holds(&mut backend, &log, &format!("after a checkpoint that was dropped after {polls} polls")).await?;
        // Written while the dropped one may still run, and not covered by it.
        let bytes = random.bytes(300);
        append(&mut backend, &bytes).await?;
        log.extend(bytes);
        ensure_eq!(
            backend.checkpoint(&[]).await?,
            log.len() as u64,
            "what the checkpoint after a dropped one resolved to"
        );
        ensure_eq!(backend.durable_len(), log.len() as u64, "durable_len() after it");
        if done.transpose()?.is_some() {
            let mut backend = trial.fixture.reopen(backend).await?;
            holds(&mut backend, &log, "dropped checkpoints after opening again").await?;
            return waits.or_skip("dropped");
        }
    }
    ensure!(false, "a checkpoint was not done after {POLLS_MAX} polls");
    Ok(())
}

pub(crate) async fn b9_the_checkpoint_after_a_dropped_one_survives_a_crash<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_crash().await?;
    let log = trial.random().bytes(4000);
    for polls in 0..4 {
        let trial = trial.another();
        let mut backend = trial.create_with(&log[..2000]).await?;
        let _ = drop_after(polls, backend.checkpoint(&[])).await;
        append(&mut backend, &log[2000..]).await?;
        backend.checkpoint(&[]).await?;
        let mut backend = trial.fixture.crash(backend, trial.seed).await?;
        trial.cut_zeros_ahead(&mut backend, log.len()).await?;
        holds(&mut backend, &log, "a dropped checkpoint, a write, a checkpoint and a crash").await?;
    }
    Ok(())
}

pub(crate) async fn b9_the_call_after_a_dropped_checkpoint_hears_of_its_failure<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Checkpoint))?;
    // Many sectors, so that a failure that is forgotten has lost some of them.
    let log = trial.random().bytes(30_000);
    let mut waits = Waits::default();
    for polls in 0..POLLS_MAX {
        let trial = trial.another();
        let mut backend = trial.create_with(&log).await?;
        trial.fixture.trouble(Trouble::Fails(Call::Checkpoint))?;
        let done = drop_after(polls, backend.checkpoint(&[])).await;
        waits.saw(polls, done.is_some());
        // It failed and was heard, or failed unheard, or was never begun: then the trouble still waits for the next one.
        // An Ok, of either, is right when what it promises is there.
        let next = backend.checkpoint(&[]).await;
        let durable = backend.durable_len() as usize;
        ensure!(
            durable == if next.is_ok() { log.len() } else { 0 },
            "durable_len() is {durable} after {next:?} of the checkpoint after a dropped one"
        );
        if next.is_err() {
            let after = backend.checkpoint(&[]).await;
            ensure!(after.is_err(), "a checkpoint after one that failed returned {after:?}");
        } else {
            let mut backend = trial.stop(backend).await?;
            trial.cut_zeros_ahead(&mut backend, log.len()).await?;
            let when = format!("Ok of the checkpoint after one that met trouble, dropped after {polls} polls");
            holds(&mut backend, &log, &when).await?;
        }
        if let Some(done) = done {
            ensure!(done.is_ok() == next.is_ok(), "a checkpoint returned {done:?}, and the next one {next:?}");
            return waits.or_skip("dropped");
        }
    }
    ensure!(false, "a checkpoint was not done after {POLLS_MAX} polls");
    Ok(())
}

pub(crate) async fn b9_after_a_dropped_seek_or_read_the_log_is_as_it_was<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(9000);
    let mut backend = trial.create_with(&log).await?;
    let mut reader = backend.reader().await?;
    let mut waits = Waits::default();
    for polls in 0..POLLS_MAX {
        let sought = drop_after(polls, backend.seek(u64::MAX)).await;
        holds(&mut backend, &log, &format!("after a seek that was dropped after {polls} polls")).await?;
        let mut buf = vec![0; 5000];
        backend.seek(1).await?;
        let read = drop_after(polls, backend.read(&mut buf)).await;
        holds(&mut backend, &log, &format!("after a read that was dropped after {polls} polls")).await?;
        reader.seek(1).await?;
        let read_by_reader = drop_after(polls, reader.read(&mut buf)).await;
        sees(&mut reader, &log, &format!("a reader after a read that was dropped after {polls} polls")).await?;
        waits.saw(polls, sought.is_some() && read.is_some() && read_by_reader.is_some());
        if let (Some(sought), Some(read), Some(read_by_reader)) = (sought, read, read_by_reader) {
            sought?;
            read?;
            read_by_reader?;
            return waits.or_skip("dropped");
        }
    }
    ensure!(false, "a seek or read was not done after {POLLS_MAX} polls");
    Ok(())
}

pub(crate) async fn b9_a_dropped_truncate_leaves_the_old_length_or_the_new_one<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.random().bytes(2000);
    let mut waits = Waits::default();
    for polls in 0..POLLS_MAX {
        let trial = trial.another();
        let mut backend = trial.create_with(&log).await?;
        trial.needs_truncate(&mut backend).await?;
        backend.checkpoint(&[]).await?;
        let done = drop_after(polls, backend.truncate(700)).await;
        waits.saw(polls, done.is_some());
        if let Some(done) = done {
            done?;
            holds(&mut backend, &log[..700], "a truncate that was done").await?;
            return waits.or_skip("dropped");
        }
        match backend.write(&[IoSlice::new(b"more")]).await {
            Ok(offset) => {
                ensure!(
                    offset == 700 || offset == 2000,
                    "a truncate from 2000 to 700 was dropped after {polls} polls, and the next write is at {offset}"
                );
                let wanted = [&log[..offset as usize], b"more"].concat();
                holds(&mut backend, &wanted, "a write after a dropped truncate").await?;
                backend.checkpoint(&[]).await?;
                let mut backend = trial.fixture.reopen(backend).await?;
                holds(&mut backend, &wanted, "the same after opening again").await?;
            }
            Err(Error::Poisoned { .. }) => {
                let mut backend = trial.fixture.reopen(backend).await?;
                let seen = read_from(&mut backend, 0).await?;
                ensure!(seen.len() == 700 || seen.len() == 2000, "a dropped truncate left {} bytes", seen.len());
                same(&seen, &log[..seen.len()], "after a dropped truncate and opening again")?;
            }
            Err(error) => ensure!(false, "a write after a dropped truncate returned {error:?}"),
        }
    }
    ensure!(false, "a truncate was not done after {POLLS_MAX} polls");
    Ok(())
}

pub(crate) async fn b9_calls_dropped_at_random_lose_nothing<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut random, mut log) = (trial.create().await?, trial.random(), Vec::new());
    for round in 0..120 {
        let polls = random.index(4);
        match random.index(4) {
            0 => drop(drop_after(polls, backend.checkpoint(&[])).await.transpose()?),
            1 => drop(drop_after(polls, backend.seek(random.next_u64())).await.transpose()?),
            2 => drop(drop_after(polls, backend.read(&mut [0; 50])).await.transpose()?),
            _ => {
                let len = random.between(1, 900);
                let bytes = random.bytes(len);
                drop_after(polls, backend.write(&[IoSlice::new(&bytes)])).await.transpose()?;
                match backend.len().checked_sub(log.len() as u64) {
                    Some(0) => {}
                    Some(grown) if grown == len as u64 => log.extend(bytes),
                    _ => {
                        ensure!(false, "round {round}: a write of {len} bytes at {} left {}", log.len(), backend.len())
                    }
                }
            }
        }
    }
    backend.checkpoint(&[]).await?;
    holds(&mut backend, &log, "after calls that were dropped at random").await?;
    let mut backend = trial.fixture.reopen(backend).await?;
    let seen = read_from(&mut backend, 0).await?;
    prefix(&seen, &log, log.len(), "the same after opening again")
}
