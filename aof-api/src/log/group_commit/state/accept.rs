//! What is accepted, and what is asked for.

use super::{Barrier, State};
use crate::log::group_commit::call::{Bodies, Call, Closure, Lend, Read};
use crate::log::group_commit::ticket::{Id, Stage, Wakes};
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Result};

impl<B: AofBackend> State<B> {
    /// Fails where no call that writes is taken.
    pub(in crate::log::group_commit) fn check_open(&self) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        self.ended.clone().map_or(Ok(()), Err)
    }

    /// Accepts a call if there is room for it; returns whether it did. A call that is accepted leaves `bodies` empty.
    pub(in crate::log::group_commit) fn enter(
        &mut self,
        id: Id,
        bodies: &mut Option<Bodies>,
        len: u64,
        wakes: &mut Wakes,
    ) -> Result<bool> {
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
        if comes_back {
            self.pace.come();
        }
        self.queue.push_back(Call { id, number: self.accepted, len, bodies, comes_back });
        self.engine.asked = true;
        Ok(true)
    }

    /// Queues a request for the log itself, after the calls that were accepted before it.
    pub(in crate::log::group_commit) fn ask_for_log(&mut self, id: Id, closure: Closure<B>) {
        self.want_checkpoint();
        self.lends.push_back(Lend { id, after: self.accepted, closure });
        self.asked(id);
    }

    pub(in crate::log::group_commit) fn ask_for_reader(&mut self, read: Read<B>) -> Result<()> {
        if self.gone {
            return Err(self.ended.clone().unwrap_or(Error::Closed));
        }
        let id = read.id;
        self.reads.push(read);
        self.asked(id);
        Ok(())
    }

    pub(in crate::log::group_commit) fn ask_to_close(&mut self, id: Id) -> Result<()> {
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

    pub(super) fn asked(&mut self, id: Id) {
        if let Some(ticket) = self.tickets.get(id) {
            ticket.stage = Stage::Asked;
        }
        self.engine.asked = true;
    }

    pub(super) fn undurable(&self) -> u64 {
        self.queued_len + self.written_len + self.flight.as_ref().map_or(0, |flight| flight.bytes)
    }

    /// Asks for a checkpoint of written bytes that no checkpoint covers, if there are any.
    pub(in crate::log::group_commit) fn want_checkpoint(&mut self) {
        if self.written_len > 0 && self.flight.is_none() && !self.checkpoint_wanted {
            self.checkpoint_wanted = true;
            self.engine.asked = true;
        }
    }

    /// What has to happen until everything that was accepted before this call is durable.
    pub(in crate::log::group_commit) fn barrier(&self) -> Barrier {
        let checkpoint = match self.flight {
            _ if self.written_len > 0 => self.checkpoints + 1,
            Some(_) => self.checkpoints,
            None => 0,
        };
        Barrier { number: self.accepted, checkpoint, fulls: self.fulls }
    }

    /// Whether everything before a barrier is durable.
    pub(in crate::log::group_commit) fn passed(&mut self, barrier: Barrier) -> Option<Result<()>> {
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
    pub(in crate::log::group_commit) fn settled_end(&self) -> Option<Error> {
        let is_settled = self.flight.is_none() && self.failure.is_none();
        self.ended.clone().filter(|_| is_settled)
    }
}
