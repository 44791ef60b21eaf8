//! What all handles share: who waits, what is accepted, and how far it has come.
//!
//! Nothing here runs foreign code: wakers, bodies and futures leave through return values and end outside of the lock.

mod accept;
mod jobs;
mod outcome;

use super::call::{Call, Lend, Read};
use super::duty::Duty;
use super::feed::Feed;
use super::pace::Pace;
use super::ticket::{Id, Stage, Tickets, Wakes};
use crate::chain::tip::Tip;
use crate::storage::backend::AofBackend;
use crate::storage::error::Error;
use futures::future::BoxFuture;
use slab::Slab;
use std::collections::VecDeque;
use std::pin::Pin;
use std::thread::ThreadId;

/// The checkpoint under way.
pub(super) struct Flight<C> {
    pub(super) duty: Duty<Pin<Box<C>>>,
    /// It covers the calls up to this number.
    pub(super) covers: u64,
    /// How many bytes it makes durable.
    pub(super) bytes: u64,
    /// Where the log ended at the call.
    pub(super) end: u64,
    pub(super) tip: Option<Tip>,
    /// It was polled before and did not end: so polling it does not block until it has.
    pub(super) waits_elsewhere: bool,
}

/// A call that is written and not durable, in the order of the log.
struct Awaiting {
    number: u64,
    end: u64,
    id: Id,
    comes_back: bool,
}

pub(super) struct State<B: AofBackend> {
    pub(super) tickets: Tickets,
    /// What was accepted and is not written.
    pub(super) queue: VecDeque<Call>,
    pub(super) reads: Vec<Read<B>>,
    pub(super) lends: VecDeque<Lend<B>>,
    pub(super) closing: Vec<Id>,
    pub(super) feeds: Slab<Feed<B::Reader>>,
    /// Owns the log.
    pub(super) engine: Duty<BoxFuture<'static, ()>>,
    pub(super) flight: Option<Flight<B::Checkpoint>>,
    awaiting: VecDeque<Awaiting>,

    /// Calls are numbered in the order in which they are accepted: the last accepted one, the last one that was dealt
    /// with, the last one that a checkpoint was called for, and the last one that is durable.
    accepted: u64,
    written: u64,
    called: u64,
    durable: u64,
    /// Bytes that were accepted and are not written, and bytes that are written and that no checkpoint under way covers.
    queued_len: u64,
    written_len: u64,
    /// How many bytes may be accepted and not durable.
    bound: u64,
    /// Of the callers of `append`.
    pub(super) pace: Pace,
    /// A checkpoint is needed though no call waits for it.
    checkpoint_wanted: bool,
    /// The checkpoints that were called, and the last one of these that succeeded.
    checkpoints: u64,
    succeeded: u64,
    /// The checkpoints that met [`Error::Full`], and what the last one said.
    pub(super) fulls: u64,
    pub(super) full: Option<Error>,
    /// A checkpoint failed otherwise, and what is durable was not looked at yet.
    failure: Option<Error>,

    pub(super) tip: Option<Tip>,
    pub(super) durable_len: u64,
    /// The name of the log means something else, and nobody who can tell was told.
    pub(super) moved: Option<Error>,
    /// No more entries are written: poisoned, fenced or closed.
    pub(super) ended: Option<Error>,
    /// No more entries are accepted.
    pub(super) closed: bool,
    /// The log is gone.
    pub(super) gone: bool,
    /// The thread that polls a closure which was lent the log.
    pub(super) lent_on: Option<ThreadId>,
}

/// What makes bytes durable that were written before a call of `durable`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Barrier {
    number: u64,
    checkpoint: u64,
    fulls: u64,
}

impl<B: AofBackend> State<B> {
    pub(super) fn new(engine: BoxFuture<'static, ()>, bound: u64, tip: Option<Tip>, durable_len: u64) -> State<B> {
        State {
            tickets: Tickets::default(),
            queue: VecDeque::new(),
            reads: Vec::new(),
            lends: VecDeque::new(),
            closing: Vec::new(),
            feeds: Slab::new(),
            engine: Duty::new(engine),
            flight: None,
            awaiting: VecDeque::new(),
            accepted: 0,
            written: 0,
            called: 0,
            durable: 0,
            queued_len: 0,
            written_len: 0,
            bound,
            pace: Pace::default(),
            checkpoint_wanted: false,
            checkpoints: 0,
            succeeded: 0,
            fulls: 0,
            full: None,
            failure: None,
            tip,
            durable_len,
            moved: None,
            ended: None,
            closed: false,
            gone: false,
            lent_on: None,
        }
    }

    /// Bytes that are in the log and not durable, and that no call here wrote.
    pub(super) fn set_unflushed(&mut self, bytes: u64) {
        self.written_len = bytes;
        self.checkpoint_wanted = bytes > 0;
    }

    /// The number up to which calls are durable.
    pub(super) fn durable(&self) -> u64 {
        self.durable
    }

    fn wake_watching(&mut self, wakes: &mut Wakes) {
        self.tickets.wake(wakes, |ticket| matches!(ticket.stage, Stage::Watching));
    }

    pub(super) fn wake_all(&mut self, wakes: &mut Wakes) {
        self.tickets.wake(wakes, |_| true);
    }

    /// Wakes one of those who wait for a checkpoint that was called, so that it begins.
    pub(super) fn nominate(&mut self, wakes: &mut Wakes) {
        if self.flight.as_ref().is_some_and(|flight| flight.duty.is_ready()) {
            let tickets = &mut self.tickets;
            wakes.extend(self.awaiting.iter().find_map(|awaiting| tickets.get(awaiting.id)?.waker.take()));
        }
    }

    /// Wakes those who depend on work that nobody does now. Called when somebody who could have done it leaves.
    pub(super) fn leave(&mut self, wakes: &mut Wakes) {
        let flies = self.flight.as_ref().is_some_and(|flight| flight.duty.is_ready());
        let is_ready = self.engine.is_ready();
        if flies || (is_ready && (self.failure.is_some() || (self.flight.is_none() && self.owes_checkpoint()))) {
            self.wake_all(wakes);
        } else if is_ready {
            self.tickets.wake(wakes, |ticket| !matches!(ticket.stage, Stage::Written { .. }));
        }
    }
}
