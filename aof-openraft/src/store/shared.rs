//! What the store, its readers and its flush task share.

use super::cache::Body;
use super::flush::Queue;
use super::places::Place;
use super::state::State;
use crate::codec::Codec;
use crate::error::{RecordError, invalid, to_io};
use crate::options::StoreOptions;
use crate::record;
use aof_api::format::{Appended, BODY_SIZE_MAX, ENTRY_SIZE_MIN};
use aof_api::storage::{Quantity, WRITE_LEN_MAX};
use aof_api::{Aof, AofBackend, Error, Operation};
use futures::lock::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard};
use openraft::RaftTypeConfig;
use openraft::alias::LogIdOf;
use openraft::entry::RaftEntry;
use std::io;
use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One log, and what is known of it. The locks are taken in the order of the fields; the log is the only one that is held
/// while something is awaited.
pub(crate) struct Shared<C: RaftTypeConfig, B, K> {
    /// None once it was closed.
    log: AsyncMutex<Option<Aof<B>>>,
    /// It changes under the lock of the log only.
    state: Mutex<State<C>>,
    queue: Mutex<Queue<C>>,
    pub(crate) options: StoreOptions,
    codec: PhantomData<fn() -> K>,
}

/// The log, while it is locked.
pub(crate) struct Locked<'a, B> {
    log: AsyncMutexGuard<'a, Option<Aof<B>>>,
}

impl<B: AofBackend> Locked<'_, B> {
    pub(crate) fn log(&mut self) -> Result<&mut Aof<B>, Error> {
        self.log.as_mut().ok_or(Error::Closed)
    }

    pub(crate) fn take(&mut self) -> Result<Aof<B>, Error> {
        self.log.take().ok_or(Error::Closed)
    }
}

impl<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> Shared<C, B, K> {
    pub(crate) fn new(log: Aof<B>, state: State<C>, options: StoreOptions) -> Shared<C, B, K> {
        Shared {
            log: AsyncMutex::new(Some(log)),
            state: Mutex::new(state),
            queue: Mutex::new(Queue::new()),
            options,
            codec: PhantomData,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State<C>> {
        // Nothing panics half way through a change of it, save a broken invariant of its own.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue<C>> {
        // Nothing panics while it is held.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn lock(&self) -> Locked<'_, B> {
        Locked { log: self.log.lock().await }
    }

    /// The log, if it takes more records.
    async fn lock_to_write(&self) -> Result<Locked<'_, B>, Error> {
        let mut locked = self.lock().await;
        self.queue().check()?;
        let op = locked.log()?.tip().map_or(0, |tip| tip.op);
        if op != self.state().op {
            let failure = Error::Panicked { message: "a call of the store was dropped while it wrote".into() };
            return Err(self.queue().fail(failure.poison()));
        }
        Ok(locked)
    }

    /// Appends entries, and makes them part of the state. Written on return, and not durable.
    pub(crate) async fn append(&self, entries: Vec<C::Entry>) -> io::Result<()> {
        let mut bodies = Vec::with_capacity(entries.len());
        for entry in &entries {
            let body = Body::new(record::entry::<C, K>(entry).map_err(invalid)?);
            check_size(&body).map_err(to_io)?;
            bodies.push((entry.log_id(), body));
        }
        // The entries themselves are not needed any more, and may be large.
        drop(entries);
        let mut locked = self.lock_to_write().await.map_err(to_io)?;
        self.check_consecutive(&bodies).map_err(invalid)?;
        let mut bodies = bodies.into_iter().peekable();
        while bodies.peek().is_some() {
            let (mut log_ids, mut batch, mut len) = (Vec::new(), Vec::new(), 0);
            while let Some((log_id, body)) = bodies.next_if(|(_, body)| len + disk_len(body) <= WRITE_LEN_MAX as u64) {
                len += disk_len(&body);
                log_ids.push(log_id);
                batch.push((record::ENTRY, body));
            }
            let appended = locked.log().map_err(to_io)?.append_all(&batch).await.map_err(to_io)?;
            let mut state = self.state();
            for ((log_id, (_, body)), appended) in log_ids.into_iter().zip(batch).zip(appended) {
                state.push(log_id, Place { offset: appended.offset, op: appended.op }, Some(body));
            }
        }
        Ok(())
    }

    fn check_consecutive(&self, bodies: &[(LogIdOf<C>, Body)]) -> Result<(), RecordError> {
        let Some((first, _)) = bodies.first() else { return Ok(()) };
        self.state().check_next(first.index)?;
        for pair in bodies.windows(2) {
            let (expected, found) = (pair[0].0.index.saturating_add(1), pair[1].0.index);
            if expected != found {
                return Err(RecordError::Hole { expected, found });
            }
        }
        Ok(())
    }

    /// Appends records in one write, and makes them part of the state. Written on return, and not durable.
    ///
    /// `make` is given the state before; where it makes no records, nothing is written.
    pub(crate) async fn write<T>(
        &self,
        make: impl FnOnce(&State<C>) -> io::Result<Vec<(Operation, Vec<u8>)>>,
        apply: impl FnOnce(&mut State<C>, &[Appended]) -> T,
    ) -> io::Result<Option<T>> {
        let mut locked = self.lock_to_write().await.map_err(to_io)?;
        let records = make(&self.state())?;
        if records.is_empty() {
            return Ok(None);
        }
        let appended = locked.log().map_err(to_io)?.append_all(&records).await.map_err(to_io)?;
        let mut state = self.state();
        let applied = apply(&mut state, &appended);
        if let Some(last) = appended.last() {
            state.op = last.op;
        }
        Ok(Some(applied))
    }
}

fn disk_len(body: &Body) -> u64 {
    // `check_size` bounded it.
    ENTRY_SIZE_MIN as u64 + body.as_ref().len() as u64
}

fn check_size(body: &Body) -> Result<(), Error> {
    let (size, limit) = (body.as_ref().len() as u64, BODY_SIZE_MAX.into());
    if size > limit {
        return Err(Error::TooLarge { what: Quantity::Body, size, limit });
    }
    Ok(())
}
