//! The log on top: its futures dropped, its storage failing.

use crate::suite::fixture::Fixture;
use crate::suite::trial::Trial;
use crate::suite::trouble::Trouble;
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq};
use crate::wrap::call::Call;
use crate::wrap::dropping::drop_after;
use aof_api::{Aof, Error, LogOptions, Operation, Rule};

/// More polls than any call may need.
const POLLS_MAX: usize = 10_000;

pub(crate) async fn log_a_dropped_append_is_there_or_is_not_and_the_chain_continues<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let mut log = Aof::create(trial.create().await?, LogOptions::new()).await?;
    let mut entries = 0;
    for polls in 0..POLLS_MAX {
        let before = log.len();
        let done = drop_after(polls, log.append(Operation(200), &[7; 400])).await.transpose()?;
        let accepted = log.len() > before;
        ensure!(accepted || done.is_none(), "an append returned Ok and left the length as it was");
        entries += u64::from(accepted);
        ensure_eq!(log.tip().map_or(0, |tip| tip.op), entries, "the tip after an append dropped after {polls} polls");
        let many = [(Operation(200), [1; 10]), (Operation(201), [2; 10])];
        let before = log.len();
        drop_after(polls, log.append_all(&many)).await.transpose()?;
        entries += if log.len() > before { 2 } else { 0 };
        entries += 1;
        ensure_eq!(log.append(Operation(200), b"whole").await?.op, entries, "the op of an append after dropped ones");
        if done.is_some() {
            let validation = log.validate(Rule::Linear, log.tip().map(|tip| tip.checksum)).await?;
            ensure!(validation.is_clean() && validation.entries == entries, "{validation:?}");
            return Ok(());
        }
    }
    ensure!(false, "an append was not done after {POLLS_MAX} polls");
    Ok(())
}

pub(crate) async fn log_a_dropped_checkpoint_loses_no_entry<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut log = Aof::create(trial.create().await?, LogOptions::new()).await?;
    let mut entries = 0;
    for polls in 0..POLLS_MAX {
        log.append(Operation(200), &[7; 400]).await?;
        entries += 1;
        let done = drop_after(polls, log.checkpoint()).await.transpose()?;
        if done.is_some() {
            ensure_eq!(log.durable_len(), log.len(), "the durable length after a checkpoint");
            let backend = trial.fixture.reopen(log.into_inner()).await?;
            let (log, recovery) = Aof::open(backend, LogOptions::new()).await?;
            ensure_eq!((recovery.entries, log.len()), (entries, recovery.len), "entries after opening the log again");
            return Ok(());
        }
    }
    ensure!(false, "a checkpoint was not done after {POLLS_MAX} polls");
    Ok(())
}

pub(crate) async fn log_after_a_failed_checkpoint_nothing_is_acknowledged_until_it_is_opened_again<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Checkpoint))?;
    let mut log = Aof::create(trial.create().await?, LogOptions::new()).await?;
    let durable = log.append(Operation(200), b"durable").await?;
    log.checkpoint().await?;
    log.append(Operation(200), b"in doubt").await?;
    trial.fixture.trouble(Trouble::Fails(Call::Checkpoint))?;
    if log.checkpoint().await.is_ok() {
        return Err(Stop::Absent("tries again until a checkpoint succeeds".to_owned()));
    }
    let refused = log.append(Operation(200), b"more").await;
    ensure!(refused.is_err(), "an append after a failed checkpoint returned {refused:?}");
    let refused = log.checkpoint().await;
    ensure!(refused.is_err(), "a checkpoint after a failed one returned {refused:?}");
    let backend = trial.fixture.reopen(log.into_inner()).await?;
    let (mut log, recovery) = Aof::open(backend, LogOptions::new().expected_tip(durable.checksum)).await?;
    ensure!((1..=2).contains(&recovery.entries), "{} entries are left", recovery.entries);
    log.append(Operation(200), b"continues").await?;
    log.checkpoint().await?;
    Ok(())
}

pub(crate) async fn log_a_full_storage_refuses_an_entry_and_the_chain_continues<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_unbuffered_writes()?;
    let created = trial.fixture.create_with_capacity(8192).await;
    if !trial.fixture.capabilities().can_fill() {
        return trial.absent("bound a log", "Capabilities::capacity", created.map(|_| ()));
    }
    let mut log = Aof::create(created?, LogOptions::new()).await?;
    let mut entries = 0;
    let full = loop {
        match log.append(Operation(200), &[5; 3000]).await {
            Ok(_) => entries += 1,
            Err(error) => break error,
        }
        ensure!(entries < 10_000, "a log of 8192 bytes took {entries} entries of 3272");
    };
    ensure!(matches!(full, Error::Full { needed: 3272, .. }), "a full log returned {full:?}");
    log.checkpoint().await?;
    let validation = log.validate(Rule::Linear, log.tip().map(|tip| tip.checksum)).await?;
    ensure!(validation.is_clean() && validation.entries == entries, "{validation:?}");
    Ok(())
}
