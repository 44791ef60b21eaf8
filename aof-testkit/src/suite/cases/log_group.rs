//! The log on top: many concurrent writers that share checkpoints.

use crate::random::Random;
use crate::suite::fixture::Fixture;
use crate::suite::trial::Trial;
use crate::suite::trouble::Trouble;
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq};
use crate::wrap::call::Call;
use crate::wrap::dropping::{drop_after, pending};
use crate::wrap::lent::{Lent, Slot};
use aof_api::{Aof, Appended, GroupCommit, LogOptions, Operation, Rule};
use futures::future::join_all;
use std::collections::BTreeSet;

const OPERATION: Operation = Operation(200);

impl<F: Fixture> Trial<'_, F> {
    /// A log for many writers on an empty backend, and where the backend comes back to.
    async fn group(&self) -> Result<(GroupCommit<Lent<F::Backend>>, Slot<F::Backend>), Stop> {
        let (lent, slot) = Lent::new(self.create().await?);
        Ok((GroupCommit::new(Aof::create(lent, LogOptions::new()).await?), slot))
    }

    /// Opens the log that a group left, and checks that it is one chain and holds all that was acknowledged.
    async fn holds_all(&self, backend: F::Backend, acknowledged: &[Appended]) -> Result<Aof<F::Backend>, Stop> {
        let (mut log, recovery) = Aof::open(backend, LogOptions::new()).await?;
        let mut entries = log.entries().await?;
        let mut found = BTreeSet::new();
        while let Some(entry) = entries.next().await? {
            found.insert((entry.op(), entry.offset, entry.checksum().to_u128()));
        }
        ensure_eq!(found.len() as u64, recovery.entries, "entries that are read");
        for appended in acknowledged {
            let there = found.contains(&(appended.op, appended.offset, appended.checksum.to_u128()));
            ensure!(there, "{appended:?} was acknowledged and is not there");
        }
        let validation = log.validate(Rule::Linear, log.tip().map(|tip| tip.checksum)).await?;
        ensure!(validation.is_clean(), "{:?}", validation.findings);
        Ok(log)
    }
}

/// The backend, after the last handle is gone: the log must be gone too.
fn back<B>(slot: &Slot<B>) -> Result<B, Stop> {
    slot.take().ok_or_else(|| Stop::broken("the last handle is gone, and the log is not"))
}

/// Appends by `callers` concurrent callers, some of them dropped after a few polls; what each call returned.
async fn append_by_many<B: aof_api::AofBackend + 'static>(
    group: &GroupCommit<B>,
    random: &mut Random,
    callers: usize,
    dropped: f64,
) -> Vec<Option<aof_api::Result<Appended>>> {
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let (late, len) = (random.below(3), random.between(0, 600));
            let polls = if random.chance(dropped) { random.index(3) } else { usize::MAX };
            (group.clone(), late, random.bytes(len), polls)
        })
        .collect();
    let call = |(group, late, body, polls): (GroupCommit<B>, u64, Vec<u8>, usize)| async move {
        pending(late as u32).await;
        drop_after(polls, group.append(OPERATION, body)).await
    };
    join_all(calls.into_iter().map(call)).await
}

pub(crate) async fn log_a_group_of_writers_makes_one_chain<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (group, slot) = trial.group().await?;
    let mut random = trial.random();
    let mut acknowledged = Vec::new();
    for _ in 0..5 {
        for answer in append_by_many(&group, &mut random, 12, 0.0).await {
            let Some(answer) = answer else { return Err(Stop::broken("a call did not return")) };
            acknowledged.push(answer?);
        }
        let end = acknowledged.iter().map(|appended| appended.offset).max();
        ensure!(end.is_none_or(|end| group.durable_len() > end), "an entry is acknowledged and not durable");
    }
    let ops: BTreeSet<_> = acknowledged.iter().map(|appended| appended.op).collect();
    ensure_eq!(ops, (1..=60).collect(), "the ops of 60 appends");
    drop(group);
    let backend = trial.fixture.reopen(back(&slot)?).await?;
    trial.holds_all(backend, &acknowledged).await.map(drop)
}

pub(crate) async fn log_dropped_callers_of_a_group_leave_no_other_waiting<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (group, slot) = trial.group().await?;
    let mut random = trial.random();
    let mut acknowledged = Vec::new();
    for _ in 0..10 {
        let answers = append_by_many(&group, &mut random, 8, 0.5).await;
        acknowledged.extend(answers.into_iter().flatten().collect::<aof_api::Result<Vec<_>>>()?);
    }
    // The last caller drives what the others left.
    acknowledged.push(group.append(OPERATION, "the last").await?);
    drop(group);
    let backend = trial.fixture.reopen(back(&slot)?).await?;
    trial.holds_all(backend, &acknowledged).await.map(drop)
}

pub(crate) async fn log_a_failing_checkpoint_reaches_everyone_in_the_group<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_trouble(Trouble::Fails(Call::Checkpoint))?;
    let (group, slot) = trial.group().await?;
    let mut random = trial.random();
    let first = group.append(OPERATION, "durable").await?;
    trial.fixture.trouble(Trouble::Fails(Call::Checkpoint))?;
    let answers: Vec<_> = append_by_many(&group, &mut random, 6, 0.0).await.into_iter().flatten().collect();
    if let Ok(acknowledged) = answers.iter().cloned().collect::<aof_api::Result<Vec<_>>>() {
        drop(group);
        let backend = trial.stop(back(&slot)?).await?;
        trial.holds_all(backend, &acknowledged).await?;
        return Err(Stop::Absent("tries again until a checkpoint succeeds".to_owned()));
    }
    for (caller, answer) in answers.into_iter().enumerate() {
        ensure!(answer.is_err(), "caller {caller} of a failing checkpoint returned {answer:?}");
    }
    let refused = group.append(OPERATION, "more").await;
    ensure!(refused.is_err(), "an append after a failed checkpoint returned {refused:?}");
    drop(group);
    let backend = trial.fixture.reopen(back(&slot)?).await?;
    let mut log = trial.holds_all(backend, &[first]).await?;
    log.append(OPERATION, b"continues").await?;
    Ok(())
}

pub(crate) async fn log_what_a_group_acknowledged_survives_a_crash<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    for round in 0..8 {
        let trial = trial.another();
        let (group, slot) = trial.group().await?;
        let mut random = Random::new(trial.seed.wrapping_add(round));
        let answers = append_by_many(&group, &mut random, 10, 0.4).await;
        let acknowledged = answers.into_iter().flatten().collect::<aof_api::Result<Vec<_>>>()?;
        drop(group);
        let backend = trial.fixture.crash(back(&slot)?, random.next_u64()).await?;
        trial.holds_all(backend, &acknowledged).await?;
    }
    Ok(())
}
