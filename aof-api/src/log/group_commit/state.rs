//! What all handles share: who waits, what is accepted, and how far it has come.
//!
//! Nothing here runs foreign code: wakers, bodies and futures leave through return values and end outside of the lock.

use super::call::{Bodies, Call, Closure, Job, Lend, Read};
use super::duty::Duty;
use super::feed::Feed;
use super::ticket::{Id, Receipt, Stage, Tickets, Wakes};
use crate::chain::tip::Tip;
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Result};
use futures::future::BoxFuture;
use slab::Slab;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
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
    /// Callers of `append` that wait, and how many there were when the last checkpoint ended: those that it answered, and
    /// those that waited then.
    callers: usize,
    callers_before: usize,
    /// The last checkpoint ended on a thread of its own, and not on the one that polled it.
    pub(super) ends_elsewhere: bool,
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
            callers: 0,
            callers_before: 0,
            ends_elsewhere: false,
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

    /// Fails where no call that writes is taken.
    pub(super) fn check_open(&self) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        self.ended.clone().map_or(Ok(()), Err)
    }

    /// Accepts a call if there is room for it; returns whether it did. A call that is accepted leaves `bodies` empty.
    pub(super) fn enter(&mut self, id: Id, bodies: &mut Option<Bodies>, len: u64, wakes: &mut Wakes) -> Result<bool> {
        self.check_open()?;
        if let Some(moved) = self.moved.take() {
            return Err(moved);
        }
        let undurable = self.undurable();
        if undurable > 0 && undurable.saturating_add(len) > self.bound {
            self.want_checkpoint();
            return Ok(false);
        }
        let Some(bodies) = bodies.take() else { return Ok(true) };
        // In an idle log, nobody else drives: who waits for entries must hear of this one, in case its caller does not.
        if self.flight.is_none() && !self.engine.asked && self.engine.is_home() {
            self.tickets.wake(wakes, |ticket| matches!(ticket.stage, Stage::Watching));
        }
        self.accepted += 1;
        self.queued_len += len;
        let mut comes_back = false;
        if let Some(ticket) = self.tickets.get(id) {
            ticket.stage = Stage::Queued;
            comes_back = !ticket.wants_written;
        }
        self.callers += usize::from(comes_back);
        self.queue.push_back(Call { id, number: self.accepted, len, bodies, comes_back });
        self.engine.asked = true;
        Ok(true)
    }

    /// Queues a request for the log itself, after the calls that were accepted before it.
    pub(super) fn ask_for_log(&mut self, id: Id, closure: Closure<B>) {
        self.want_checkpoint();
        self.lends.push_back(Lend { id, after: self.accepted, closure });
        self.asked(id);
    }

    pub(super) fn ask_for_reader(&mut self, read: Read<B>) -> Result<()> {
        if self.gone {
            return Err(self.ended.clone().unwrap_or(Error::Closed));
        }
        let id = read.id;
        self.reads.push(read);
        self.asked(id);
        Ok(())
    }

    pub(super) fn ask_to_close(&mut self, id: Id) -> Result<()> {
        let was_closed = std::mem::replace(&mut self.closed, true);
        if self.gone {
            // A log that a panic ended says so once.
            let ended = self.ended.clone().filter(|_| !was_closed);
            return Err(ended.unwrap_or(Error::Closed));
        }
        self.want_checkpoint();
        self.closing.push(id);
        self.asked(id);
        Ok(())
    }

    fn asked(&mut self, id: Id) {
        if let Some(ticket) = self.tickets.get(id) {
            ticket.stage = Stage::Asked;
        }
        self.engine.asked = true;
    }

    fn undurable(&self) -> u64 {
        self.queued_len + self.written_len + self.flight.as_ref().map_or(0, |flight| flight.bytes)
    }

    /// Asks for a checkpoint of written bytes that no checkpoint covers, if there are any.
    pub(super) fn want_checkpoint(&mut self) {
        if self.written_len > 0 && self.flight.is_none() && !self.checkpoint_wanted {
            self.checkpoint_wanted = true;
            self.engine.asked = true;
        }
    }

    /// What has to happen until everything that was accepted before this call is durable.
    pub(super) fn barrier(&self) -> Barrier {
        let checkpoint = match self.flight {
            _ if self.written_len > 0 => self.checkpoints + 1,
            Some(_) => self.checkpoints,
            None => 0,
        };
        Barrier { number: self.accepted, checkpoint, fulls: self.fulls }
    }

    /// Whether everything before a barrier is durable.
    pub(super) fn passed(&mut self, barrier: Barrier) -> Option<Result<()>> {
        if self.durable >= barrier.number && self.succeeded >= barrier.checkpoint {
            return Some(self.moved.clone().map_or(Ok(()), Err));
        }
        if self.fulls > barrier.fulls {
            return self.full.clone().map(Err);
        }
        if let Some(ended) = self.settled_end() {
            return Some(Err(ended));
        }
        self.want_checkpoint();
        None
    }

    /// What ended the log, once nothing more can become durable.
    pub(super) fn settled_end(&self) -> Option<Error> {
        let is_settled = self.flight.is_none() && self.failure.is_none();
        self.ended.clone().filter(|_| is_settled)
    }

    /// Whether written bytes wait for a checkpoint to be called.
    fn owes_checkpoint(&self) -> bool {
        self.written_len > 0 && (self.written > self.called || self.checkpoint_wanted) && self.ended.is_none()
    }

    pub(super) fn next_job(&mut self, write_len_max: u64, wakes: &mut Wakes) -> Job<B> {
        if self.failure.is_some() {
            return Job::Settle;
        }
        if let Some(ended) = &self.ended
            && !(self.queue.is_empty() && self.lends.is_empty())
        {
            let (queue, lends) = (std::mem::take(&mut self.queue), std::mem::take(&mut self.lends));
            for id in queue.iter().map(|call| call.id).chain(lends.iter().map(|lend| lend.id)) {
                self.tickets.answer(id, Stage::Failed(ended.clone()), wakes);
            }
            self.queued_len = 0;
            self.written = self.accepted;
            return Job::Refuse(queue.into(), lends.into());
        }
        if !self.reads.is_empty() {
            return Job::Read(std::mem::take(&mut self.reads));
        }
        let stop = self.lends.front().map_or(u64::MAX, |lend| lend.after);
        let calls = self.take_calls(stop, write_len_max);
        if !calls.is_empty() {
            return Job::Write(calls);
        }
        if self.flight.is_some() {
            return Job::Wait;
        }
        if self.owes_checkpoint() {
            return Job::Checkpoint;
        }
        if let Some(lend) = self.lends.pop_front() {
            return Job::Lend(lend);
        }
        if self.closing.is_empty() || !self.queue.is_empty() { Job::Wait } else { Job::Close }
    }

    /// The next calls up to number `stop`, as many as fit into one write.
    fn take_calls(&mut self, stop: u64, write_len_max: u64) -> Vec<Call> {
        let (mut count, mut len) = (0, 0);
        for call in &self.queue {
            if call.number > stop || (count > 0 && len + call.len > write_len_max) {
                break;
            }
            (count, len) = (count + 1, len + call.len);
        }
        if count == self.queue.len() {
            return std::mem::take(&mut self.queue).into();
        }
        self.queue.drain(..count).collect()
    }

    /// Calls were written, or failed, each as its outcome says.
    pub(super) fn wrote(&mut self, calls: &[Call], outcomes: Vec<Result<(Receipt, u64)>>, wakes: &mut Wakes) {
        for (call, outcome) in calls.iter().zip(outcomes) {
            self.queued_len = self.queued_len.saturating_sub(call.len);
            self.written = call.number;
            let (receipt, end) = match outcome {
                Ok(written) => written,
                Err(error) => {
                    if matches!(error, Error::Poisoned { .. } | Error::Fenced { .. } | Error::Closed) {
                        self.ended.get_or_insert_with(|| error.clone());
                    }
                    self.tickets.answer(call.id, Stage::Failed(error), wakes);
                    self.callers -= usize::from(call.comes_back);
                    continue;
                }
            };
            self.written_len += call.len;
            if let Some(ticket) = self.tickets.get(call.id) {
                ticket.stage = Stage::Written { number: call.number, receipt };
                if ticket.wants_written {
                    wakes.extend(ticket.waker.take());
                }
                self.awaiting.push_back(Awaiting {
                    number: call.number,
                    end,
                    id: call.id,
                    comes_back: call.comes_back,
                });
            } else {
                self.callers -= usize::from(call.comes_back);
            }
        }
        if self.written_len == 0 && self.flight.is_none() {
            (self.called, self.durable) = (self.written, self.written);
            self.wake_watching(wakes);
        }
    }

    /// How many callers wait, and how many waited or were answered when the last checkpoint ended.
    pub(super) fn callers(&self) -> (usize, usize) {
        (self.callers, self.callers_before)
    }

    /// A checkpoint was called.
    pub(super) fn took_off(&mut self, future: Pin<Box<B::Checkpoint>>, end: u64, tip: Option<Tip>) {
        let (covers, bytes) = (self.written, std::mem::take(&mut self.written_len));
        self.called = covers;
        self.checkpoint_wanted = false;
        self.checkpoints += 1;
        self.flight = Some(Flight { duty: Duty::new(future), covers, bytes, end, tip, waits_elsewhere: false });
    }

    /// The checkpoint under way has ended.
    pub(super) fn landed(&mut self, outcome: Result<u64>, wakes: &mut Wakes) {
        let Some(flight) = self.flight.take() else { return };
        self.engine.asked = true;
        self.callers_before = self.callers;
        self.ends_elsewhere = flight.waits_elsewhere;
        let outcome = match outcome {
            Err(moved @ Error::Moved { .. }) => {
                self.moved = Some(moved);
                Ok(flight.end)
            }
            outcome => outcome,
        };
        match outcome {
            Ok(_) => {
                self.succeeded = self.checkpoints;
                self.durable = flight.covers;
                self.durable_len = self.durable_len.max(flight.end);
                self.tip = flight.tip;
                self.wake_durable(wakes);
            }
            Err(full @ Error::Full { .. }) => {
                self.written_len += flight.bytes;
                self.fulls += 1;
                self.undecided(flight.covers, &full, wakes);
                self.full = Some(full);
                self.wake_watching(wakes);
            }
            Err(error) if self.gone => {
                let error = self.ended.clone().unwrap_or(error);
                self.settle(error, self.durable_len, wakes);
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// A checkpoint failed, and so many bytes are durable all the same. Ends the log.
    pub(super) fn settled(&mut self, durable_len: u64, wakes: &mut Wakes) {
        if let Some(error) = self.failure.take() {
            self.settle(error, durable_len, wakes);
        }
    }

    fn settle(&mut self, error: Error, durable_len: u64, wakes: &mut Wakes) {
        if let Some(last) = self.awaiting.iter().take_while(|awaiting| awaiting.end <= durable_len).last() {
            (self.durable, self.durable_len) = (last.number, self.durable_len.max(last.end));
        }
        self.wake_durable(wakes);
        self.undecided(u64::MAX, &error, wakes);
        let ended = if matches!(error, Error::Fenced { .. }) { error } else { error.poison() };
        self.ended.get_or_insert(ended);
        self.wake_all(wakes);
    }

    /// The log was closed.
    pub(super) fn closed_with(&mut self, closed: Result<()>, wakes: &mut Wakes) {
        let accepted = if self.written_len > 0 { self.full.clone() } else { None };
        let error = self.ended.clone().or(accepted).or(closed.err()).or(self.moved.take());
        self.ended.get_or_insert(Error::Closed);
        for id in std::mem::take(&mut self.closing) {
            let stage = error.clone().map_or(Stage::Served, Stage::Failed);
            self.tickets.answer(id, stage, wakes);
        }
    }

    /// The log is gone: it was closed, or foreign code panicked. Returns what is to be dropped outside of the lock.
    #[must_use]
    pub(super) fn over(&mut self, error: &Error, wakes: &mut Wakes) -> impl Sized + use<B> {
        self.gone = true;
        self.failure = None;
        // A closure that panicked did not give it back.
        self.lent_on = None;
        let ended = if matches!(error, Error::Closed) { error.clone() } else { error.poison() };
        let ended = self.ended.get_or_insert(ended).clone();
        // What a checkpoint under way covers keeps its own outcome.
        let covered = self.flight.as_ref().map_or(self.durable, |flight| flight.covers);
        let later = self.awaiting.partition_point(|awaiting| awaiting.number <= covered);
        for awaiting in self.awaiting.split_off(later) {
            fail_written(&mut self.tickets, awaiting.id, &ended, wakes);
        }
        self.tickets.fail_unwritten(&ended, wakes);
        self.closing.clear();
        self.wake_all(wakes);
        let (queue, reads, lends) = (&mut self.queue, &mut self.reads, &mut self.lends);
        (std::mem::take(queue), std::mem::take(reads), std::mem::take(lends))
    }

    /// Answers the calls up to `number` that are not durable.
    fn undecided(&mut self, number: u64, cause: &Error, wakes: &mut Wakes) {
        while let Some(awaiting) = self.awaiting.pop_front_if(|awaiting| awaiting.number <= number) {
            self.callers -= usize::from(awaiting.comes_back);
            fail_written(&mut self.tickets, awaiting.id, cause, wakes);
        }
    }

    fn wake_durable(&mut self, wakes: &mut Wakes) {
        while let Some(awaiting) = self.awaiting.pop_front_if(|awaiting| awaiting.number <= self.durable) {
            self.callers -= usize::from(awaiting.comes_back);
            if let Some(ticket) = self.tickets.get(awaiting.id) {
                wakes.extend(ticket.waker.take());
            }
        }
        self.wake_watching(wakes);
    }

    fn wake_watching(&mut self, wakes: &mut Wakes) {
        self.tickets.wake(wakes, |ticket| matches!(ticket.stage, Stage::Watching));
    }

    pub(super) fn wake_all(&mut self, wakes: &mut Wakes) {
        self.tickets.wake(wakes, |_| true);
    }

    /// The checkpoint under way, if polling it makes progress and does not block.
    pub(super) fn take_quick_flight(&mut self) -> Option<Pin<Box<B::Checkpoint>>> {
        let flight = self.flight.as_mut().filter(|flight| flight.waits_elsewhere)?;
        flight.duty.take_ready()
    }

    /// The engine, if it is to call a checkpoint.
    pub(super) fn take_engine_for_checkpoint(&mut self) -> Option<BoxFuture<'static, ()>> {
        if self.flight.is_some() || !self.ends_elsewhere || !self.owes_checkpoint() {
            return None;
        }
        self.engine.take_ready()
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

    /// The log came back from a closure, in the same storage or in another one.
    pub(super) fn came_back(&mut self, tip: Option<Tip>, durable_len: u64, unflushed: u64, is_other: bool) {
        if is_other {
            self.moved = None;
        }
        if is_other || unflushed == 0 {
            self.tip = tip;
        }
        self.durable_len = durable_len;
        self.set_unflushed(unflushed);
    }
}

fn fail_written(tickets: &mut Tickets, id: Id, cause: &Error, wakes: &mut Wakes) {
    let Some(ticket) = tickets.get(id) else { return };
    let Stage::Written { receipt, .. } = &ticket.stage else { return };
    let cause = Arc::new(cause.clone());
    let error = match receipt.first() {
        Some(appended) => Error::Undecided { appended, cause },
        None => (*cause).clone(),
    };
    tickets.answer(id, Stage::Failed(error), wakes);
}
