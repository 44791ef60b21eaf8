//! B14: a note that is kept was durable.

use crate::suite::capabilities::Notes;
use crate::suite::fixture::Fixture;
use crate::suite::polling::within;
use crate::suite::trial::{Trial, append, read_from, same};
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq};
use crate::wrap::dropping::drop_after;
use aof_api::AofBackend;
use aof_api::storage::NOTE_LEN_MAX;

type Note = (u64, Vec<u8>);

impl<F: Fixture> Trial<'_, F> {
    /// Continues only where any note is kept. Where none is, other cases check that there never is one.
    fn needs_notes(&self) -> Verdict {
        match self.fixture.capabilities().kept_notes() {
            Notes::None => Err(Stop::Absent("keeps no notes".to_owned())),
            Notes::Some | Notes::Every => Ok(()),
        }
    }

    /// Checks what opening found against what was given with checkpoints: those that resolved, in order, and those that
    /// may have become durable.
    fn found(&self, found: Option<Note>, resolved: &[Note], perhaps: &[Note], when: &str) -> Verdict {
        let kept = self.fixture.capabilities().kept_notes();
        let Some(found) = found else {
            ensure!(
                kept != Notes::Every || resolved.is_empty(),
                "{when}: every note is declared to be kept, and there is none"
            );
            return Ok(());
        };
        ensure!(kept != Notes::None, "{when}: a note is there: declare which are kept with Capabilities::notes");
        ensure!(
            resolved.contains(&found) || perhaps.contains(&found),
            "{when}: the note {found:?} was not given with a checkpoint that covered so many bytes"
        );
        ensure!(
            kept != Notes::Every || perhaps.contains(&found) || resolved.last() == Some(&found),
            "{when}: expected the newest note {:?}, got {found:?}",
            resolved.last()
        );
        Ok(())
    }
}

/// A note of this round.
fn note(round: usize) -> Vec<u8> {
    let len = [1, 20, NOTE_LEN_MAX][round % 3];
    // Zeros are bytes like others.
    (0..len).map(|at| if at % 4 == 3 { 0 } else { (round + at) as u8 | 1 }).collect()
}

pub(crate) async fn b14_note_is_what_opening_found_and_nothing_newer<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create().await?;
    ensure_eq!(backend.note(), None, "the note of a new log");
    let mut resolved = Vec::new();
    for round in 0..8 {
        let opened = backend.note();
        append(&mut backend, &vec![round as u8; 300]).await?;
        backend.checkpoint(&note(round)).await?;
        resolved.push((backend.len(), note(round)));
        ensure_eq!(backend.note(), opened, "note() after a checkpoint, which is what opening found");
        backend = trial.fixture.reopen(backend).await?;
        trial.found(backend.note(), &resolved, &[], "after a reopen")?;
    }
    Ok(())
}

pub(crate) async fn b14_some_note_is_found_where_some_are_kept<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_notes()?;
    if trial.fixture.capabilities().is_coarse() {
        return Err(Stop::Absent("keeps notes more rarely than the suite writes them, which is declared".to_owned()));
    }
    let mut backend = trial.create().await?;
    for round in 0..40 {
        append(&mut backend, &[3; 400]).await?;
        backend.checkpoint(&note(round)).await?;
        if round % 8 == 7 {
            backend = trial.fixture.reopen(backend).await?;
            if backend.note().is_some() {
                return Ok(());
            }
        }
    }
    Err(Stop::broken("notes are declared to be kept, and after 40 checkpoints with one there was none"))
}

pub(crate) async fn b14_an_empty_note_leaves_the_one_before<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_notes()?;
    let (mut backend, mut resolved) = (trial.create().await?, Vec::new());
    for round in 0..6 {
        append(&mut backend, &[1; 200]).await?;
        backend.checkpoint(&note(round)).await?;
        resolved.push((backend.len(), note(round)));
        append(&mut backend, &[2; 100]).await?;
        backend.checkpoint(&[]).await?;
        // Nothing new to make durable, and nothing to forget.
        backend.checkpoint(&[]).await?;
        backend = trial.fixture.reopen(backend).await?;
        trial.found(backend.note(), &resolved, &[], "after checkpoints without a note and a reopen")?;
    }
    Ok(())
}

pub(crate) async fn b14_a_note_covers_what_was_written_at_its_call<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_notes()?;
    for polls in 0..4 {
        let trial = trial.another();
        let mut backend = trial.create_with(&[1; 500]).await?;
        let mut first = Box::pin(backend.checkpoint(&note(1)));
        let early = drop_after(polls, first.as_mut()).await;
        append(&mut backend, &[2; 300]).await?;
        match early {
            Some(resolved) => resolved?,
            None => within("a checkpoint with a note", first).await??,
        };
        // It is stored with more than it covers, or not.
        backend.checkpoint(&[]).await?;
        let backend = trial.fixture.reopen(backend).await?;
        trial.found(backend.note(), &[(500, note(1))], &[], "written after the call, and opened again")?;
    }
    Ok(())
}

pub(crate) async fn b14_what_a_note_covers_survives_a_crash<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_notes()?;
    trial.needs_crash().await?;
    let mut random = trial.random();
    for log_index in 0..16 {
        let trial = trial.another();
        let (mut backend, mut log, mut resolved) = (trial.create().await?, Vec::new(), Vec::new());
        for round in 0..4 {
            let len = random.between(1, 2000);
            let bytes = random.bytes(len);
            append(&mut backend, &bytes).await?;
            log.extend(bytes);
            backend.checkpoint(&note(round)).await?;
            resolved.push((backend.len(), note(round)));
        }
        append(&mut backend, &[9; 1500]).await?;
        log.extend([9; 1500]);
        let perhaps = [(log.len() as u64, note(7))];
        let _ = drop_after(log_index % 4, backend.checkpoint(&perhaps[0].1)).await;
        let mut backend = trial.fixture.crash(backend, random.next_u64()).await?;
        let found = backend.note();
        trial.found(found.clone(), &resolved, &perhaps, "after a crash")?;
        if let Some((covered, _)) = found {
            let seen = read_from(&mut backend, 0).await?;
            let covered = covered as usize;
            ensure!(seen.len() >= covered, "a note covers {covered} bytes, and {} are there", seen.len());
            same(&seen[..covered], &log[..covered], "what the note covers")?;
        }
    }
    Ok(())
}

pub(crate) async fn b14_a_cut_forgets_the_notes_above_it<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_notes()?;
    let (mut backend, mut resolved) = (trial.create().await?, Vec::new());
    trial.needs_truncate(&mut backend).await?;
    for round in 0..8 {
        append(&mut backend, &[1; 250]).await?;
        backend.checkpoint(&note(round)).await?;
        resolved.push((backend.len(), note(round)));
    }
    for (round, to) in [2000, 1999, 1500, 1250, 100, 0].into_iter().enumerate() {
        backend.truncate(to).await?;
        resolved.retain(|(covered, _)| *covered <= to);
        // Grown again, without a note: what was cut is not what is there now.
        append(&mut backend, &[2; 900]).await?;
        backend.checkpoint(&[]).await?;
        backend = if round % 2 == 0 { trial.stop(backend).await? } else { trial.fixture.reopen(backend).await? };
        trial.found(backend.note(), &resolved, &[], &format!("cut to {to}, written and opened again"))?;
        backend.truncate(to).await?;
    }
    Ok(())
}
