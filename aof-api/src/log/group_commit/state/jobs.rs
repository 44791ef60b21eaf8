//! What the log does next, and what came of it.

use super::{Awaiting, Flight, State};
use crate::chain::tip::Tip;
use crate::log::group_commit::call::{Call, Job};
use crate::log::group_commit::duty::Duty;
use crate::log::group_commit::ticket::{Receipt, Stage, Wakes};
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Result};
use futures::future::BoxFuture;
use std::pin::Pin;

impl<B: AofBackend> State<B> {
    /// Whether written bytes wait for a checkpoint to be called. Also once the log takes no more writes: the checkpoint
    /// then reports what became of the entries that callers wait for.
    pub(super) fn owes_checkpoint(&self) -> bool {
        self.written_len > 0 && (self.written > self.called || self.checkpoint_wanted)
    }

    pub(in crate::log::group_commit) fn next_job(&mut self, write_len_max: u64, wakes: &mut Wakes) -> Job<B> {
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
    pub(super) fn take_calls(&mut self, stop: u64, write_len_max: u64) -> Vec<Call> {
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
    pub(in crate::log::group_commit) fn wrote(
        &mut self,
        calls: &[Call],
        outcomes: Vec<Result<(Receipt, u64)>>,
        wakes: &mut Wakes,
    ) {
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
                    self.went(call.comes_back);
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
                self.went(call.comes_back);
            }
        }
        if self.written_len == 0 && self.flight.is_none() {
            (self.called, self.durable) = (self.written, self.written);
            self.wake_watching(wakes);
        }
    }

    /// A checkpoint was called.
    pub(in crate::log::group_commit) fn took_off(
        &mut self,
        future: Pin<Box<B::Checkpoint>>,
        end: u64,
        tip: Option<Tip>,
    ) {
        let (covers, bytes) = (self.written, std::mem::take(&mut self.written_len));
        self.called = covers;
        self.checkpoint_wanted = false;
        self.checkpoints += 1;
        self.flight = Some(Flight { duty: Duty::new(future), covers, bytes, end, tip, waits_elsewhere: false });
    }

    /// The checkpoint under way, if polling it makes progress and does not block.
    pub(in crate::log::group_commit) fn take_quick_flight(&mut self) -> Option<Pin<Box<B::Checkpoint>>> {
        let flight = self.flight.as_mut().filter(|flight| flight.waits_elsewhere)?;
        flight.duty.take_ready()
    }

    /// The engine, if it is to call a checkpoint at once.
    pub(in crate::log::group_commit) fn take_engine_for_checkpoint(&mut self) -> Option<BoxFuture<'static, ()>> {
        let is_due = self.flight.is_none() && self.owes_checkpoint() && self.pace.to_gather().is_none();
        if is_due { self.engine.take_ready() } else { None }
    }

    /// The log came back from a closure, in the same storage or in another one.
    pub(in crate::log::group_commit) fn came_back(
        &mut self,
        tip: Option<Tip>,
        durable_len: u64,
        unflushed: u64,
        is_other: bool,
    ) {
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
