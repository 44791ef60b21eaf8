//! B6: a checkpoint is the durability barrier.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, grow, holds, prefix, read_from, same};
use crate::suite::verdict::{Verdict, ensure, ensure_eq};
use aof_api::AofBackend;

pub(crate) async fn b6_checkpoint_returns_what_is_durable<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create().await?;
    // The last round has nothing new to make durable.
    for len in [0, 1, 1000, 70_000, 70_000] {
        grow(&mut backend, &vec![1; len]).await?;
        let durable = backend.checkpoint(&[]).await?;
        ensure_eq!(durable, len as u64, "the result of a checkpoint of {len} bytes");
        ensure_eq!(backend.durable_len(), durable, "durable_len() after it");
    }
    Ok(())
}

pub(crate) async fn b6_checkpoint_discards_nothing<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(9000);
    let mut backend = trial.create().await?;
    for (index, piece) in log.chunks(1000).enumerate() {
        append(&mut backend, piece).await?;
        backend.checkpoint(&[]).await?;
        holds(&mut backend, &log[..(index + 1) * 1000], "after a checkpoint").await?;
    }
    Ok(())
}

pub(crate) async fn b6_durable_len_never_passes_the_length_nor_goes_back<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut random) = (trial.create().await?, trial.random());
    let mut before = 0;
    for round in 0..50 {
        if random.chance(0.3) {
            backend.checkpoint(&[]).await?;
        } else {
            let len = random.between(0, 2000);
            append(&mut backend, &vec![3; len]).await?;
        }
        let durable = backend.durable_len();
        ensure!(durable <= backend.len(), "durable_len() is {durable} of {} bytes in round {round}", backend.len());
        ensure!(durable >= before, "durable_len() went back from {before} to {durable} in round {round}");
        before = durable;
    }
    Ok(())
}

pub(crate) async fn b6_what_was_checkpointed_is_there_after_a_reopen<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(12_000);
    let mut backend = trial.create().await?;
    for len in [0, 1, 512, 513, 5000, 12_000] {
        grow(&mut backend, &log[..len]).await?;
        backend.checkpoint(&[]).await?;
        backend = trial.fixture.reopen(backend).await?;
        holds(&mut backend, &log[..len], "after a checkpoint and a close, opened again").await?;
    }
    Ok(())
}

pub(crate) async fn b6_what_was_checkpointed_survives_a_crash<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let log = trial.random().bytes(12_000);
    let mut backend = trial.create().await?;
    for (round, len) in [0, 1, 512, 513, 5000, 12_000].into_iter().enumerate() {
        grow(&mut backend, &log[..len]).await?;
        backend.checkpoint(&[]).await?;
        backend = trial.fixture.crash(backend, trial.seed.wrapping_add(round as u64)).await?;
        trial.cut_zeros_ahead(&mut backend, len).await?;
        holds(&mut backend, &log[..len], "after a checkpoint and a crash").await?;
    }
    Ok(())
}

pub(crate) async fn b6_the_last_of_many_checkpoints_counts<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let log = trial.random().bytes(3000);
    let mut backend = trial.create().await?;
    for piece in log[..2900].chunks(290) {
        append(&mut backend, piece).await?;
        ensure_eq!(backend.checkpoint(&[]).await?, backend.len(), "the result of a checkpoint");
    }
    append(&mut backend, &log[2900..]).await?;
    let mut backend = trial.fixture.crash(backend, trial.seed).await?;
    let seen = read_from(&mut backend, 0).await?;
    ensure!(seen.len() >= 2900, "{} bytes are there after a crash, 2900 were checkpointed", seen.len());
    same(&seen[..2900], &log[..2900], "what ten checkpoints made durable")
}

pub(crate) async fn b6_closing_keeps_what_was_checkpointed<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(2000);
    let mut backend = trial.create_with(&log[..1500]).await?;
    backend.checkpoint(&[]).await?;
    append(&mut backend, &log[1500..]).await?;
    let mut backend = trial.fixture.reopen(backend).await?;
    // Closing is no checkpoint: what was written after the last one may be gone, or not.
    let seen = read_from(&mut backend, 0).await?;
    prefix(&seen, &log, 1500, "after a close with bytes that were not checkpointed")
}
