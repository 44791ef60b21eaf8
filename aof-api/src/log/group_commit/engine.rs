//! The future that owns the log, and does with it one thing after the other.

use super::call::{Bodies, Call, Job, Lend, Read, ReadDone};
use super::feed::{Feed, Next};
use super::panics::Foreign;
use super::shared::Shared;
use super::state::State;
use super::ticket::{Receipt, Stage, Wakes};
use crate::format::layout::ENTRY_SIZE_MIN;
use crate::log::aof::Aof;
use crate::log::aof::lending::Storage;
use crate::storage::backend::{AofBackend, AofBackendExt};
use crate::storage::error::{Error, Result};
use std::future::poll_fn;
use std::sync::Weak;
use std::task::Poll;

/// Several calls are written together up to so many bytes.
const WRITE_LEN_MAX: u64 = 64 << 20;

/// Runs until the log is closed, or must not be used any more. Between two jobs it waits until it is polled again, by
/// somebody who knows that there is work.
pub(super) async fn run<B: AofBackend + 'static>(shared: Weak<Shared<B>>, log: Aof<B>, owner: u64, unflushed_max: u64) {
    let mut log = Foreign::new(log);
    let mut has_gathered = false;
    while let Some(job) = with(&shared, |state, wakes| state.next_job(WRITE_LEN_MAX, wakes)) {
        match job {
            Job::Wait => pause().await,
            Job::Write(calls) => {
                let outcomes = write(&mut log, &calls).await;
                let has_more = with(&shared, |state, wakes| {
                    state.wrote(&calls, outcomes, wakes);
                    let has_more = !state.queue.is_empty();
                    state.engine.asked |= has_more;
                    has_more
                });
                // The driving caller may have its result by now: it must be able to leave before it writes for others.
                if has_more == Some(true) {
                    pause().await;
                }
            }
            Job::Checkpoint if !has_gathered => {
                gather(&shared);
                has_gathered = true;
            }
            Job::Checkpoint => {
                has_gathered = false;
                let future = Box::pin(log.checkpoint());
                let (end, tip) = (log.len(), log.tip());
                with(&shared, |state, _| state.took_off(future, end, tip));
            }
            Job::Read(reads) => {
                for read in reads {
                    serve(&shared, &mut log, read).await;
                }
            }
            Job::Lend(lend) => {
                if !lend_out(&shared, &mut log, lend, owner, unflushed_max).await {
                    return;
                }
            }
            Job::Settle => {
                let durable_len = log.durable_len();
                let panicked = with(&shared, |state, wakes| {
                    state.settled(durable_len, wakes);
                    matches!(&state.ended, Some(Error::Poisoned { cause }) if matches!(**cause, Error::Panicked { .. }))
                });
                if panicked != Some(false) {
                    return;
                }
            }
            Job::Refuse(calls, lends) => drop((calls, lends)),
            Job::Close => return close(&shared, log).await,
        }
    }
}

/// Changes the state, and wakes outside of the lock whom that concerns. None once the last handle is gone.
fn with<B: AofBackend, T>(shared: &Weak<Shared<B>>, change: impl FnOnce(&mut State<B>, &mut Wakes) -> T) -> Option<T> {
    let shared = shared.upgrade()?;
    let mut wakes = Wakes::default();
    let changed = change(&mut shared.lock(), &mut wakes);
    wakes.wake();
    Some(changed)
}

/// How often in a row a gathering looks and finds nobody new before it ends.
const FRUITLESS_LOOKS_MAX: usize = 8;

/// Lets threads run that are about to append, so that a checkpoint does not begin for a few callers and leave the others
/// to the next one: those that the last one released usually come back at once. A caller that is alone waits for nobody.
fn gather<B: AofBackend>(shared: &Weak<Shared<B>>) {
    let (mut found, mut fruitless) = (0, 0);
    while fruitless < FRUITLESS_LOOKS_MAX {
        let Some(Some(waiting)) = with(shared, |state, _| state.pace.to_gather()) else { return };
        fruitless = if waiting > found { 0 } else { fruitless + 1 };
        found = waiting;
        std::thread::yield_now();
    }
}

/// Waits until it is polled again.
async fn pause() {
    let mut is_paused = false;
    poll_fn(|_| if std::mem::replace(&mut is_paused, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// Appends the entries of all calls in one write. Returns the receipt of each, and where its last entry ends.
async fn write<B: AofBackend>(log: &mut Aof<B>, calls: &[Call]) -> Vec<Result<(Receipt, u64)>> {
    if let [call] = calls {
        return vec![write_one(log, call).await];
    }
    let mut entries = Vec::with_capacity(calls.len());
    for call in calls {
        match &call.bodies {
            Bodies::One(operation, body) => entries.push((*operation, body.as_slice())),
            Bodies::Many(bodies) => {
                entries.extend(bodies.iter().map(|(operation, body)| (*operation, body.as_slice())));
            }
        }
    }
    match log.append_all(&entries).await {
        Ok(appended) => {
            let mut appended = appended.into_iter().peekable();
            let mut outcomes = Vec::with_capacity(calls.len());
            for call in calls {
                let receipt = match &call.bodies {
                    Bodies::One(..) => appended.next().map(Receipt::One),
                    Bodies::Many(bodies) => Some(Receipt::Many(appended.by_ref().take(bodies.len()).collect())),
                };
                let end = appended.peek().map_or(log.len(), |next| next.offset);
                // As many were appended as were given.
                outcomes.extend(receipt.map(|receipt| Ok((receipt, end))));
            }
            outcomes
        }
        // One entry that cannot be must not fail the others, and a small one may fit where all do not.
        Err(error) if !is_final(&error) => {
            let mut outcomes = Vec::with_capacity(calls.len());
            for call in calls {
                outcomes.push(write_one(log, call).await);
            }
            outcomes
        }
        Err(error) => calls.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// Whether trying again with less cannot help.
fn is_final(error: &Error) -> bool {
    matches!(error, Error::Poisoned { .. } | Error::Fenced { .. } | Error::Closed | Error::Io { .. })
}

async fn write_one<B: AofBackend>(log: &mut Aof<B>, call: &Call) -> Result<(Receipt, u64)> {
    match &call.bodies {
        Bodies::One(operation, body) => {
            let appended = log.append(*operation, body).await?;
            Ok((Receipt::One(appended), appended.offset + (ENTRY_SIZE_MIN + body.len()) as u64))
        }
        Bodies::Many(bodies) => {
            let appended = log.append_all(bodies).await?;
            Ok((Receipt::Many(appended), log.len()))
        }
    }
}

/// Makes a reader for who asked for one.
async fn serve<B: AofBackend>(shared: &Weak<Shared<B>>, log: &mut Aof<B>, read: Read<B>) {
    let entries = log.entries().await;
    match read.done {
        // Nobody waits where a caller was dropped, here and below.
        ReadDone::Entries(done) => drop(done.send(entries)),
        ReadDone::Feed(done) => {
            let feed = entries.map(|entries| {
                let key = with(shared, |state, _| state.feeds.insert(Feed::new()));
                (entries, key.unwrap_or_default())
            });
            if let Err(Ok((_, key))) = done.send(feed) {
                with(shared, |state, _| state.feeds.try_remove(key));
            }
        }
    }
    with(shared, |state, wakes| state.tickets.answer(read.id, Stage::Served, wakes));
}

/// Lends the log to a closure, and publishes its state afterwards. Returns whether it is still the same log.
async fn lend_out<B: AofBackend + 'static>(
    shared: &Weak<Shared<B>>,
    log: &mut Foreign<Aof<B>>,
    lend: Lend<B>,
    owner: u64,
    unflushed_max: u64,
) -> bool {
    log.lend(unflushed_max);
    {
        let mut lent = (lend.closure)(log);
        // Distinguishes a call of the same handle inside of the closure from one on another thread.
        poll_fn(|context| {
            with(shared, |state, _| state.lent_on = Some(std::thread::current().id()));
            let polled = lent.as_mut().poll(context);
            with(shared, |state, _| state.lent_on = None);
            polled
        })
        .await;
    }
    let storage = log.take_back(owner);
    if storage == Storage::Foreign {
        with(shared, |state, _| state.ended.get_or_insert(Error::Replaced.poison()).clone());
        return false;
    }
    match storage {
        Storage::Same | Storage::Foreign => {}
        Storage::Next { previous_end } => hand_out(shared, log, previous_end).await,
        Storage::Skipped { previous_end } => {
            with(shared, |state, _| break_feeds(state, previous_end, |_| true));
        }
    }
    let (tip, durable_len, unflushed) = (log.tip(), log.durable_len(), log.backend().unflushed());
    with(shared, |state, wakes| {
        state.came_back(tip, durable_len, unflushed, storage != Storage::Same);
        state.tickets.answer(lend.id, Stage::Served, wakes);
        state.wake_all(wakes);
    });
    true
}

/// Hands each follower a reader of the storage in which the log continues.
async fn hand_out<B: AofBackend>(shared: &Weak<Shared<B>>, log: &mut Aof<B>, previous_end: u64) {
    let keys = with(shared, |state, _| {
        break_feeds(state, previous_end, |feed| !feed.has_room());
        state.feeds.iter().filter(|(_, feed)| !feed.is_broken()).map(|(key, _)| key).collect::<Vec<_>>()
    });
    for key in keys.unwrap_or_default() {
        let next = match log.backend_mut().reader().await {
            Ok(reader) => Next::Reader(reader),
            Err(error) => Next::Break(error),
        };
        let left = with(shared, |state, _| match state.feeds.get_mut(key) {
            Some(feed) => {
                feed.push(previous_end, next);
                None
            }
            None => Some(next),
        });
        drop(left);
    }
}

/// Ends the followers that match where the storage ends that they have a reader of.
fn break_feeds<B: AofBackend>(state: &mut State<B>, previous_end: u64, matches: impl Fn(&Feed<B::Reader>) -> bool) {
    for (_, feed) in &mut state.feeds {
        if !feed.is_broken() && matches(feed) {
            feed.push(previous_end, Next::Break(Error::Lagged));
        }
    }
}

async fn close<B: AofBackend>(shared: &Weak<Shared<B>>, log: Foreign<Aof<B>>) {
    let mut backend = Foreign::new(log.into_inner().into_inner());
    let closed = backend.close().await;
    // Release the lock before publishing the result.
    drop(backend);
    with(shared, |state, wakes| state.closed_with(closed, wakes));
}
