//! B6 and B16: checkpoints under way, beside writes, reads and each other.

use crate::suite::fixture::Fixture;
use crate::suite::polling::{Waits, within};
use crate::suite::trial::{Trial, append, holds, read_from, same, sees};
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq, ensure_refused};
use crate::wrap::dropping::drop_after;
use aof_api::storage::NOTE_LEN_MAX;
use aof_api::{AofBackend, Error};

/// Polls that a checkpoint gets before something happens beside it.
const POLLS: usize = 6;

pub(crate) async fn b6_writes_and_reads_continue_while_a_checkpoint_is_under_way<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.random().bytes(9000);
    let mut waits = Waits::default();
    for polls in 0..POLLS {
        let trial = trial.another();
        let mut backend = trial.create_with(&log[..3000]).await?;
        let mut reader = backend.reader().await?;
        let mut first = Box::pin(backend.checkpoint(&[]));
        let early = drop_after(polls, first.as_mut()).await;
        waits.saw(polls, early.is_some());
        append(&mut backend, &log[3000..6000]).await?;
        holds(&mut backend, &log[..6000], "written while a checkpoint is under way").await?;
        sees(&mut reader, &log[..6000], "a reader while a checkpoint is under way").await?;
        let resolved = match early {
            Some(resolved) => resolved?,
            None => within("a checkpoint that was under way", first).await??,
        };
        ensure!(
            (3000..=6000).contains(&resolved),
            "a checkpoint of 3000 bytes, with 3000 more written meanwhile, resolved to {resolved}"
        );
        ensure!(backend.durable_len() >= resolved, "durable_len() is {} after Ok({resolved})", backend.durable_len());
        // A healthy backend is not poisoned by a log that grew during the sync.
        append(&mut backend, &log[6000..]).await?;
        ensure_eq!(backend.checkpoint(&[]).await?, 9000, "the checkpoint after one that was under way");
        // It may hold the lock.
        drop(reader);
        let mut backend = trial.stop(backend).await?;
        trial.cut_zeros_ahead(&mut backend, log.len()).await?;
        holds(&mut backend, &log, "written around a checkpoint, and stopped").await?;
    }
    waits.or_skip("written")
}

pub(crate) async fn b6_what_is_written_meanwhile_is_not_lost_by_a_crash_of_what_was_promised<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_crash().await?;
    let log = trial.random().bytes(6000);
    for polls in 0..POLLS {
        let trial = trial.another();
        let mut backend = trial.create_with(&log[..3000]).await?;
        let mut first = Box::pin(backend.checkpoint(&[]));
        let early = drop_after(polls, first.as_mut()).await;
        append(&mut backend, &log[3000..]).await?;
        let resolved = match early {
            Some(resolved) => resolved?,
            None => within("a checkpoint that was under way", first).await??,
        };
        let mut backend = trial.fixture.crash(backend, trial.seed.wrapping_add(polls as u64)).await?;
        let seen = read_from(&mut backend, 0).await?;
        let least = resolved as usize;
        ensure!(seen.len() >= least, "{} bytes are there after a crash, Ok({resolved}) was returned", seen.len());
        same(&seen[..least], &log[..least], "what a checkpoint promised while more was written")?;
    }
    Ok(())
}

pub(crate) async fn b6_two_under_way_resolve_in_any_order_of_polls<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(4000);
    for second_first in [false, true] {
        let trial = trial.another();
        let mut backend = trial.create_with(&log[..2000]).await?;
        let first = backend.checkpoint(&[]);
        append(&mut backend, &log[2000..]).await?;
        let second = backend.checkpoint(&[]);
        // Polling one drives everything that it needs, an earlier one included.
        let (one, two) = if second_first {
            let two = within("the later of two checkpoints", second).await?;
            ensure!(backend.durable_len() >= 4000, "durable_len() is {} after both", backend.durable_len());
            (within("the earlier of two checkpoints", first).await?, two)
        } else {
            let one = within("the earlier of two checkpoints", first).await?;
            (one, within("the later of two checkpoints", second).await?)
        };
        let (one, two) = (one?, two?);
        ensure!((2000..=4000).contains(&one), "the checkpoint of 2000 bytes resolved to {one}");
        ensure_eq!(two, 4000, "what the checkpoint of 4000 bytes resolved to");
        ensure_eq!(backend.durable_len(), 4000, "durable_len() after both");
        let mut backend = trial.stop(backend).await?;
        trial.cut_zeros_ahead(&mut backend, log.len()).await?;
        holds(&mut backend, &log, "two checkpoints under way, and a stop").await?;
    }
    Ok(())
}

pub(crate) async fn b6_the_next_one_covers_those_that_were_dropped<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(8000);
    let mut backend = trial.create().await?;
    for (polls, piece) in log.chunks(1000).enumerate() {
        append(&mut backend, piece).await?;
        let _ = drop_after(polls % 4, backend.checkpoint(&[])).await;
    }
    let resolved = within("a checkpoint after dropped ones", backend.checkpoint(&[])).await??;
    ensure_eq!(resolved, 8000, "what the checkpoint after dropped ones resolved to");
    let mut backend = trial.stop(backend).await?;
    trial.cut_zeros_ahead(&mut backend, log.len()).await?;
    holds(&mut backend, &log, "a checkpoint after dropped ones, and a stop").await
}

pub(crate) async fn b6_close_drives_what_is_under_way<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(2000);
    let mut backend = trial.create_with(&log).await?;
    let held = backend.checkpoint(&[]);
    // No caller polls it: close must not wait for that.
    within("close() with a checkpoint under way", backend.close()).await??;
    ensure_eq!(backend.durable_len(), 2000, "durable_len() after a close with a checkpoint under way");
    let resolved = within("a checkpoint that was called before a close", held).await?;
    match resolved {
        Ok(resolved) => ensure_eq!(resolved, 2000, "what a checkpoint called before a close resolved to"),
        Err(error) => ensure!(false, "a checkpoint that was durable before the close resolved to {error:?}"),
    }
    ensure_refused!(backend.checkpoint(&[]).await, Error::Closed, "a checkpoint called after close");
    let mut backend = trial.stop(backend).await?;
    trial.cut_zeros_ahead(&mut backend, log.len()).await?;
    holds(&mut backend, &log, "a checkpoint under way at the close, and a stop").await
}

pub(crate) async fn b6_truncate_drives_what_is_under_way<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(2000);
    let mut backend = trial.create_with(&log).await?;
    trial.needs_truncate(&mut backend).await?;
    let held = backend.checkpoint(&[]);
    within("truncate() with a checkpoint under way", backend.truncate(1200)).await??;
    let resolved = within("a checkpoint that was called before a truncate", held).await??;
    ensure_eq!(resolved, 2000, "what a checkpoint called before a truncate resolved to");
    ensure_eq!((backend.len(), backend.durable_len()), (1200, 1200), "both lengths after the truncate");
    append(&mut backend, b"and more").await?;
    ensure_eq!(backend.checkpoint(&[]).await?, 1208, "the checkpoint after it");
    let mut backend = trial.stop(backend).await?;
    trial.cut_zeros_ahead(&mut backend, 1208).await?;
    holds(&mut backend, &[&log[..1200], b"and more"].concat(), "a checkpoint under way at a cut, and a stop").await
}

pub(crate) async fn b6_the_outcome_agrees_with_the_durable_length_after_a_drop<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.random().bytes(1000);
    for polls in 0..POLLS {
        let trial = trial.another();
        let mut backend = trial.create_with(&log).await?;
        let mut reader = backend.reader().await?;
        let mut held = Box::pin(backend.checkpoint(&[]));
        let early = drop_after(polls, held.as_mut()).await;
        drop(backend);
        let resolved = match early {
            Some(resolved) => resolved,
            None => within("a checkpoint whose backend was dropped", held).await?,
        };
        let seen = aof_api::AofRead::end(&mut reader).await?;
        match resolved {
            Ok(resolved) => ensure_eq!((resolved, seen), (1000, 1000), "Ok of a checkpoint, and what was durable"),
            Err(Error::Closed) => {}
            Err(error) => return Err(Stop::broken(format_args!("a checkpoint without a backend failed: {error:?}"))),
        }
    }
    Ok(())
}

pub(crate) async fn b6_a_note_that_is_too_long_changes_nothing<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create_with(&[3; 500]).await?;
    backend.checkpoint(&[9; NOTE_LEN_MAX]).await?;
    append(&mut backend, &[4; 100]).await?;
    for len in [NOTE_LEN_MAX + 1, 4096, 1 << 20] {
        let refused = backend.checkpoint(&vec![9; len]).await;
        ensure_refused!(refused, Error::TooLarge { .. }, "a checkpoint with a note of {len} bytes");
        ensure_eq!(backend.durable_len(), 500, "durable_len() after it");
    }
    append(&mut backend, &[5; 100]).await?;
    ensure_eq!(backend.checkpoint(&[]).await?, 700, "a checkpoint after refused notes");
    holds(&mut backend, &[vec![3; 500], vec![4; 100], vec![5; 100]].concat(), "after refused notes").await
}
