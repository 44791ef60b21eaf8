//! B10 and B3 where a second writer takes over: at every await point of both.

use crate::suite::fixture::Fixture;
use crate::suite::polling::{Waits, within};
use crate::suite::trial::{Trial, append, holds, read_from, same, sees};
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq, ensure_refused};
use crate::wrap::dropping::drop_after;
use aof_api::{AofBackend, AofRead, Error, Result};
use std::cell::Cell;
use std::future::Future;
use std::io::IoSlice;
use std::pin::Pin;

/// Polls of the first writer before the second one begins.
const FIRST_POLLS: usize = 16;

/// Polls of the second writer before either continues.
const SECOND_POLLS: usize = 6;

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

/// Which writer is polled to its end first, once both have begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    /// The first writer, then the second one.
    First,
    /// The second one, which writes and makes that durable before the first is polled again.
    Second,
    /// The second one; the calls of the first are dropped half way.
    Dropped,
}

/// How far the first writer came. All are lengths of the log.
#[derive(Default)]
struct Progress {
    /// The lengths after each of its writes, the first of which is what was there before.
    ends: Vec<u64>,
    /// A checkpoint was acknowledged: the log has at least this.
    acknowledged: Cell<u64>,
    /// No write beyond this was begun, or it was refused: the log has at most this.
    possible: Cell<u64>,
}

impl Progress {
    /// Writes the chunks one after the other, with a checkpoint after every other one, until it is fenced off.
    async fn write<B: AofBackend>(&self, backend: &mut B, log: &[u8]) -> Result<()> {
        for (index, range) in self.ends.windows(2).enumerate() {
            self.possible.set(range[1]);
            match backend.write(&[IoSlice::new(&log[range[0] as usize..range[1] as usize])]).await {
                // Refused: it is not in the log, now or later.
                Err(Error::Fenced { .. }) => {
                    self.possible.set(range[0]);
                    return Ok(());
                }
                written => drop(written?),
            }
            if index % 2 == 0 {
                match backend.checkpoint(&[]).await {
                    // Written and not acknowledged: in the log or not.
                    Err(Error::Fenced { .. }) => return Ok(()),
                    acknowledged => self.acknowledged.set(acknowledged?),
                }
            }
        }
        Ok(())
    }

    /// Checks what a second writer found: whole writes, all that was acknowledged, and nothing that was refused.
    fn check(&self, held: &[u8], log: &[u8], when: &str) -> Verdict {
        let len = held.len() as u64;
        let (least, most) = (self.acknowledged.get(), self.possible.get());
        ensure!(len >= least, "{when}: the second writer begins with {len} bytes, {least} were acknowledged");
        ensure!(len <= most, "{when}: the second writer begins with {len} bytes, what follows {most} was refused");
        ensure!(self.ends.contains(&len), "{when}: the second writer begins with {len} bytes, inside of a write");
        same(held, &log[..held.len()], when)
    }
}

pub(crate) async fn b10_a_takeover_at_any_await_point_keeps_what_was_acknowledged<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_takeover().await?;
    let (mut random, mut waits) = (trial.random(), Waits::default());
    let points = (0..FIRST_POLLS).flat_map(|first| (0..SECOND_POLLS).map(move |second| (first, second)));
    for (first_polls, second_polls) in points {
        for order in [Order::First, Order::Second, Order::Dropped] {
            let trial = trial.another();
            let mut progress = Progress { ends: vec![1000], ..Progress::default() };
            for _ in 0..4 {
                progress.ends.push(progress.ends.last().copied().unwrap_or_default() + random.between(1, 900) as u64);
            }
            let log = random.bytes(progress.ends.last().copied().unwrap_or_default() as usize);
            let mut first = trial.create_with(&log[..1000]).await?;
            progress.acknowledged.set(first.checkpoint(&[]).await?);
            progress.possible.set(1000);
            let writing = Half::begin(first_polls, progress.write(&mut first, &log), &mut waits).await;
            let opening = Half::begin(second_polls, trial.fixture.second_writer(), &mut waits).await;
            let when = format!("taken over after {first_polls} polls of writes and {second_polls} of the opening");
            let when = format!("{when}, {order:?}");
            let mut late = random.bytes(1000);
            let (mut second, held) = match order {
                Order::First => {
                    writing.end("the first writer").await??;
                    let mut second = opening.end("the second writer").await??;
                    let held = read_from(&mut second, 0).await?;
                    append(&mut second, &late).await?;
                    second.checkpoint(&[]).await?;
                    (second, held)
                }
                Order::Second | Order::Dropped => {
                    let mut second = opening.end("the second writer").await??;
                    let held = read_from(&mut second, 0).await?;
                    append(&mut second, &late).await?;
                    second.checkpoint(&[]).await?;
                    if order == Order::Second {
                        writing.end("the first writer").await??;
                    } else {
                        drop(writing);
                    }
                    (second, held)
                }
            };
            progress.check(&held, &log, &when)?;
            // The first writer ends, and nothing that it still has under way changes anything.
            let _ = first.write(&[IoSlice::new(b"late")]).await;
            ensure_refused!(first.checkpoint(&[]).await, Error::Fenced { .. }, "{when}: a checkpoint of the first");
            drop(first);
            let mut wanted = held;
            wanted.append(&mut late);
            holds(&mut second, &wanted, &when).await?;
            let mut second = trial.stop(second).await?;
            trial.cut_zeros_ahead(&mut second, wanted.len()).await?;
            holds(&mut second, &wanted, &format!("{when}, and a stop")).await?;
        }
    }
    waits.or_skip("taken over")
}

pub(crate) async fn b10_a_truncate_that_is_taken_over_cuts_nothing_of_the_second_writer<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_takeover().await?;
    let other = trial.another();
    trial.needs_truncate(&mut other.create_with(&[1; 100]).await?).await?;
    let (log, mut waits) = (trial.random().bytes(2000), Waits::default());
    let points = (0..SECOND_POLLS * 2).flat_map(|first| (0..SECOND_POLLS).map(move |second| (first, second)));
    for (first_polls, second_polls) in points {
        let trial = trial.another();
        let mut first = trial.create_with(&log).await?;
        first.checkpoint(&[]).await?;
        let cutting = Half::begin(first_polls, first.truncate(1000), &mut waits).await;
        let opening = Half::begin(second_polls, trial.fixture.second_writer(), &mut waits).await;
        let when = format!("taken over after {first_polls} polls of a truncate and {second_polls} of the opening");
        let mut second = opening.end("the second writer").await??;
        let held = read_from(&mut second, 0).await?;
        append(&mut second, &[0xee; 500]).await?;
        second.checkpoint(&[]).await?;
        let cut = cutting.end("a truncate of the first writer").await?;
        let right = match &cut {
            Ok(()) => held == log[..1000],
            // A fence on the way leaves the old length or the new one.
            Err(Error::Fenced { .. }) => held == log[..1000] || held == log,
            Err(_) => false,
        };
        ensure!(right, "{when}: it returned {cut:?}, and the second writer begins with {} bytes", held.len());
        drop(first);
        let wanted = [&held[..], &[0xee; 500]].concat();
        holds(&mut second, &wanted, &when).await?;
        let mut second = trial.stop(second).await?;
        trial.cut_zeros_ahead(&mut second, wanted.len()).await?;
        holds(&mut second, &wanted, &format!("{when}, and a stop")).await?;
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
    for polls in 0..FIRST_POLLS {
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
