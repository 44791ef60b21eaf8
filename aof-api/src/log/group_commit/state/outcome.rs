//! Which callers get a result when a checkpoint ends, and when the log does.

use super::{Awaiting, State};
use crate::log::group_commit::ticket::{Id, Stage, Tickets, Wakes};
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Result};
use std::sync::Arc;

impl<B: AofBackend> State<B> {
    /// The checkpoint under way has ended.
    pub(in crate::log::group_commit) fn landed(&mut self, outcome: Result<u64>, wakes: &mut Wakes) {
        let Some(flight) = self.flight.take() else { return };
        self.engine.asked = true;
        self.pace.end();
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

    pub(super) fn went(&mut self, comes_back: bool) {
        if comes_back {
            self.pace.go();
        }
    }

    /// A checkpoint failed, and so many bytes are durable all the same. Ends the log.
    pub(in crate::log::group_commit) fn settled(&mut self, durable_len: u64, wakes: &mut Wakes) {
        if let Some(error) = self.failure.take() {
            self.settle(error, durable_len, wakes);
        }
    }

    pub(super) fn settle(&mut self, error: Error, durable_len: u64, wakes: &mut Wakes) {
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
    pub(in crate::log::group_commit) fn closed_with(&mut self, closed: Result<()>, wakes: &mut Wakes) {
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
    pub(in crate::log::group_commit) fn over(&mut self, error: &Error, wakes: &mut Wakes) -> impl Sized + use<B> {
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

    /// Takes the first call that waits for durability, if its number is at most `number`.
    fn next_awaiting(&mut self, number: u64) -> Option<Awaiting> {
        let is_due = self.awaiting.front().is_some_and(|awaiting| awaiting.number <= number);
        if is_due { self.awaiting.pop_front() } else { None }
    }

    /// Settles the calls up to `number` that are not durable.
    pub(super) fn undecided(&mut self, number: u64, cause: &Error, wakes: &mut Wakes) {
        while let Some(awaiting) = self.next_awaiting(number) {
            self.went(awaiting.comes_back);
            fail_written(&mut self.tickets, awaiting.id, cause, wakes);
        }
    }

    pub(super) fn wake_durable(&mut self, wakes: &mut Wakes) {
        while let Some(awaiting) = self.next_awaiting(self.durable) {
            self.went(awaiting.comes_back);
            if let Some(ticket) = self.tickets.get(awaiting.id) {
                wakes.extend(ticket.waker.take());
            }
        }
        self.wake_watching(wakes);
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
