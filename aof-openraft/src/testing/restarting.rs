//! A store that is opened again after every call that changes it.

use super::fixture::{Fixture, Restart};
use futures::lock::Mutex;
use openraft::alias::{LogIdOf, VoteOf};
use openraft::storage::{IOFlushed, LogState, RaftLogReader, RaftLogStorage};
use openraft::type_config::TypeConfigExt;
use openraft::{OptionalSend, RaftTypeConfig};
use std::fmt::Debug;
use std::io;
use std::ops::RangeBounds;
use std::sync::Arc;

/// A store that is stopped and opened again after every call that changes it. Its readers continue with the new one.
pub struct Restarting<C: RaftTypeConfig, F: Fixture<C>> {
    shared: Arc<Shared<C, F>>,
}

struct Shared<C: RaftTypeConfig, F: Fixture<C>> {
    fixture: Arc<F>,
    restart: Restart,
    /// Dropped before its place.
    life: Mutex<Life<F::Store>>,
    place: F::Place,
}

/// A store between two restarts.
struct Life<S> {
    /// None only where it could not be opened again.
    store: Option<S>,
    /// How many there were before.
    number: u64,
}

impl<S> Life<S> {
    fn store(&mut self) -> io::Result<&mut S> {
        self.store.as_mut().ok_or_else(|| io::Error::other("an earlier restart of the store failed"))
    }
}

impl<C: RaftTypeConfig, F: Fixture<C>> Restarting<C, F> {
    /// Opens a log in a new place.
    ///
    /// # Errors
    ///
    /// Those of the fixture.
    pub async fn new(fixture: Arc<F>, restart: Restart) -> io::Result<Restarting<C, F>> {
        let place = fixture.place()?;
        let store = Some(fixture.open(&place).await?);
        let life = Mutex::new(Life { store, number: 0 });
        Ok(Restarting { shared: Arc::new(Shared { fixture, place, restart, life }) })
    }

    /// Stops the store and opens it again, if that is to be done after a call. What the call promised to be durable must
    /// survive as it is; anything else is made durable first.
    async fn restart(&self, life: &mut Life<F::Store>, promised: bool) -> io::Result<()> {
        let Shared { fixture, place, restart, .. } = &*self.shared;
        let Some(mut store) = life.store.take() else { return Ok(()) };
        match restart {
            Restart::Never => {
                life.store = Some(store);
                return Ok(());
            }
            Restart::Close => fixture.close(place, store).await?,
            Restart::Crash => {
                if !promised {
                    fixture.flush(&mut store).await?;
                }
                fixture.crash(place, store).await?;
            }
        }
        life.store = Some(fixture.open(place).await?);
        life.number += 1;
        Ok(())
    }
}

impl<C: RaftTypeConfig, F: Fixture<C>> RaftLogStorage<C> for Restarting<C, F> {
    type LogReader = RestartingReader<C, F>;

    async fn get_log_state(&mut self) -> Result<LogState<C>, io::Error> {
        self.shared.life.lock().await.store()?.get_log_state().await
    }

    async fn get_log_reader(&mut self) -> Self::LogReader {
        RestartingReader { shared: Arc::clone(&self.shared), reader: None }
    }

    async fn save_vote(&mut self, vote: &VoteOf<C>) -> Result<(), io::Error> {
        let mut life = self.shared.life.lock().await;
        life.store()?.save_vote(vote).await?;
        self.restart(&mut life, true).await
    }

    async fn save_committed(&mut self, committed: Option<LogIdOf<C>>) -> Result<(), io::Error> {
        let mut life = self.shared.life.lock().await;
        life.store()?.save_committed(committed).await?;
        self.restart(&mut life, false).await
    }

    async fn read_committed(&mut self) -> Result<Option<LogIdOf<C>>, io::Error> {
        self.shared.life.lock().await.store()?.read_committed().await
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<C>) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = C::Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut life = self.shared.life.lock().await;
        if self.shared.restart == Restart::Never {
            return life.store()?.append(entries, callback).await;
        }
        let (done, durable) = C::oneshot();
        life.store()?.append(entries, IOFlushed::signal(done)).await?;
        let outcome = durable.await.map_err(|_| io::Error::other("a callback was dropped without an outcome"))?;
        match outcome {
            Ok(()) => self.restart(&mut life, true).await?,
            Err(error) => return Err(error),
        }
        callback.io_completed(Ok(()));
        Ok(())
    }

    async fn truncate_after(&mut self, last_log_id: Option<LogIdOf<C>>) -> Result<(), io::Error> {
        let mut life = self.shared.life.lock().await;
        life.store()?.truncate_after(last_log_id).await?;
        self.restart(&mut life, false).await
    }

    async fn purge(&mut self, log_id: LogIdOf<C>) -> Result<(), io::Error> {
        let mut life = self.shared.life.lock().await;
        life.store()?.purge(log_id).await?;
        self.restart(&mut life, false).await
    }
}

/// A reader of a [`Restarting`] store, which outlives its restarts.
pub struct RestartingReader<C: RaftTypeConfig, F: Fixture<C>> {
    shared: Arc<Shared<C, F>>,
    /// A reader of the store with this number.
    reader: Option<(u64, <F::Store as RaftLogStorage<C>>::LogReader)>,
}

impl<C: RaftTypeConfig, F: Fixture<C>> RestartingReader<C, F> {
    async fn reader(&mut self) -> io::Result<&mut <F::Store as RaftLogStorage<C>>::LogReader> {
        let mut life = self.shared.life.lock().await;
        let number = life.number;
        let reader = match self.reader.take() {
            Some((of, reader)) if of == number => reader,
            _ => life.store()?.get_log_reader().await,
        };
        Ok(&mut self.reader.insert((number, reader)).1)
    }
}

impl<C: RaftTypeConfig, F: Fixture<C>> RaftLogReader<C> for RestartingReader<C, F> {
    async fn try_get_log_entries<RB>(&mut self, range: RB) -> Result<Vec<C::Entry>, io::Error>
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        self.reader().await?.try_get_log_entries(range).await
    }

    async fn read_vote(&mut self) -> Result<Option<VoteOf<C>>, io::Error> {
        self.reader().await?.read_vote().await
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<C::Entry>, io::Error> {
        self.reader().await?.limited_get_log_entries(start, end).await
    }
}
