//! B15: a reader can wait for more.

use crate::suite::capabilities::Notes;
use crate::suite::fixture::Fixture;
use crate::suite::polling::{Watched, within};
use crate::suite::trial::{Trial, append, sees};
use crate::suite::trouble::Trouble;
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq, ensure_refused};
use crate::wrap::call::Call;
use aof_api::{AofBackend, AofRead, Error, Result};

/// Waits for more with `changed(end)`, lets `then` happen once it waits quietly, and returns what the wait came to.
async fn waits_for<R: AofRead, T>(
    reader: &mut R,
    end: u64,
    what: &str,
    then: impl Future<Output = std::result::Result<T, Stop>>,
) -> std::result::Result<(Result<u64>, T), Stop> {
    let mut waiting = Watched::new(reader.changed(end));
    if let Some(early) = waiting.settle().await? {
        return Err(Stop::broken(format_args!("changed({end}) returned {early:?} before {what}")));
    }
    let then = then.await?;
    Ok((waiting.finish(&format!("changed({end}) at {what}")).await?, then))
}

pub(crate) async fn b15_changed_returns_at_once_what_is_there<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create_with(&[1; 1000]).await?;
    let mut reader = backend.reader().await?;
    for end in [0, 1, 999] {
        let heard = within("changed() below the end", reader.changed(end)).await??;
        ensure_eq!(heard, 1000, "changed({end}) of 1000 bytes");
        ensure_eq!(backend.changed(end).await?, 1000, "changed({end}) on the backend itself");
    }
    for end in [1000, 1001, u64::MAX] {
        let refused = within("changed() on the backend itself", backend.changed(end)).await?;
        ensure_refused!(refused, Error::Unsupported { .. }, "changed({end}) of 1000 bytes on the backend itself");
    }
    sees(&mut reader, &[1; 1000], "a reader after changed()").await
}

pub(crate) async fn b15_changed_is_woken_by_a_write<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut len) = (trial.create().await?, 0);
    let mut reader = backend.reader().await?;
    // A second one waits too: one write wakes all.
    let mut other = backend.reader().await?;
    for more in [1, 700, 5000] {
        let mut beside = Watched::new(other.changed(len));
        ensure!(beside.settle().await?.is_none(), "a reader at the end does not wait");
        let bytes = vec![7; more];
        let grown = append(&mut backend, &bytes);
        let (heard, ()) = waits_for(&mut reader, len, "a write", grown).await?;
        len += more as u64;
        ensure_eq!(heard?, len, "what changed() returned after a write of {more} bytes");
        ensure_eq!(beside.finish("the changed() of another reader").await??, len, "what another reader heard");
    }
    Ok(())
}

pub(crate) async fn b15_changed_of_a_log_that_was_cut_is_truncated<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create_with(&[1; 100]).await?;
    trial.needs_truncate(&mut backend).await?;
    backend.checkpoint(&[]).await?;
    let (mut waiting, mut at_the_cut) = (backend.reader().await?, backend.reader().await?);
    let cut = async { Ok(backend.truncate(50).await?) };
    let (heard, ()) = waits_for(&mut waiting, 100, "a cut", cut).await?;
    ensure_refused!(heard, Error::Truncated { .. }, "changed(100) of a log that was cut to 50");
    // Cut at its place, and grown since: its bytes are others now.
    append(&mut backend, &[2; 30]).await?;
    let heard = within("changed(50) of a reader that was cut at 50", at_the_cut.changed(50)).await?;
    ensure_refused!(heard, Error::Truncated { .. }, "changed(50) of a reader that was cut at 50");
    let mut later = backend.reader().await?;
    ensure_eq!(later.changed(50).await?, 80, "changed(50) of a reader made after the cut");
    let heard = within("changed() past the end", later.changed(81)).await?;
    ensure_refused!(heard, Error::Truncated { .. }, "changed(81) of 80 bytes");
    Ok(())
}

pub(crate) async fn b15_changed_reports_a_close_after_what_is_durable<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create_with(&[1; 100]).await?;
    backend.checkpoint(&[]).await?;
    let (mut waiting, mut unread) = (backend.reader().await?, backend.reader().await?);
    let close = async { Ok(backend.close().await?) };
    let (heard, ()) = waits_for(&mut waiting, 100, "a close", close).await?;
    ensure_refused!(heard, Error::Closed, "changed(100) when its writer was closed");
    // What is there comes before any error.
    ensure_eq!(unread.changed(40).await?, 100, "changed(40) of a closed log of 100 bytes");
    ensure_refused!(unread.changed(100).await, Error::Closed, "changed(100) of a closed log of 100 bytes");
    Ok(())
}

pub(crate) async fn b15_changed_reports_a_drop<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create_with(&[1; 100]).await?;
    backend.checkpoint(&[]).await?;
    let mut reader = backend.reader().await?;
    let dropped = async {
        drop(backend);
        Ok(())
    };
    let (heard, ()) = waits_for(&mut reader, 100, "a drop", dropped).await?;
    ensure_refused!(heard, Error::Closed, "changed(100) when its writer was dropped");
    Ok(())
}

pub(crate) async fn b15_changed_reports_poison<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let trouble = Trouble::Fails(Call::Checkpoint);
    trial.needs_trouble(trouble)?;
    let mut backend = trial.create_with(&[1; 100]).await?;
    backend.checkpoint(&[]).await?;
    append(&mut backend, &[2; 100]).await?;
    let mut reader = backend.reader().await?;
    trial.fixture.trouble(trouble)?;
    let failing = async {
        match backend.checkpoint(&[]).await {
            Err(_) => Ok(()),
            Ok(_) => Err(Stop::Absent("tries again until a checkpoint succeeds: nothing poisons it".to_owned())),
        }
    };
    let (heard, ()) = waits_for(&mut reader, 200, "a failed checkpoint", failing).await?;
    ensure_refused!(heard, Error::Poisoned { .. }, "changed(200) of a poisoned log");
    Ok(())
}

pub(crate) async fn b15_changed_reports_a_fence<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_takeover().await?;
    let mut first = trial.create_with(&[1; 100]).await?;
    first.checkpoint(&[]).await?;
    let mut reader = first.reader().await?;
    let fenced = async {
        let second = trial.fixture.second_writer().await?;
        // Where the fence is known only by trying.
        let _ = first.write(&[std::io::IoSlice::new(&[2; 10])]).await;
        let _ = first.checkpoint(&[]).await;
        Ok(second)
    };
    let (heard, second) = waits_for(&mut reader, 100, "a fence", fenced).await?;
    drop(second);
    // What was accepted before the fence was known was there.
    let heard = match heard {
        Ok(end) => within("changed() of a fenced writer", reader.changed(end)).await?,
        refused => refused,
    };
    ensure_refused!(heard, Error::Fenced { .. }, "changed() when its writer was fenced off");
    Ok(())
}

pub(crate) async fn b15_changed_reports_a_prune_below_which_its_reader_is<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_prune().await?;
    if trial.fixture.capabilities().is_coarse() {
        return Err(Stop::Absent("may give back nothing of a log as short as this, which is declared".to_owned()));
    }
    let mut backend = trial.create().await?;
    for note in 1..=4 {
        append(&mut backend, &[note; 100]).await?;
        backend.checkpoint(&[note; 20]).await?;
    }
    let (mut below, mut at_the_end) = (backend.reader().await?, backend.reader().await?);
    at_the_end.seek(400).await?;
    let mut undisturbed = Watched::new(at_the_end.changed(400));
    ensure!(undisturbed.settle().await?.is_none(), "changed(400) of 400 bytes does not wait");
    let mut disturbed = Watched::new(below.changed(400));
    ensure!(disturbed.settle().await?.is_none(), "changed(400) of 400 bytes does not wait");
    let start = backend.prune(400).await?;
    if start == 0 && trial.fixture.capabilities().kept_notes() != Notes::Every {
        // It may divide the log more rarely than the suite makes checkpoints.
        return Err(Stop::Absent("gave back nothing of a log as short as this".to_owned()));
    }
    ensure!(start > 0, "prune(400) gave back nothing of four checkpoints with a note");
    let heard = disturbed.finish("changed(400) at a prune").await?;
    drop(disturbed);
    ensure_refused!(heard, Error::Pruned { .. }, "changed(400) of a reader at 0, after a prune to {start}");
    // What is there comes before any error.
    ensure_eq!(
        below.changed(399).await?,
        400,
        "changed(399) of 400 bytes, by a reader at 0 of a log pruned to {start}"
    );
    let heard = within("changed() of a reader below the start", below.changed(400)).await?;
    ensure_refused!(heard, Error::Pruned { .. }, "changed(400) of a reader at 0, once more");
    ensure!(undisturbed.settle().await?.is_none(), "a prune to {start} ends changed(400) of a reader at 400");
    append(&mut backend, &[5; 10]).await?;
    ensure_eq!(undisturbed.finish("changed() of a reader at the end").await??, 410, "what it heard of a write");
    Ok(())
}

pub(crate) async fn b15_a_dropped_changed_changes_nothing<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create_with(&[1; 100]).await?;
    let mut reader = backend.reader().await?;
    for _ in 0..3 {
        let mut waiting = Watched::new(reader.changed(100));
        ensure!(waiting.settle().await?.is_none(), "changed(100) of 100 bytes does not wait");
        drop(waiting);
        sees(&mut reader, &[1; 100], "a reader after a dropped changed()").await?;
    }
    let grown = append(&mut backend, &[1; 10]);
    let (heard, ()) = waits_for(&mut reader, 100, "a write", grown).await?;
    ensure_eq!(heard?, 110, "what changed() returned after dropped ones");
    Ok(())
}
