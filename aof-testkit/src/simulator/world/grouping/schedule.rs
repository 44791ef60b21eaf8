//! Polls the callers: each only when it was woken, in an order that a seed chooses.

use super::super::*;
use super::calls::{Call, Heard};
use super::following::Following;
use aof_api::GroupCommit;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Wake};

/// More polls than any end of a schedule needs.
const POLLS_MAX: usize = 100_000;

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Woken>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A caller under way.
struct Task {
    what: &'static str,
    future: BoxFuture<'static, ()>,
    woken: Arc<Woken>,
    /// Whether it may wait for ever.
    endless: bool,
}

/// Callers of a shared log.
pub(super) struct Schedule {
    group: GroupCommit<SimBackend>,
    disk: SimDisk,
    random: Random,
    following: Option<Following>,
    calls: Vec<Call>,
    tasks: Vec<Task>,
    /// Whether the follower was dropped.
    follower_is_gone: bool,
    /// What the log held before another writer took it over.
    live: Option<Vec<u8>>,
}

/// What is left of a schedule. Dropping the tasks ends the log, where nothing has ended it before.
pub(super) struct Ended {
    pub(super) calls: Vec<Call>,
    pub(super) following: Option<Following>,
    pub(super) follower_is_gone: bool,
    /// What the log held, durable or not.
    pub(super) live: Vec<u8>,
    pub(super) durable_len: u64,
    pub(super) tasks: Tasks,
}

/// The handle, and the callers still under way.
pub(super) struct Tasks {
    _group: GroupCommit<SimBackend>,
    _tasks: Vec<Task>,
}

impl Schedule {
    pub(super) fn new(
        group: GroupCommit<SimBackend>,
        disk: SimDisk,
        random: Random,
        following: Option<Following>,
    ) -> Schedule {
        let (calls, tasks) = (Vec::new(), Vec::new());
        let mut schedule = Schedule {
            group,
            disk,
            random,
            following: following.clone(),
            calls,
            tasks,
            follower_is_gone: false,
            live: None,
        };
        if let Some(following) = following {
            let group = schedule.group.clone();
            let follow = async move {
                let ended = match group.follow(following.from).await {
                    Err(error) => error,
                    Ok(mut follower) => loop {
                        match follower.next().await {
                            Ok(prepare) => following.sees(prepare.checksum(), group.durable_len()),
                            Err(error) => break error,
                        }
                    },
                };
                following.ends(ended);
            };
            schedule.spawn("the follower", true, follow.boxed());
        }
        schedule
    }

    fn spawn(&mut self, what: &'static str, endless: bool, future: BoxFuture<'static, ()>) {
        self.tasks.push(Task { what, future, woken: Arc::new(Woken(AtomicBool::new(true))), endless });
    }

    /// A caller comes.
    fn call(&mut self) {
        let kind = self.random.below(10);
        let entries = if kind < 7 { 1 } else { self.random.between(1, 4) };
        let call = Call::new(self.calls.len() as u64, entries);
        let bodies: Vec<_> = (0..entries as u64).map(|index| (OPERATION, call.body(index, &mut self.random))).collect();
        self.calls.push(call.clone());
        let group = self.group.clone();
        let one = bodies[0].1.clone();
        match kind {
            0..4 => {
                let append = async move {
                    call.hears(Heard::Nothing);
                    call.settle(group.append(OPERATION, one).await.map(|appended| vec![appended]));
                };
                self.spawn("append", false, append.boxed());
            }
            4..7 => {
                let submit = async move {
                    call.hears(Heard::Nothing);
                    match group.submit(OPERATION, one).await {
                        Err(error) => call.settle(Err(error)),
                        Ok((appended, durability)) => {
                            call.hears(Heard::Written(vec![appended]));
                            call.settle(durability.await.map(|()| vec![appended]));
                        }
                    }
                };
                self.spawn("submit", false, submit.boxed());
            }
            _ => {
                let append_all = async move {
                    call.hears(Heard::Nothing);
                    call.settle(group.append_all(bodies).await);
                };
                self.spawn("append_all", false, append_all.boxed());
            }
        }
    }

    /// Polls one of those that were woken; false where none was.
    fn poll(&mut self) -> bool {
        let woken = (0..self.tasks.len()).filter(|task| self.tasks[*task].woken.0.load(Ordering::SeqCst));
        let woken: Vec<_> = woken.collect();
        if woken.is_empty() {
            return false;
        }
        let task = woken[self.random.index(woken.len())];
        let Task { future, woken, .. } = &mut self.tasks[task];
        woken.0.store(false, Ordering::SeqCst);
        let waker = Arc::clone(woken).into();
        if let Poll::Ready(()) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.tasks.swap_remove(task);
        }
        true
    }

    /// Whether each entry that is said to be written is there.
    fn check_written(&self) -> Seen {
        for call in &self.calls {
            let (Heard::Written(appended) | Heard::Durable(appended)) = call.heard() else { continue };
            for appended in appended {
                // The header begins after the magic, and with its checksum.
                let place = appended.offset + MAGIC.len() as u64;
                let there = self.disk.bytes(place..place + 16);
                let checksum = appended.checksum.to_le_bytes();
                must!(there == checksum, "op {} is said to be written at {}: {there:?}", appended.op, appended.offset);
            }
        }
        Ok(())
    }

    pub(super) fn step(&mut self) -> Seen {
        match self.random.below(100) {
            0..30 => self.call(),
            30..80 => {
                self.poll();
                self.check_written()?;
            }
            80..86 if !self.tasks.is_empty() => {
                let task = self.random.index(self.tasks.len());
                self.follower_is_gone |= self.tasks[task].endless;
                self.tasks.swap_remove(task);
            }
            86..92 => drop(self.disk.step()),
            92 => self.disk.faults().strike_next(Fault::CheckpointIsFull),
            93 => self.disk.faults().strike_next(Fault::WriteIsFull),
            94 if self.random.chance(0.3) => self.disk.faults().strike_next(Fault::CheckpointKeepsPart),
            95 => self.disk.faults().strike_next(Fault::WriteFails),
            _ => while self.poll() && self.random.chance(0.9) {},
        }
        Ok(())
    }

    /// Polls the woken callers until none is woken.
    pub(super) fn settle(&mut self) -> Seen {
        for _ in 0..POLLS_MAX {
            if !self.poll() {
                return Ok(());
            }
        }
        Err("callers of a group ask to be polled without end".to_owned())
    }

    /// Polls the woken callers until none is woken; then none may be under way, except those that may wait for ever.
    pub(super) fn finish(&mut self) -> Seen {
        self.settle()?;
        let stranded: Vec<_> = self.tasks.iter().filter(|task| !task.endless).map(|task| task.what).collect();
        must!(stranded.is_empty(), "not woken, and under way: {stranded:?}");
        Ok(())
    }

    /// Closes the log once every caller has its result.
    pub(super) fn close(&mut self) -> Seen {
        self.finish()?;
        let group = self.group.clone();
        // Its error is a failure that other callers have heard of.
        let close = async move { drop(group.close().await) };
        self.spawn("close", false, close.boxed());
        self.finish()
    }

    /// Remembers what the log holds, which another writer will cut.
    pub(super) fn remember_written(&mut self) {
        self.live = Some(self.disk.live());
    }

    pub(super) fn end(self) -> Ended {
        let Schedule { group, disk, following, calls, tasks, follower_is_gone, live, .. } = self;
        let live = live.unwrap_or_else(|| disk.live());
        let durable_len = group.durable_len();
        Ended { calls, following, follower_is_gone, live, durable_len, tasks: Tasks { _group: group, _tasks: tasks } }
    }
}
