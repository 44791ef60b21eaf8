//! B7: failures leave no doubt behind.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, holds, read_from, same, sees};
use crate::suite::trouble::Trouble;
use crate::suite::verdict::{Verdict, ensure, ensure_eq, ensure_refused};
use crate::wrap::call::Call;
use aof_api::{AofBackend, AofRead, AofReadExt, Error};
use std::io::IoSlice;

pub(crate) async fn b7_durable_len_is_0_after_an_opening<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create_with(&[5; 1000]).await?;
    backend.checkpoint(&[]).await?;
    let mut backend = trial.fixture.reopen(backend).await?;
    ensure_eq!(backend.durable_len(), 0, "durable_len() after an opening");
    ensure_eq!(backend.checkpoint(&[]).await?, 1000, "the answer of the first checkpoint after it");
    ensure_eq!(backend.durable_len(), 1000, "durable_len() after that");
    Ok(())
}

pub(crate) async fn b7_after_a_failed_write_the_length_is_what_it_was_or_it_is_poisoned<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Write))?;
    let log = trial.random().bytes(3000);
    let mut backend = trial.create_with(&log[..1000]).await?;
    backend.checkpoint(&[]).await?;
    trial.fixture.trouble(Trouble::Fails(Call::Write))?;
    let failed = backend.write(&[IoSlice::new(&log[1000..1700]), IoSlice::new(&log[1700..2000])]).await;
    if failed.is_ok() && trial.fixture.capabilities().can_buffer_writes() {
        let failed = backend.checkpoint(&[]).await;
        ensure!(failed.is_err(), "a checkpoint whose storage failed to take what was buffered answered {failed:?}");
    } else {
        ensure!(failed.is_err(), "a write whose storage failed answered {failed:?}");
    }
    // Whatever stands on the disk now, half an entry must never be followed by a whole one.
    match backend.write(&[IoSlice::new(&log[2000..])]).await {
        Ok(offset) => {
            ensure_eq!(offset, 1000, "the offset of the write after a failed one");
            let wanted = [&log[..1000], &log[2000..]].concat();
            holds(&mut backend, &wanted, "after a failed write and one that succeeded").await?;
            backend.checkpoint(&[]).await?;
            let mut backend = trial.fixture.reopen(backend).await?;
            holds(&mut backend, &wanted, "the same after an opening").await
        }
        Err(Error::Poisoned { .. }) => {
            ensure_refused!(
                backend.checkpoint(&[]).await,
                Error::Poisoned { .. },
                "a checkpoint of a poisoned backend"
            );
            ensure_eq!(backend.durable_len(), 1000, "durable_len() of a poisoned backend");
            let mut backend = trial.fixture.reopen(backend).await?;
            let seen = read_from(&mut backend, 0).await?;
            ensure!(seen.len() >= 1000, "{} bytes are left, 1000 were checkpointed", seen.len());
            same(&seen[..1000], &log[..1000], "what was checkpointed before the failed write")
        }
        Err(error) => {
            ensure!(false, "the write after a failed one answered {error:?}, neither Ok nor Poisoned");
            Ok(())
        }
    }
}

pub(crate) async fn b7_a_failed_checkpoint_poisons<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Checkpoint))?;
    let log = trial.random().bytes(2000);
    let mut backend = trial.create_with(&log[..1000]).await?;
    backend.checkpoint(&[]).await?;
    append(&mut backend, &log[1000..]).await?;
    trial.fixture.trouble(Trouble::Fails(Call::Checkpoint))?;
    let failed = backend.checkpoint(&[]).await;
    ensure!(failed.is_err(), "a checkpoint whose storage failed answered {failed:?}");
    ensure_eq!(backend.durable_len(), 1000, "durable_len() after a failed checkpoint");
    for round in 0..3 {
        let refused = backend.write(&[IoSlice::new(b"more")]).await;
        ensure_refused!(refused, Error::Poisoned { .. }, "write {round} after a failed checkpoint");
        ensure_refused!(
            backend.checkpoint(&[]).await,
            Error::Poisoned { .. },
            "checkpoint {round} after a failed one and a refused write"
        );
        ensure_eq!(backend.durable_len(), 1000, "durable_len() of a poisoned backend");
    }
    Ok(())
}

pub(crate) async fn b7_a_second_checkpoint_after_a_failed_one_does_not_report_success<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Checkpoint))?;
    let mut backend = trial.create_with(&[6; 1000]).await?;
    trial.fixture.trouble(Trouble::Fails(Call::Checkpoint))?;
    let failed = backend.checkpoint(&[]).await;
    ensure!(failed.is_err(), "a checkpoint whose storage failed answered {failed:?}");
    let second = backend.checkpoint(&[]).await;
    ensure!(
        second.is_err(),
        "the first checkpoint failed, the second answered {second:?}: a sync that succeeds then proves nothing"
    );
    ensure_refused!(second, Error::Poisoned { .. }, "a second checkpoint after a failed one");
    ensure_eq!(backend.durable_len(), 0, "durable_len() after two failed checkpoints");
    Ok(())
}

pub(crate) async fn b7_poison_names_its_cause<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Checkpoint))?;
    let mut backend = trial.create_with(&[6; 100]).await?;
    trial.fixture.trouble(Trouble::Fails(Call::Checkpoint))?;
    let Err(first) = backend.checkpoint(&[]).await else {
        ensure!(false, "a checkpoint whose storage failed answered Ok");
        return Ok(());
    };
    let first = match &first {
        Error::Poisoned { cause } => cause.to_string(),
        error => error.to_string(),
    };
    match backend.checkpoint(&[]).await {
        Err(Error::Poisoned { cause }) => ensure_eq!(cause.to_string(), first, "the cause"),
        other => ensure!(false, "a poisoned backend answered {other:?}"),
    }
    Ok(())
}

pub(crate) async fn b7_a_failed_truncate_poisons<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(2000);
    let mut backend = trial.create_with(&log).await?;
    backend.checkpoint(&[]).await?;
    trial.needs_truncate(&mut backend).await?;
    trial.needs_trouble(Trouble::Fails(Call::Truncate))?;
    trial.fixture.trouble(Trouble::Fails(Call::Truncate))?;
    let failed = backend.truncate(500).await;
    ensure!(failed.is_err(), "a truncate whose storage failed answered {failed:?}");
    let refused = backend.write(&[IoSlice::new(b"more")]).await;
    ensure_refused!(refused, Error::Poisoned { .. }, "a write after a failed truncate");
    ensure_refused!(backend.checkpoint(&[]).await, Error::Poisoned { .. }, "a checkpoint after a failed truncate");
    let mut backend = trial.fixture.reopen(backend).await?;
    trial.cut_zeros_ahead(&mut backend, 2000).await?;
    let seen = read_from(&mut backend, 0).await?;
    ensure!((500..=2000).contains(&seen.len()), "{} bytes are left of 2000 that were to be cut to 500", seen.len());
    same(&seen[..500], &log[..500], "what was not to be cut")
}

pub(crate) async fn b7_poison_ends_with_a_new_opening<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Checkpoint))?;
    let log = trial.random().bytes(3000);
    let mut backend = trial.create_with(&log[..1000]).await?;
    backend.checkpoint(&[]).await?;
    append(&mut backend, &log[1000..2000]).await?;
    trial.fixture.trouble(Trouble::Fails(Call::Checkpoint))?;
    let failed = backend.checkpoint(&[]).await;
    ensure!(failed.is_err(), "a checkpoint whose storage failed answered {failed:?}");
    let mut backend = trial.fixture.reopen(backend).await?;
    ensure_eq!(backend.durable_len(), 0, "durable_len() after an opening");
    let mut seen = read_from(&mut backend, 0).await?;
    ensure!(seen.len() >= 1000, "{} bytes are left, 1000 were checkpointed", seen.len());
    same(&seen[..1000], &log[..1000], "what was checkpointed before the failure")?;
    append(&mut backend, &log[2000..]).await?;
    backend.checkpoint(&[]).await?;
    seen.extend_from_slice(&log[2000..]);
    holds(&mut backend, &seen, "a write and a checkpoint after the new opening").await?;
    let mut backend = trial.fixture.reopen(backend).await?;
    holds(&mut backend, &seen, "the same after one more opening").await
}

pub(crate) async fn b7_a_poisoned_backend_still_reads_what_was_durable<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Checkpoint))?;
    let log = trial.random().bytes(1500);
    let mut backend = trial.create_with(&log[..1000]).await?;
    backend.checkpoint(&[]).await?;
    let mut reader = backend.reader().await?;
    append(&mut backend, &log[1000..]).await?;
    trial.fixture.trouble(Trouble::Fails(Call::Checkpoint))?;
    let failed = backend.checkpoint(&[]).await;
    ensure!(failed.is_err(), "a checkpoint whose storage failed answered {failed:?}");
    let mut seen = vec![0; 1000];
    ensure_eq!(backend.read_all_at(0, &mut seen).await?, 1000, "durable bytes read on a poisoned backend");
    same(&seen, &log[..1000], "a poisoned backend")?;
    ensure_eq!(reader.read_all_at(0, &mut seen).await?, 1000, "durable bytes seen by its reader");
    same(&seen, &log[..1000], "the reader of a poisoned backend")
}

pub(crate) async fn b7_after_a_failed_read_the_cursor_stays_and_reading_goes_on<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Read))?;
    let log = trial.random().bytes(1000);
    let mut backend = trial.create_with(&log).await?;
    backend.checkpoint(&[]).await?;
    backend.seek(300).await?;
    trial.fixture.trouble(Trouble::Fails(Call::Read))?;
    let mut seen = vec![0; 700];
    ensure_refused!(backend.read(&mut seen).await, Error::Io { .. }, "a read whose storage failed");
    ensure_eq!(backend.read_all(&mut seen).await?, 700, "bytes read behind a failed read");
    same(&seen, &log[300..], "the read after a failed one")?;
    sees(&mut backend, &log, "reading anew after a failed read").await?;
    append(&mut backend, b"and more").await?;
    backend.checkpoint(&[]).await?;
    Ok(())
}
