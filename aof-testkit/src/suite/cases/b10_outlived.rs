//! B10: after the lock is gone, nothing of its writer changes the storage.

use crate::suite::capabilities::SecondWriter;
use crate::suite::fixture::Fixture;
use crate::suite::polling::within;
use crate::suite::trial::{Trial, append, holds};
use crate::suite::verdict::{Stop, Verdict, ensure};
use crate::wrap::dropping::drop_after;
use aof_api::{AofBackend, Error};

pub(crate) async fn b10_a_checkpoint_that_outlives_its_backend_changes_nothing<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    if trial.fixture.capabilities().second_writer() == SecondWriter::Impossible {
        return trial.needs_another_writer_beside_readers().await;
    }
    let log = trial.random().bytes(4000);
    for polls in 0..6 {
        let trial = trial.another();
        let mut first = trial.create_with(&log[..1000]).await?;
        first.checkpoint(&[1; 8]).await?;
        append(&mut first, &log[1000..2000]).await?;
        let mut outlives = Box::pin(first.checkpoint(&[2; 8]));
        let early = drop_after(polls, outlives.as_mut()).await;
        drop(first);
        let mut second = match trial.fixture.second_writer().await {
            Ok(second) => second,
            // A step that has begun finishes under the lock, which is then given back by whatever finishes it.
            Err(Error::Locked { .. }) if early.is_none() => {
                let _ = within("a checkpoint whose backend was dropped", outlives.as_mut()).await?;
                trial.fixture.second_writer().await?
            }
            Err(error) => return Err(error.into()),
        };
        let held = second.len() as usize;
        ensure!((1000..=2000).contains(&held), "the next writer begins with {held} bytes of 1000 to 2000");
        append(&mut second, &log[2000..]).await?;
        second.checkpoint(&[]).await?;
        let wanted = [&log[..held], &log[2000..]].concat();
        match early {
            Some(resolved) => drop(resolved?),
            None => {
                // Whatever it says of its own bytes, it must leave those of the next writer alone.
                let resolved = drop_after(1000, outlives.as_mut()).await;
                let right = matches!(resolved, None | Some(Ok(2000)) | Some(Err(Error::Closed | Error::Fenced { .. })));
                let right = right && (held == 2000 || !matches!(resolved, Some(Ok(_))));
                ensure!(right, "a checkpoint whose backend was dropped after {polls} polls resolved to {resolved:?}");
            }
        }
        holds(&mut second, &wanted, "the next writer, after a checkpoint of the one before").await?;
        append(&mut second, b"and more").await?;
        second.checkpoint(&[]).await?;
        let mut second = trial.stop(second).await?;
        let wanted = [&wanted[..], b"and more"].concat();
        trial.cut_zeros_ahead(&mut second, wanted.len()).await?;
        holds(&mut second, &wanted, "the same after a stop").await?;
    }
    Ok(())
}

pub(crate) async fn b10_the_lock_is_gone_after_a_close_that_fails<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    use crate::suite::trouble::Trouble;
    use crate::wrap::call::Call;
    trial.needs_trouble(Trouble::Fails(Call::Checkpoint))?;
    if trial.fixture.capabilities().second_writer() != SecondWriter::Locked {
        return Err(Stop::Absent("has no second writer that is refused".to_owned()));
    }
    let log = trial.random().bytes(2000);
    let mut first = trial.create_with(&log[..1000]).await?;
    first.checkpoint(&[]).await?;
    append(&mut first, &log[1000..]).await?;
    trial.fixture.trouble(Trouble::Fails(Call::Checkpoint))?;
    let held = first.checkpoint(&[]);
    // It drives the checkpoint, and may fail as that does; it gives the lock back all the same.
    let closed = within("a close with a checkpoint under way that fails", first.close()).await?;
    drop(within("a checkpoint that fails under a close", held).await?);
    let second = trial.fixture.second_writer().await;
    ensure!(second.is_ok(), "close() returned {closed:?}, and the next writer {:?}", second.map(|_| ()));
    Ok(())
}
