//! B10 and B3 where a second writer takes over: at every await point of both.

use crate::suite::fixture::Fixture;
use crate::suite::polling::{Waits, within};
use crate::suite::trial::{Trial, append, holds, read_from, same, sees};
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq, ensure_refused};
use crate::wrap::dropping::drop_after;
use aof_api::{AofBackend, AofRead, Error, Result};
use std::future::Future;
use std::io::IoSlice;
use std::pin::Pin;

/// Polls of the first writer, and of the second one, before the other goes on.
const POLLS: usize = 7;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A future that is polled so many times, and later to its end.
struct Half<'a, T> {
    future: Boxed<'a, T>,
    done: Option<T>,
}

impl<'a, T> Half<'a, T> {
    async fn begin(polls: usize, future: impl Future<Output = T> + 'a, waits: &mut Waits) -> Half<'a, T> {
        let mut future: Boxed<'a, T> = Box::pin(future);
        let done = drop_after(polls, future.as_mut()).await;
        waits.saw(polls, done.is_some());
        Half { future, done }
    }

    async fn end(self, what: &str) -> Result<T, Stop> {
        match self.done {
            Some(done) => Ok(done),
            None => within(what, self.future).await,
        }
    }
}

/// How far the first writer came.
enum Wrote {
    /// Its write was refused: it is not in the log.
    Nothing,
    /// Its write was taken, and the checkpoint fenced off: all of it is in the log, or nothing.
    Undecided,
    /// Its checkpoint was acknowledged: all of it is in the log.
    Durable,
}

async fn write_and_checkpoint<B: AofBackend>(backend: &mut B, bytes: &[u8]) -> Result<Wrote> {
    match backend.write(&[IoSlice::new(bytes)]).await {
        Err(Error::Fenced { .. }) => return Ok(Wrote::Nothing),
        other => drop(other?),
    }
    match backend.checkpoint(&[]).await {
        Err(Error::Fenced { .. }) => Ok(Wrote::Undecided),
        other => other.map(|_| Wrote::Durable),
    }
}

pub(crate) async fn b10_a_takeover_at_any_await_point_keeps_what_was_acknowledged<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_takeover().await?;
    let log = trial.random().bytes(3000);
    let mut waits = Waits::default();
    for (first_polls, second_polls) in (0..POLLS).flat_map(|first| (0..POLLS).map(move |second| (first, second))) {
        for second_ends_first in [false, true] {
            let trial = trial.another();
            let mut first = trial.create_with(&log[..1000]).await?;
            first.checkpoint(&[]).await?;
            let writing =
                Half::begin(first_polls, write_and_checkpoint(&mut first, &log[1000..2000]), &mut waits).await;
            let opening = Half::begin(second_polls, trial.fixture.second_writer(), &mut waits).await;
            let (written, opened) = if second_ends_first {
                let opened = opening.end("the second writer").await?;
                (writing.end("the first writer").await?, opened)
            } else {
                let written = writing.end("the first writer").await?;
                (written, opening.end("the second writer").await?)
            };
            let mut second = opened?;
            let held = read_from(&mut second, 0).await?;
            let when = format!("taken over after {first_polls} polls of a write and {second_polls} of the opening");
            let (with, without) = (held == log[..2000], held == log[..1000]);
            let right = match written? {
                Wrote::Nothing => without,
                Wrote::Undecided => with || without,
                Wrote::Durable => with,
            };
            ensure!(right, "{when}: the second writer begins with {} bytes", held.len());
            append(&mut second, &log[2000..]).await?;
            second.checkpoint(&[]).await?;
            let log = [&held[..], &log[2000..]].concat();
            // The first writer ends, and whatever it still has under way is not allowed to change anything.
            let _ = first.write(&[IoSlice::new(b"late")]).await;
            ensure_refused!(first.checkpoint(&[]).await, Error::Fenced { .. }, "{when}: a checkpoint of the first");
            drop(first);
            holds(&mut second, &log, &when).await?;
            let mut second = trial.stop(second).await?;
            trial.cut_zeros_ahead(&mut second, log.len()).await?;
            holds(&mut second, &log, &format!("{when}, and a stop")).await?;
        }
    }
    waits.or_skip("taken over")
}

pub(crate) async fn b10_a_second_writer_fences_the_first_off<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_takeover().await?;
    let log = trial.random().bytes(2000);
    let mut first = trial.create_with(&log[..1000]).await?;
    first.checkpoint(&[]).await?;
    let mut second = trial.fixture.second_writer().await?;
    holds(&mut second, &log[..1000], "the second writer").await?;
    // A write may still be buffered; a checkpoint may not succeed, now or later.
    let _ = first.write(&[IoSlice::new(b"late")]).await;
    for round in 0..2 {
        ensure_refused!(first.checkpoint(&[]).await, Error::Fenced { .. }, "checkpoint {round} of the first writer");
        let refused = first.write(&[IoSlice::new(b"later")]).await;
        ensure_refused!(refused, Error::Fenced { .. }, "write {round} of the first writer");
        if trial.fixture.capabilities().can_truncate() {
            ensure_refused!(first.truncate(10).await, Error::Fenced { .. }, "truncate {round} of the first writer");
        }
    }
    drop(first);
    append(&mut second, &log[1000..]).await?;
    second.checkpoint(&[]).await?;
    holds(&mut second, &log, "the second writer, after the first was fenced off").await
}

pub(crate) async fn b10_what_was_durable_before_a_fence_resolves_to_ok<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_takeover().await?;
    let log = trial.random().bytes(2000);
    for polls in 0..POLLS {
        let trial = trial.another();
        let mut first = trial.create_with(&log).await?;
        let mut held = Box::pin(first.checkpoint(&[]));
        let early = drop_after(polls, held.as_mut()).await;
        let mut second = trial.fixture.second_writer().await?;
        let resolved = match early {
            Some(resolved) => resolved,
            None => within("a checkpoint of a writer that was fenced off", held).await?,
        };
        let seen = read_from(&mut second, 0).await?;
        match resolved {
            Ok(_) => same(&seen, &log, "the second writer, after the checkpoint of the first resolved to Ok")?,
            Err(Error::Fenced { .. }) => {
                ensure!(first.durable_len() < 2000, "2000 bytes are durable, and their checkpoint was fenced off");
            }
            Err(error) => ensure!(false, "a checkpoint of a fenced writer failed: {error:?}"),
        }
    }
    Ok(())
}

pub(crate) async fn b3_a_reader_of_a_fenced_writer_ends_at_its_durable_length<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_takeover().await?;
    let log = trial.random().bytes(3000);
    let mut first = trial.create_with(&log[..2000]).await?;
    first.checkpoint(&[]).await?;
    let mut reader = first.reader().await?;
    append(&mut first, &log[2000..]).await?;
    let mut second = trial.fixture.second_writer().await?;
    ensure_refused!(first.checkpoint(&[]).await, Error::Fenced { .. }, "a checkpoint of the first writer");
    let durable = first.durable_len();
    ensure_eq!((first.len(), durable), (2000, 2000), "len() and durable_len() once the fence is known");
    let kept = second.len() as usize;
    append(&mut second, &[0xee; 4000]).await?;
    second.checkpoint(&[]).await?;
    ensure!(kept >= 2000, "the second writer began with {kept} bytes, 2000 were durable");
    sees(&mut reader, &log[..2000], "a reader of the fenced writer").await?;
    ensure_eq!(reader.read(&mut [0; 10]).await?, 0, "a read of that reader at the end");
    for past in [2001, 6000] {
        reader.seek(past).await?;
        ensure_refused!(reader.read(&mut [0; 10]).await, Error::Fenced { .. }, "a read of that reader at {past}");
    }
    Ok(())
}
