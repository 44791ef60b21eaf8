//! Those who wait, and what for.

use crate::format::appended::Appended;
use crate::storage::error::{Error, Result};
use slab::Slab;
use std::task::Waker;

/// Names a ticket permanently: the key of one that is gone is used again, its serial number is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    key: usize,
    serial: u64,
}

/// What a call wrote.
#[derive(Debug)]
pub(super) enum Receipt {
    One(Appended),
    Many(Vec<Appended>),
}

impl Receipt {
    /// What names the call in an error.
    pub(super) fn first(&self) -> Option<Appended> {
        match self {
            Receipt::One(appended) => Some(*appended),
            Receipt::Many(appended) => appended.first().copied(),
        }
    }
}

/// How far a call has come.
#[derive(Debug)]
pub(super) enum Stage {
    /// It looks at the state by itself, for room, durable bytes or a reader.
    Watching,
    /// Its entries are accepted.
    Queued,
    /// Its entries are in the log, and durable once the calls up to `number` are.
    Written { number: u64, receipt: Receipt },
    /// It asked for the log itself.
    Asked,
    /// What it asked for is done.
    Served,
    /// It failed.
    Failed(Error),
}

impl Stage {
    /// The result of a request for the log, once there is one.
    pub(super) fn served(&self) -> Option<Result<()>> {
        match self {
            Stage::Served => Some(Ok(())),
            Stage::Failed(error) => Some(Err(error.clone())),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Ticket {
    serial: u64,
    pub(super) stage: Stage,
    /// Whether written entries are enough.
    pub(super) wants_written: bool,
    pub(super) waker: Option<Waker>,
}

/// All who wait.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    slots: Slab<Ticket>,
    issued: u64,
}

impl Tickets {
    pub(super) fn issue(&mut self, stage: Stage, wants_written: bool) -> Id {
        self.issued += 1;
        let serial = self.issued;
        Id { key: self.slots.insert(Ticket { serial, stage, wants_written, waker: None }), serial }
    }

    pub(super) fn get(&mut self, id: Id) -> Option<&mut Ticket> {
        self.slots.get_mut(id.key).filter(|ticket| ticket.serial == id.serial)
    }

    pub(super) fn remove(&mut self, id: Id) -> Option<Ticket> {
        self.get(id)?;
        self.slots.try_remove(id.key)
    }

    /// Moves a ticket on, where somebody still holds it, and takes its waker to be woken.
    pub(super) fn answer(&mut self, id: Id, stage: Stage, wakes: &mut Wakes) {
        if let Some(ticket) = self.get(id) {
            ticket.stage = stage;
            wakes.extend(ticket.waker.take());
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Ticket> {
        self.slots.iter_mut().map(|(_, ticket)| ticket)
    }

    /// Takes the wakers of all who match.
    pub(super) fn wake(&mut self, wakes: &mut Wakes, matches: impl Fn(&Ticket) -> bool) {
        for ticket in self.iter_mut() {
            if ticket.waker.is_some() && matches(ticket) {
                wakes.extend(ticket.waker.take());
            }
        }
    }

    /// Fails every call that the log owes something, except what was written.
    pub(super) fn fail_unwritten(&mut self, error: &Error, wakes: &mut Wakes) {
        for ticket in self.iter_mut() {
            if matches!(ticket.stage, Stage::Queued | Stage::Asked) {
                ticket.stage = Stage::Failed(error.clone());
                wakes.extend(ticket.waker.take());
            }
        }
    }
}

/// Wakers, which are foreign code, on their way out of the lock.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Wakes(Vec<Waker>);

impl Wakes {
    pub(super) fn extend(&mut self, wakers: impl IntoIterator<Item = Waker>) {
        self.0.extend(wakers);
    }

    /// Wakes each. Call it outside of the lock.
    pub(super) fn wake(self) {
        for waker in self.0 {
            if let Err(error) = super::panics::caught(|| waker.wake()) {
                tracing::warn!(%error, "a waker panicked");
            }
        }
    }
}

/// The result of a call whose entries have to be durable, once there is one.
pub(super) fn durable(stage: &mut Stage, durable: u64) -> Option<Result<Receipt>> {
    match std::mem::replace(stage, Stage::Watching) {
        Stage::Written { number, receipt } if number <= durable => Some(Ok(receipt)),
        Stage::Failed(error) => Some(Err(error)),
        other => {
            *stage = other;
            None
        }
    }
}
