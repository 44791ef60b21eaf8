//! B10: one log has one writer.

use crate::suite::capabilities::SecondWriter;
use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, holds, sees};
use crate::suite::verdict::{Stop, Verdict, ensure_refused};
use aof_api::{AofBackend, AofRead, Error};
use std::io::IoSlice;

impl<F: Fixture> Trial<'_, F> {
    /// Continues only where a second writer is refused with `Locked`; elsewhere checks that there is no such thing.
    async fn needs_locks(&self) -> Verdict {
        match self.fixture.capabilities().second_writer() {
            SecondWriter::Locked => Ok(()),
            SecondWriter::Impossible => {
                let other = self.another();
                let _first = other.fixture.create().await?;
                let refused = other.fixture.second_writer().await.map(|_| ());
                self.absent("have a second writer", "Capabilities::locks or takes_over", refused)
            }
            SecondWriter::TakesOver => Err(Stop::Absent("does not lock: a second writer takes over".to_owned())),
        }
    }

    /// Continues only where a second writer takes over; elsewhere checks that there is no such thing.
    pub(crate) async fn needs_takeover(&self) -> Verdict {
        match self.fixture.capabilities().second_writer() {
            SecondWriter::TakesOver => Ok(()),
            SecondWriter::Impossible => self.needs_locks().await,
            SecondWriter::Locked => Err(Stop::Absent("does not take over: a second writer is refused".to_owned())),
        }
    }

    /// Continues only where there can be a next writer while readers of the one before live.
    pub(crate) async fn needs_another_writer_beside_readers(&self) -> Verdict {
        match self.fixture.capabilities().second_writer() {
            SecondWriter::Impossible => self.needs_locks().await,
            _ if self.fixture.capabilities().lock_is_held_by_readers() => {
                Err(Stop::Absent("has no other writer while readers live".to_owned()))
            }
            SecondWriter::Locked | SecondWriter::TakesOver => Ok(()),
        }
    }
}

pub(crate) async fn b10_a_second_writer_is_refused_at_once<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_locks().await?;
    let log = trial.random().bytes(1000);
    let mut backend = trial.create_with(&log[..500]).await?;
    // Twice: being refused must not let in the next one.
    for round in 0..2 {
        ensure_refused!(trial.fixture.second_writer().await, Error::Locked { .. }, "second writer, attempt {round}");
    }
    append(&mut backend, &log[500..]).await?;
    backend.checkpoint(&[]).await?;
    holds(&mut backend, &log, "the first writer, after the second was refused").await
}

pub(crate) async fn b10_the_lock_is_gone_when_close_returns<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_locks().await?;
    let log = trial.random().bytes(1000);
    let mut backend = trial.create_with(&log).await?;
    backend.checkpoint(&[]).await?;
    backend.close().await?;
    // Closed, and not yet dropped.
    let mut second = trial.fixture.second_writer().await?;
    holds(&mut second, &log, "a second writer after the first was closed").await?;
    drop(backend);
    ensure_refused!(
        trial.fixture.second_writer().await,
        Error::Locked { .. },
        "a third writer after the first was dropped"
    );
    append(&mut second, b"continues").await
}

pub(crate) async fn b10_the_lock_is_gone_when_the_backend_is_dropped<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_locks().await?;
    let log = trial.random().bytes(1000);
    let mut backend = trial.create_with(&log).await?;
    backend.checkpoint(&[]).await?;
    drop(backend);
    let mut second = trial.fixture.second_writer().await?;
    holds(&mut second, &log, "a second writer after the first was dropped").await?;
    append(&mut second, b"continues").await
}

pub(crate) async fn b10_the_lock_is_gone_while_readers_live<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_locks().await?;
    if trial.fixture.capabilities().lock_is_held_by_readers() {
        return Err(Stop::Absent("gives the lock back with the last reader, which is declared and checked".to_owned()));
    }
    let log = trial.random().bytes(1000);
    let mut first = trial.create_with(&log).await?;
    first.checkpoint(&[]).await?;
    let mut one = first.reader().await?;
    first.close().await?;
    drop(first);
    let mut second = trial.fixture.second_writer().await?;
    // What was found counts as durable, and is shown to readers after a close, only from here on.
    second.checkpoint(&[]).await?;
    let mut other = second.reader().await?;
    drop(second);
    let third = trial.fixture.second_writer().await?;
    sees(&mut one, &log, "a reader of the first writer").await?;
    sees(&mut other, &log, "a reader of the second writer").await?;
    ensure_refused!(trial.fixture.second_writer().await, Error::Locked { .. }, "a fourth writer beside the third");
    drop(third);
    Ok(())
}

pub(crate) async fn b10_the_last_reader_gives_the_lock_back<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    if !trial.fixture.capabilities().lock_is_held_by_readers() {
        return Err(Stop::Absent("does not let readers hold the lock, which is checked".to_owned()));
    }
    trial.needs_locks().await?;
    let log = trial.random().bytes(1000);
    let mut first = trial.create_with(&log).await?;
    first.checkpoint(&[]).await?;
    let (mut one, other) = (first.reader().await?, first.reader().await?);
    first.close().await?;
    drop(first);
    drop(other);
    ensure_refused!(
        trial.fixture.second_writer().await,
        Error::Locked { .. },
        "a second writer beside a reader that is declared to hold the lock"
    );
    sees(&mut one, &log, "that reader").await?;
    drop(one);
    let mut second = trial.fixture.second_writer().await?;
    holds(&mut second, &log, "a second writer after the last reader was dropped").await
}

pub(crate) async fn b10_after_close_every_call_fails_with_closed<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create_with(&[4; 100]).await?;
    backend.checkpoint(&[]).await?;
    backend.close().await?;
    ensure_refused!(backend.seek(0).await, Error::Closed, "a seek after close");
    ensure_refused!(backend.read(&mut [0; 10]).await, Error::Closed, "a read after close");
    ensure_refused!(backend.end().await, Error::Closed, "end() after close");
    ensure_refused!(backend.write(&[IoSlice::new(b"more")]).await, Error::Closed, "a write after close");
    ensure_refused!(backend.checkpoint(&[]).await, Error::Closed, "a checkpoint after close");
    if trial.fixture.capabilities().can_truncate() {
        ensure_refused!(backend.truncate(0).await, Error::Closed, "a truncate after close");
    }
    ensure_refused!(backend.reader().await, Error::Closed, "reader() after close");
    Ok(())
}

pub(crate) async fn b10_a_second_close_is_no_error<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create_with(&[4; 100]).await?;
    backend.close().await?;
    backend.close().await?;
    Ok(())
}
