//! B11: a crash keeps what was durable.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, read_from, same};
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq};
use aof_api::AofBackend;

/// Checks that `backend`, opened after a crash, begins with what was durable, and returns all it holds.
async fn after_crash<B: AofBackend>(backend: &mut B, durable: &[u8], when: &str) -> Result<Vec<u8>, Stop> {
    let found = backend.durable_len();
    ensure!(found <= backend.len(), "durable_len() is {found} of {} bytes after a crash", backend.len());
    let seen = read_from(backend, 0).await?;
    ensure_eq!(backend.len(), seen.len() as u64, "len() of what can be read after a crash");
    ensure!(seen.len() >= durable.len(), "{when}: {} bytes are there, {} were durable", seen.len(), durable.len());
    same(&seen[..durable.len()], durable, when)?;
    Ok(seen)
}

pub(crate) async fn b11_a_crash_keeps_the_durable_prefix_exactly<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let mut random = trial.random();
    // Many logs: zeros that a backend allocates ahead count as log after each crash, and would be megabytes upon megabytes.
    for log_index in 0..12 {
        let trial = trial.another();
        let (mut backend, mut log) = (trial.create().await?, Vec::new());
        for round in 0..5 {
            for _ in 0..random.index(4) {
                let len = random.between(1, 2500);
                let bytes = random.bytes(len);
                append(&mut backend, &bytes).await?;
                log.extend(bytes);
            }
            // What was found after the last crash counts as durable only after this.
            backend.checkpoint(&[]).await?;
            let durable = log.len();
            for _ in 0..random.index(4) {
                let len = random.between(1, 2500);
                append(&mut backend, &random.bytes(len)).await?;
            }
            backend = trial.fixture.crash(backend, random.next_u64()).await?;
            log = after_crash(&mut backend, &log[..durable], &format!("log {log_index}, crash {round}")).await?;
        }
    }
    Ok(())
}

pub(crate) async fn b11_durable_len_is_never_ahead_of_the_disk<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let (mut backend, mut random) = (trial.create().await?, trial.random());
    let mut log = Vec::new();
    for round in 0..40 {
        let len = random.between(1, 3000);
        let bytes = random.bytes(len);
        append(&mut backend, &bytes).await?;
        log.extend(bytes);
        if random.chance(0.2) {
            backend.checkpoint(&[]).await?;
        }
        // No checkpoint now: what counts is what durable_len() says by itself.
        let durable = backend.durable_len() as usize;
        ensure!(durable <= log.len(), "durable_len() is {durable} of {} bytes", log.len());
        backend = trial.fixture.crash(backend, random.next_u64()).await?;
        let when = format!("crash {round}, durable_len() was {durable}");
        log = after_crash(&mut backend, &log[..durable], &when).await?;
    }
    Ok(())
}

pub(crate) async fn b11_a_log_can_be_written_after_a_crash<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let log = trial.random().bytes(3000);
    let mut backend = trial.create_with(&log[..1000]).await?;
    backend.checkpoint(&[]).await?;
    append(&mut backend, &log[1000..2000]).await?;
    let mut backend = trial.fixture.crash(backend, trial.seed).await?;
    let mut kept = after_crash(&mut backend, &log[..1000], "the first crash").await?;
    append(&mut backend, &log[2000..]).await?;
    kept.extend_from_slice(&log[2000..]);
    ensure_eq!(backend.checkpoint(&[]).await?, kept.len() as u64, "a checkpoint after a crash");
    let mut backend = trial.fixture.crash(backend, trial.seed.wrapping_add(1)).await?;
    after_crash(&mut backend, &kept, "the second crash").await?;
    trial.cut_zeros_ahead(&mut backend, kept.len()).await?;
    ensure_eq!(backend.len(), kept.len() as u64, "bytes after a crash with nothing in doubt");
    Ok(())
}

pub(crate) async fn b11_a_log_that_was_never_checkpointed_opens_after_a_crash<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_crash().await?;
    for round in 0..10 {
        let trial = trial.another();
        let backend = trial.create_with(&[9; 5000]).await?;
        let mut backend = trial.fixture.crash(backend, trial.seed.wrapping_add(round)).await?;
        after_crash(&mut backend, &[], "a crash before the first checkpoint").await?;
        append(&mut backend, b"continues").await?;
        backend.checkpoint(&[]).await?;
    }
    Ok(())
}

pub(crate) async fn b11_a_crash_while_a_checkpoint_runs_keeps_the_one_before<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_crash().await?;
    let log = trial.random().bytes(4000);
    for polls in 0..4 {
        let trial = trial.another();
        let mut backend = trial.create_with(&log[..2000]).await?;
        backend.checkpoint(&[]).await?;
        append(&mut backend, &log[2000..]).await?;
        let _ = crate::wrap::dropping::drop_after(polls, backend.checkpoint(&[])).await;
        let mut backend = trial.fixture.crash(backend, trial.seed).await?;
        after_crash(&mut backend, &log[..2000], "a crash while a checkpoint ran").await?;
    }
    Ok(())
}

pub(crate) async fn b11_without_truncate_a_crash_keeps_whole_writes<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    if trial.fixture.capabilities().can_truncate() {
        return Err(Stop::Absent("can be cut: a crash may leave a part of a write".to_owned()));
    }
    trial.needs_crash().await?;
    let mut random = trial.random();
    for crash in 0..24 {
        let trial = trial.another();
        let (mut backend, mut log, mut ends) = (trial.create().await?, Vec::new(), vec![0]);
        for _ in 0..random.between(1, 8) {
            let len = random.between(1, 3000);
            let bytes = random.bytes(len);
            append(&mut backend, &bytes).await?;
            log.extend(bytes);
            ends.push(log.len());
            if random.chance(0.2) {
                backend.checkpoint(&[]).await?;
            }
        }
        let durable = backend.durable_len() as usize;
        let mut backend = trial.fixture.crash(backend, random.next_u64()).await?;
        let when = format!("crash {crash} of a storage that cannot be cut");
        let seen = after_crash(&mut backend, &log[..durable], &when).await?;
        ensure!(ends.contains(&seen.len()), "{when}: {} bytes are left, writes end at {ends:?}", seen.len());
        same(&seen, &log[..seen.len()], &when)?;
    }
    Ok(())
}

/// A fixture whose crash takes nothing cannot tell a storage that syncs from one that does not.
pub(crate) async fn b11_a_crash_takes_what_was_not_durable<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let log = trial.random().bytes(10_000);
    for seed in 0..32 {
        let trial = trial.another();
        let backend = trial.create_with(&log).await?;
        let mut backend = trial.fixture.crash(backend, seed).await?;
        if read_from(&mut backend, 0).await? != log {
            return Ok(());
        }
    }
    Err(Stop::Absent("durability: not tested: no crash of 32 took a byte that was not durable".to_owned()))
}
