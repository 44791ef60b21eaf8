//! B16: futures run on any executor and any thread.

use crate::suite::fixture::Fixture;
use crate::suite::polling::{Waits, Watched, patience, within};
use crate::suite::trial::{Trial, append, holds, same};
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq};
use crate::wrap::dropping::drop_after;
use aof_api::{AofBackend, AofRead, AofReadExt, Error, Result as LogResult};
use futures::executor::block_on;
use std::future::Future;
use std::io::IoSlice;
use std::sync::mpsc;
use std::thread;

/// Runs a future to its end on a thread of its own, by a plain executor.
fn on_another_thread<T: Send>(what: &str, future: impl Future<Output = T> + Send) -> Result<T, Stop> {
    let run = || block_on(within(what, future));
    let joined = thread::scope(|scope| thread::Builder::new().spawn_scoped(scope, run).map(|running| running.join()));
    match joined {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Stop::broken(format_args!("{what} panicked on another thread, under a plain executor"))),
        Err(error) => Err(Stop::broken(format_args!("no thread could be started: {error}"))),
    }
}

/// Polls a future `polls` times here, and the rest of the times on another thread.
async fn half_on_another_thread<T: Send>(
    what: &str,
    polls: usize,
    future: impl Future<Output = T> + Send,
) -> Result<T, Stop> {
    let mut future = Box::pin(future);
    match drop_after(polls, future.as_mut()).await {
        Some(value) => Ok(value),
        None => on_another_thread(what, future),
    }
}

pub(crate) async fn b16_every_call_completes_on_another_thread<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(3000);
    let mut backend = trial.create().await?;
    on_another_thread("write", backend.write(&[IoSlice::new(&log[..2000])]))??;
    let mut reader = on_another_thread("reader()", backend.reader())??;
    let mut seen = vec![0; 2000];
    on_another_thread("seek", backend.seek(0))??;
    ensure_eq!(on_another_thread("read", backend.read_all(&mut seen))??, 2000, "bytes read on another thread");
    same(&seen, &log[..2000], "a read on another thread")?;
    ensure_eq!(on_another_thread("read", reader.read_all(&mut seen))??, 2000, "bytes that a reader read there");
    ensure_eq!(on_another_thread("start()", backend.start())??, 0, "start() on another thread");
    ensure_eq!(on_another_thread("end()", reader.end())??, 2000, "end() on another thread");
    ensure_eq!(on_another_thread("changed()", reader.changed(10))??, 2000, "changed(10) on another thread");
    let durable = on_another_thread("checkpoint", backend.checkpoint(&[]))??;
    ensure_eq!(durable, 2000, "what a checkpoint resolved to on another thread");
    if trial.fixture.capabilities().can_truncate() {
        on_another_thread("truncate", backend.truncate(2000))??;
    }
    append(&mut backend, &log[2000..]).await?;
    holds(&mut backend, &log, "after calls on another thread").await?;
    on_another_thread("close", backend.close())??;
    Ok(())
}

pub(crate) async fn b16_a_future_may_move_to_another_thread_half_way<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut random, mut log) = (trial.create().await?, trial.random(), Vec::new());
    for polls in 0..5 {
        let bytes = random.bytes(1000);
        half_on_another_thread("write", polls, backend.write(&[IoSlice::new(&bytes)])).await??;
        log.extend(bytes);
        let durable = half_on_another_thread("checkpoint", polls, backend.checkpoint(&[])).await??;
        ensure_eq!(durable, log.len() as u64, "what a checkpoint that moved resolved to");
        half_on_another_thread("seek", polls, backend.seek(0)).await??;
        let mut seen = vec![0; log.len()];
        half_on_another_thread("read", polls, backend.read_all(&mut seen)).await??;
        same(&seen, &log, "a read that moved")?;
    }
    Ok(())
}

pub(crate) async fn b16_two_checkpoints_on_two_threads_complete<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(20_000);
    let mut backend = trial.create().await?;
    for pair in log.chunks(2000) {
        append(&mut backend, &pair[..1000]).await?;
        let one = backend.checkpoint(&[]);
        append(&mut backend, &pair[1000..]).await?;
        let two = backend.checkpoint(&[]);
        let (one, two) = thread::scope(|scope| {
            let earlier = scope.spawn(|| block_on(within("the earlier of two checkpoints", one)));
            let later = scope.spawn(|| block_on(within("the later of two checkpoints", two)));
            (earlier.join(), later.join())
        });
        let panicked = |_| Err(Stop::broken("one of two checkpoints panicked"));
        let (one, two) = (one.unwrap_or_else(panicked)??, two.unwrap_or_else(panicked)??);
        ensure_eq!((one.max(two), backend.durable_len()), (backend.len(), backend.len()), "what both made durable");
    }
    holds(&mut backend, &log, "after pairs of checkpoints on two threads").await
}

/// Polls a call on this one thread only when it was woken: one that is pending without arranging a wake-up is never polled
/// again.
async fn by_wake_ups<T>(what: &str, call: impl Future<Output = LogResult<T>> + Send) -> Result<T, Stop> {
    Ok(Watched::new(call).finish(what).await??)
}

pub(crate) async fn b16_every_call_that_waits_is_woken<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(4000);
    let mut backend = trial.create().await?;
    let mut reader = by_wake_ups("reader()", backend.reader()).await?;
    for chunk in log.chunks(1000) {
        let before = backend.len();
        let offset = by_wake_ups("write", backend.write(&[IoSlice::new(chunk)])).await?;
        ensure_eq!(offset, before, "the offset of a write");
        ensure_eq!(by_wake_ups("changed()", reader.changed(before)).await?, backend.len(), "what changed() returned");
        let (earlier, later) = (backend.checkpoint(&[]), backend.checkpoint(&[]));
        // The later one drives the earlier one, which is woken though it is not polled meanwhile.
        let durable = by_wake_ups("the later of two checkpoints", later).await?;
        ensure_eq!(durable, backend.len(), "what the later of two checkpoints resolved to");
        by_wake_ups("the earlier of two checkpoints", earlier).await?;
        let mut seen = vec![0; chunk.len()];
        by_wake_ups("seek", backend.seek(before)).await?;
        by_wake_ups("read", backend.read_all(&mut seen)).await?;
        same(&seen, chunk, "a read that was polled when it was woken")?;
        by_wake_ups("seek of a reader", reader.seek(before)).await?;
        by_wake_ups("read of a reader", reader.read_all(&mut seen)).await?;
        same(&seen, chunk, "a read of a reader that was polled when it was woken")?;
        by_wake_ups("start()", reader.start()).await?;
        ensure_eq!(by_wake_ups("end()", reader.end()).await?, backend.len(), "end() of a reader");
    }
    let can = trial.fixture.capabilities();
    if can.can_prune() {
        by_wake_ups("prune", backend.prune(1000)).await?;
    }
    if can.can_truncate() {
        by_wake_ups("truncate", backend.truncate(3000)).await?;
    }
    by_wake_ups("close", backend.close()).await
}

/// What `work` comes to on a thread of its own, which is abandoned where that takes for ever.
fn apart<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    let (done, came) = mpsc::channel();
    let started = thread::Builder::new().spawn(move || {
        // The receiver is gone where it took too long.
        let _ = done.send(work());
    });
    if let Err(error) = started {
        return Err(Stop::broken(format_args!("no thread could be started: {error}")));
    }
    came.recv_timeout(patience()).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => Stop::broken(format_args!("{what} did not return within {:?}", patience())),
        mpsc::RecvTimeoutError::Disconnected => Stop::broken(format_args!("{what} panicked")),
    })
}

pub(crate) async fn b16_no_call_waits_for_a_checkpoint_that_nobody_polls<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (log, mut waits) = (trial.random().bytes(2000), Waits::default());
    for polls in 1..5 {
        let trial = trial.another();
        let mut backend = trial.create_with(&log[..1000]).await?;
        let mut reader = backend.reader().await?;
        let mut checkpoint = Box::pin(backend.checkpoint(&[]));
        let early = drop_after(polls, checkpoint.as_mut()).await;
        waits.saw(polls, early.is_some());
        let rest = log[1000..].to_vec();
        // A lock that the checkpoint holds would stay held, since the checkpoint is not polled meanwhile.
        let calls = async move {
            backend.write(&[IoSlice::new(&rest)]).await?;
            let mut seen = [vec![0; 2000], vec![0; 2000]];
            backend.read_all_at(0, &mut seen[0]).await?;
            reader.read_all_at(0, &mut seen[1]).await?;
            let ends = (backend.start().await?, backend.end().await?, reader.end().await?);
            drop(backend.reader().await?);
            Ok::<_, Error>((backend, seen, ends))
        };
        let what = "writing and reading beside a checkpoint that nobody polls";
        let (mut backend, seen, ends) = apart(what, move || block_on(calls))??;
        ensure_eq!(ends, (0, 2000, 2000), "start(), end() and end() of a reader beside a checkpoint");
        for seen in seen {
            same(&seen, &log, "a read beside a checkpoint that nobody polls")?;
        }
        let durable = match early {
            Some(durable) => durable?,
            None => within("a checkpoint that was not polled for a while", checkpoint).await??,
        };
        ensure!(durable >= 1000, "a checkpoint of 1000 bytes resolved to {durable}");
        backend.close().await?;
    }
    waits.or_skip("left unpolled")
}
