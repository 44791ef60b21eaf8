//! B16: futures run on any executor and any thread.

use crate::suite::fixture::Fixture;
use crate::suite::polling::within;
use crate::suite::trial::{Trial, append, holds, same};
use crate::suite::verdict::{Stop, Verdict, ensure_eq};
use crate::wrap::dropping::drop_after;
use aof_api::{AofBackend, AofRead, AofReadExt};
use futures::executor::block_on;
use std::future::Future;
use std::io::IoSlice;
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
