//! B8: a cut is durable.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, holds, read_from, same};
use crate::suite::verdict::{Verdict, ensure, ensure_eq, ensure_refused};
use aof_api::{AofBackend, AofRead, Error};

/// Cuts, and checks what the contract says of the lengths.
async fn cut<B: AofBackend>(backend: &mut B, len: u64) -> Verdict {
    backend.truncate(len).await?;
    ensure_eq!(backend.len(), len, "len() after truncate({len})");
    ensure_eq!(backend.durable_len(), len, "durable_len() after truncate({len})");
    Ok(())
}

pub(crate) async fn b8_truncate_cuts_at_every_boundary<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(200);
    let mut backend = trial.create().await?;
    for piece in log.chunks(50) {
        append(&mut backend, piece).await?;
    }
    trial.needs_truncate(&mut backend).await?;
    for len in (0..=200).rev() {
        cut(&mut backend, len as u64).await?;
        holds(&mut backend, &log[..len], &format!("cut to {len}")).await?;
    }
    for len in [511, 512, 513, 4095, 4096, 4097, 8192] {
        append(&mut backend, &vec![8; 9000]).await?;
        cut(&mut backend, len as u64).await?;
        holds(&mut backend, &vec![8; len], &format!("9000 bytes cut to {len}")).await?;
        cut(&mut backend, 0).await?;
    }
    Ok(())
}

pub(crate) async fn b8_the_cut_is_there_after_a_reopen<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(5000);
    let mut backend = trial.create_with(&log).await?;
    trial.needs_truncate(&mut backend).await?;
    backend.checkpoint(&[]).await?;
    // The last one cuts nothing.
    for len in [4097, 4096, 1000, 999, 0, 0] {
        cut(&mut backend, len as u64).await?;
        backend = trial.fixture.reopen(backend).await?;
        holds(&mut backend, &log[..len], &format!("cut to {len}, opened again")).await?;
    }
    Ok(())
}

pub(crate) async fn b8_the_cut_survives_a_crash<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let log = trial.random().bytes(5000);
    let mut backend = trial.create_with(&log).await?;
    trial.needs_truncate(&mut backend).await?;
    backend.checkpoint(&[]).await?;
    for (round, len) in [4097, 4096, 1000, 999, 0, 0].into_iter().enumerate() {
        cut(&mut backend, len as u64).await?;
        backend = trial.fixture.crash(backend, trial.seed.wrapping_add(round as u64)).await?;
        trial.cut_zeros_ahead(&mut backend, len).await?;
        holds(&mut backend, &log[..len], &format!("cut to {len}, after a crash")).await?;
    }
    Ok(())
}

pub(crate) async fn b8_a_cut_makes_what_is_left_durable<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let log = trial.random().bytes(5000);
    // No checkpoint: only the cut says that the rest is durable.
    let mut backend = trial.create_with(&log).await?;
    trial.needs_truncate(&mut backend).await?;
    cut(&mut backend, 3000).await?;
    let mut backend = trial.fixture.crash(backend, trial.seed).await?;
    trial.cut_zeros_ahead(&mut backend, 3000).await?;
    holds(&mut backend, &log[..3000], "written, cut to 3000 and crashed").await
}

pub(crate) async fn b8_the_cut_bytes_never_come_back<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(6000);
    let mut backend = trial.create_with(&log).await?;
    trial.needs_truncate(&mut backend).await?;
    backend.checkpoint(&[]).await?;
    cut(&mut backend, 1000).await?;
    // Longer than what was cut would hide it.
    append(&mut backend, &[0xcc; 700]).await?;
    let wanted = [&log[..1000], &[0xcc; 700]].concat();
    holds(&mut backend, &wanted, "a write where bytes were cut").await?;
    backend.checkpoint(&[]).await?;
    let mut backend = trial.fixture.reopen(backend).await?;
    holds(&mut backend, &wanted, "the same, opened again").await?;
    backend.seek(1700).await?;
    ensure_eq!(backend.read(&mut [0; 100]).await?, 0, "a read where bytes were cut");
    Ok(())
}

pub(crate) async fn b8_the_cut_bytes_do_not_come_back_by_a_crash<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let mut backend = trial.create_with(&[0x11; 6000]).await?;
    trial.needs_truncate(&mut backend).await?;
    for round in 0..20 {
        backend.checkpoint(&[]).await?;
        cut(&mut backend, 1000).await?;
        append(&mut backend, &[0xcc; 3000]).await?;
        backend = trial.fixture.crash(backend, trial.seed.wrapping_add(round)).await?;
        let seen = read_from(&mut backend, 0).await?;
        ensure!(seen.len() >= 1000, "{} bytes are there after a crash, 1000 were durable", seen.len());
        same(&seen[..1000], &[0x11; 1000], "below the cut")?;
        let back = seen[1000..].iter().position(|byte| *byte == 0x11);
        ensure!(
            back.is_none(),
            "a cut byte is back at {:?} after a crash, the cut was at 1000",
            back.map(|at| at + 1000)
        );
        cut(&mut backend, 1000).await?;
        append(&mut backend, &[0x11; 5000]).await?;
    }
    Ok(())
}

pub(crate) async fn b8_truncate_past_the_end_is_refused_and_changes_nothing<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.random().bytes(1000);
    let mut backend = trial.create_with(&log).await?;
    trial.needs_truncate(&mut backend).await?;
    backend.checkpoint(&[]).await?;
    for len in [1001, 4096, 1 << 40, i64::MAX as u64 + 1, u64::MAX] {
        let refused = backend.truncate(len).await;
        ensure_refused!(refused, Error::OutOfBounds { .. }, "truncate({len}) of 1000 bytes");
        holds(&mut backend, &log, &format!("after truncate({len}) was refused")).await?;
    }
    append(&mut backend, b"continues").await?;
    ensure_eq!(backend.checkpoint(&[]).await?, 1009, "a checkpoint after refused truncates");
    Ok(())
}

pub(crate) async fn b8_a_write_after_a_cut_begins_at_the_cut<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut random) = (trial.create_with(&[1; 100]).await?, trial.random());
    trial.needs_truncate(&mut backend).await?;
    let mut log = vec![1; 100];
    for round in 0..60 {
        if random.chance(0.3) {
            let len = random.between(0, log.len());
            cut(&mut backend, len as u64).await?;
            log.truncate(len);
        } else {
            let len = random.between(0, 1500);
            let bytes = random.bytes(len);
            append(&mut backend, &bytes).await?;
            log.extend(bytes);
        }
        holds(&mut backend, &log, &format!("writes and cuts, round {round}")).await?;
    }
    Ok(())
}
