//! B7: failures leave no doubt.

use crate::suite::fixture::Fixture;
use crate::suite::polling::within;
use crate::suite::trial::{Trial, append, holds, read_from, same, sees};
use crate::suite::trouble::Trouble;
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq, ensure_refused};
use crate::wrap::call::Call;
use aof_api::{AofBackend, AofRead, AofReadExt, Error, Result};
use std::io::IoSlice;

const FAILS: Trouble = Trouble::Fails(Call::Checkpoint);

impl<F: Fixture> Trial<'_, F> {
    /// A checkpoint that meets trouble: its failure, or none where the storage tried again and kept what it promised, which
    /// is then checked, and the end of the case.
    pub(crate) async fn fails_to_checkpoint(
        &self,
        backend: F::Backend,
        log: &[u8],
        trouble: Trouble,
    ) -> Result<(F::Backend, Error), Stop> {
        let mut backend = backend;
        self.fixture.trouble(trouble)?;
        match backend.checkpoint(&[]).await {
            Err(failure) => Ok((backend, failure)),
            Ok(durable) => {
                ensure_eq!(durable, log.len() as u64, "Ok of a checkpoint that met trouble");
                let mut backend = self.stop(backend).await?;
                self.cut_zeros_ahead(&mut backend, log.len()).await?;
                holds(&mut backend, log, "Ok of a checkpoint that met trouble, and a stop").await?;
                Err(Stop::Absent("tries again until a checkpoint succeeds, and was right to return Ok".to_owned()))
            }
        }
    }
}

/// Checks that a call on a poisoned backend returns the failure or `Poisoned`.
fn refused<T>(result: Result<T>, failure: &Error, what: &str) -> Verdict {
    match result {
        Err(Error::Poisoned { .. }) => Ok(()),
        Err(error) if error.to_string() == failure.to_string() => Ok(()),
        Err(error) => Err(Stop::broken(format_args!("{what}: expected Poisoned or {failure:?}, got {error:?}"))),
        Ok(_) => Err(Stop::broken(format_args!("{what}: expected Poisoned or {failure:?}, got Ok"))),
    }
}

pub(crate) async fn b7_opening_counts_nothing_as_durable_that_a_crash_takes<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.random().bytes(30_000);
    for seed in 0..6 {
        let trial = trial.another();
        let mut backend = trial.create_with(&log[..1000]).await?;
        backend.checkpoint(&[]).await?;
        append(&mut backend, &log[1000..]).await?;
        // Not checkpointed: it may be in a cache only, which opening shows.
        let backend = trial.fixture.reopen(backend).await?;
        let (durable, len) = (backend.durable_len(), backend.len());
        ensure!(durable <= len, "durable_len() is {durable} of {len} bytes after opening");
        if trial.fixture.capabilities().can_crash() {
            let mut backend = trial.fixture.crash(backend, trial.seed.wrapping_add(seed)).await?;
            let seen = read_from(&mut backend, 0).await?;
            ensure!(seen.len() as u64 >= durable, "durable_len() was {durable}, {} bytes are left", seen.len());
            same(&seen[..durable as usize], &log[..durable as usize], "what opening said was durable")?;
        }
    }
    Ok(())
}

async fn write_meets<F: Fixture>(trial: &Trial<'_, F>, trouble: Trouble) -> Verdict {
    trial.needs_trouble(trouble)?;
    let log = trial.random().bytes(3000);
    let mut backend = trial.create_with(&log[..1000]).await?;
    backend.checkpoint(&[]).await?;
    trial.fixture.trouble(trouble)?;
    let written = backend.write(&[IoSlice::new(&log[1000..1700]), IoSlice::new(&log[1700..2000])]).await;
    // Where it was taken, it was tried again, or waits in a buffer, and is checked like any other.
    let before = if written.is_ok() { &log[..2000] } else { &log[..1000] };
    let failure = match backend.write(&[IoSlice::new(&log[2000..])]).await {
        Ok(offset) => {
            ensure_eq!(offset, before.len() as u64, "the offset of the write after one that met trouble");
            let wanted = [before, &log[2000..]].concat();
            holds(&mut backend, &wanted, "after a write that met trouble and one that succeeded").await?;
            match backend.checkpoint(&[]).await {
                Ok(_) => {
                    let mut backend = trial.stop(backend).await?;
                    trial.cut_zeros_ahead(&mut backend, wanted.len()).await?;
                    return holds(&mut backend, &wanted, "the same after a checkpoint and a stop").await;
                }
                Err(failure) => failure,
            }
        }
        Err(failure) => failure,
    };
    // Half an entry must never be followed by a whole one: now it is poisoned.
    refused(backend.checkpoint(&[]).await, &failure, "a checkpoint of a backend whose write failed")?;
    refused(backend.write(&[IoSlice::new(b"more")]).await, &failure, "a write of a backend whose write failed")?;
    ensure_eq!(backend.durable_len(), 1000, "durable_len() of a poisoned backend");
    let mut backend = trial.fixture.reopen(backend).await?;
    let seen = read_from(&mut backend, 0).await?;
    ensure!(seen.len() >= 1000, "{} bytes are left, 1000 were checkpointed", seen.len());
    same(&seen[..1000], &log[..1000], "what was checkpointed before the failed write")
}

pub(crate) async fn b7_after_a_failed_write_the_length_is_what_it_was_or_it_is_poisoned<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    write_meets(trial, Trouble::Fails(Call::Write)).await
}

pub(crate) async fn b7_a_write_whose_answer_is_lost_is_there_once_or_not_at_all<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    write_meets(trial, Trouble::AnswerLost(Call::Write)).await
}

async fn checkpoint_meets<F: Fixture>(trial: &Trial<'_, F>, trouble: Trouble) -> Verdict {
    trial.needs_trouble(trouble)?;
    let log = trial.random().bytes(30_000);
    let mut backend = trial.create_with(&log[..1000]).await?;
    backend.checkpoint(&[]).await?;
    append(&mut backend, &log[1000..]).await?;
    let (mut backend, failure) = match trial.fails_to_checkpoint(backend, &log, trouble).await {
        // It kept its promise: no more is asked for.
        Err(Stop::Absent(_)) => return Ok(()),
        other => other?,
    };
    ensure_eq!(backend.durable_len(), 1000, "durable_len() after a failed checkpoint");
    for round in 0..3 {
        refused(backend.write(&[IoSlice::new(b"more")]).await, &failure, "a write after a failed checkpoint")?;
        refused(backend.checkpoint(&[]).await, &failure, "a checkpoint after a failed one")?;
        ensure_eq!(backend.durable_len(), 1000, "durable_len() of a poisoned backend in round {round}");
    }
    if trial.fixture.capabilities().can_truncate() {
        refused(backend.truncate(500).await, &failure, "a truncate after a failed checkpoint")?;
    }
    let mut backend = trial.fixture.reopen(backend).await?;
    trial.cut_zeros_ahead(&mut backend, 30_000).await?;
    let seen = read_from(&mut backend, 0).await?;
    ensure!((1000..=30_000).contains(&seen.len()), "{} bytes are left of 1000 to 30000", seen.len());
    same(&seen[..1000], &log[..1000], "what was checkpointed before the failure")
}

pub(crate) async fn b7_a_failed_checkpoint_poisons<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    checkpoint_meets(trial, FAILS).await
}

pub(crate) async fn b7_a_checkpoint_whose_answer_is_lost_kept_its_promise_or_poisons<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    checkpoint_meets(trial, Trouble::AnswerLost(Call::Checkpoint)).await
}

pub(crate) async fn b7_a_second_checkpoint_after_a_failed_one_does_not_report_success<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_trouble(FAILS)?;
    let backend = trial.create_with(&[6; 1000]).await?;
    let (mut backend, failure) = trial.fails_to_checkpoint(backend, &[6; 1000], FAILS).await?;
    // A sync that succeeds after one that failed proves nothing: the system reports a failure once.
    refused(backend.checkpoint(&[]).await, &failure, "a second checkpoint after a failed one")?;
    ensure_eq!(backend.durable_len(), 0, "durable_len() after two failed checkpoints");
    Ok(())
}

pub(crate) async fn b7_none_under_way_succeeds_after_an_earlier_one_failed<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_trouble(FAILS)?;
    let log = trial.random().bytes(40_000);
    for later_first in [false, true] {
        let trial = trial.another();
        let mut backend = trial.create_with(&log[..20_000]).await?;
        trial.fixture.trouble(FAILS)?;
        let earlier = backend.checkpoint(&[]);
        append_unless_poisoned(&mut backend, &log[20_000..]).await?;
        let end = backend.len();
        let later = backend.checkpoint(&[]);
        let (one, two) = if later_first {
            let two = within("the later of two checkpoints", later).await?;
            (within("the earlier of two checkpoints", earlier).await?, two)
        } else {
            let one = within("the earlier of two checkpoints", earlier).await?;
            (one, within("the later of two checkpoints", later).await?)
        };
        ensure!(
            one.is_ok() || two.is_err(),
            "the earlier of two checkpoints failed ({one:?}), and the later returned {two:?}"
        );
        let durable = backend.durable_len();
        for (resolved, covers) in [(one, 20_000), (two, end)] {
            match resolved {
                Ok(resolved) => ensure!(
                    (covers..=durable).contains(&resolved),
                    "Ok({resolved}) of a checkpoint of {covers} bytes, with durable_len() {durable}"
                ),
                Err(error) => {
                    ensure!(durable < covers, "{covers} bytes are durable, and their checkpoint failed: {error:?}");
                }
            }
        }
        let mut backend = trial.stop(backend).await?;
        let seen = read_from(&mut backend, 0).await?;
        let durable = durable as usize;
        ensure!(seen.len() >= durable, "durable_len() was {durable}, {} bytes are left", seen.len());
        same(&seen[..durable], &log[..durable], "what was durable after a failure")?;
    }
    Ok(())
}

/// Appends; where the work of a checkpoint is done at its call, its failure is known already.
async fn append_unless_poisoned<B: AofBackend>(backend: &mut B, bytes: &[u8]) -> Verdict {
    match backend.write(&[IoSlice::new(bytes)]).await {
        Ok(_) | Err(Error::Poisoned { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn b7_poison_names_its_cause<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_trouble(FAILS)?;
    let backend = trial.create_with(&[6; 100]).await?;
    let (mut backend, failure) = trial.fails_to_checkpoint(backend, &[6; 100], FAILS).await?;
    let first = match &failure {
        Error::Poisoned { cause } => cause.to_string(),
        error => error.to_string(),
    };
    match backend.checkpoint(&[]).await {
        Err(Error::Poisoned { cause }) => ensure_eq!(cause.to_string(), first, "the cause"),
        Err(error) => ensure_eq!(error.to_string(), first, "the failure itself, again"),
        other => ensure!(false, "a poisoned backend returned {other:?}"),
    }
    Ok(())
}

async fn truncate_meets<F: Fixture>(trial: &Trial<'_, F>, trouble: Trouble) -> Verdict {
    let log = trial.random().bytes(2000);
    let mut backend = trial.create_with(&log).await?;
    backend.checkpoint(&[]).await?;
    trial.needs_truncate(&mut backend).await?;
    trial.needs_trouble(trouble)?;
    trial.fixture.trouble(trouble)?;
    let Err(failure) = backend.truncate(500).await else {
        let mut backend = trial.stop(backend).await?;
        trial.cut_zeros_ahead(&mut backend, 500).await?;
        return holds(&mut backend, &log[..500], "Ok of a truncate that met trouble, and a stop").await;
    };
    refused(backend.write(&[IoSlice::new(b"more")]).await, &failure, "a write after a failed truncate")?;
    refused(backend.checkpoint(&[]).await, &failure, "a checkpoint after a failed truncate")?;
    let mut backend = trial.fixture.reopen(backend).await?;
    trial.cut_zeros_ahead(&mut backend, 2000).await?;
    let seen = read_from(&mut backend, 0).await?;
    ensure!((500..=2000).contains(&seen.len()), "{} bytes are left of 2000 that were to be cut to 500", seen.len());
    same(&seen[..500], &log[..500], "what was not to be cut")
}

pub(crate) async fn b7_a_failed_truncate_poisons<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    truncate_meets(trial, Trouble::Fails(Call::Truncate)).await
}

pub(crate) async fn b7_a_truncate_whose_answer_is_lost_cut_or_poisons<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    truncate_meets(trial, Trouble::AnswerLost(Call::Truncate)).await
}

pub(crate) async fn b7_poison_ends_when_the_log_is_opened_again<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_trouble(FAILS)?;
    let log = trial.random().bytes(3000);
    let mut backend = trial.create_with(&log[..1000]).await?;
    backend.checkpoint(&[]).await?;
    append(&mut backend, &log[1000..2000]).await?;
    let (backend, _) = trial.fails_to_checkpoint(backend, &log[..2000], FAILS).await?;
    let mut backend = trial.fixture.reopen(backend).await?;
    let mut seen = read_from(&mut backend, 0).await?;
    ensure!(seen.len() >= 1000, "{} bytes are left, 1000 were checkpointed", seen.len());
    same(&seen[..1000], &log[..1000], "what was checkpointed before the failure")?;
    append(&mut backend, &log[2000..]).await?;
    backend.checkpoint(&[]).await?;
    seen.extend_from_slice(&log[2000..]);
    holds(&mut backend, &seen, "a write and a checkpoint after opening again").await?;
    let mut backend = trial.stop(backend).await?;
    trial.cut_zeros_ahead(&mut backend, seen.len()).await?;
    holds(&mut backend, &seen, "the same after a stop").await
}

pub(crate) async fn b7_a_poisoned_backend_still_reads_what_was_durable<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_trouble(FAILS)?;
    let log = trial.random().bytes(1500);
    let mut backend = trial.create_with(&log[..1000]).await?;
    backend.checkpoint(&[]).await?;
    let mut reader = backend.reader().await?;
    append(&mut backend, &log[1000..]).await?;
    trial.fixture.trouble(FAILS)?;
    if backend.checkpoint(&[]).await.is_ok() {
        return Err(Stop::Absent("tries again until a checkpoint succeeds".to_owned()));
    }
    let mut seen = vec![0; 1000];
    match backend.read_all_at(0, &mut seen).await {
        Ok(count) => same(&seen[..count], &log[..1000], "a poisoned backend")?,
        Err(error) => ensure_refused!(Err::<(), _>(error), Error::Poisoned { .. }, "a read on a poisoned backend"),
    }
    ensure_eq!(reader.read_all_at(0, &mut seen).await?, 1000, "durable bytes seen by its reader");
    same(&seen, &log[..1000], "the reader of a poisoned backend")?;
    // It ends there: what was not durable is in doubt.
    ensure_eq!(reader.read(&mut [0; 10]).await?, 0, "a read of that reader at the end");
    reader.seek(1001).await?;
    ensure_refused!(reader.read(&mut [0; 10]).await, Error::Poisoned { .. }, "a read of that reader past the end");
    Ok(())
}

pub(crate) async fn b7_after_a_failed_read_the_cursor_stays_and_reading_continues<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Read))?;
    let log = trial.random().bytes(1000);
    let mut backend = trial.create_with(&log).await?;
    backend.checkpoint(&[]).await?;
    backend.seek(300).await?;
    trial.fixture.trouble(Trouble::Fails(Call::Read))?;
    let mut seen = vec![0; 700];
    let read = backend.read(&mut seen).await;
    let done = match read {
        // It tried again, or had the bytes.
        Ok(count) => count,
        Err(Error::Io { .. }) => 0,
        Err(error) => return Err(Stop::broken(format_args!("a read whose storage failed returned {error:?}"))),
    };
    ensure_eq!(backend.read_all(&mut seen[done..]).await?, 700 - done, "bytes read after a read that met trouble");
    same(&seen, &log[300..], "the read after a failed one")?;
    sees(&mut backend, &log, "reading again after a failed read").await?;
    append(&mut backend, b"and more").await?;
    backend.checkpoint(&[]).await?;
    Ok(())
}
