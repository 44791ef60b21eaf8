//! The step in which many callers share the log: group commit, and a follower that reads along.
//!
//! Callers are polled when they were woken, and only then, in an order that the seed of the step chooses; some are dropped
//! half way. At the end, what each caller heard is compared with what is in the log.

mod calls;
mod following;
mod schedule;

use super::*;
use crate::simulator::action::GroupEnd;
use aof_api::GroupCommit;
use calls::{Heard, Written};
use following::Following;
use schedule::Schedule;

impl World {
    /// Shares the log for `steps` steps, and ends that as `end` says. The log is opened again.
    pub(super) async fn group(&mut self, seed: u64, steps: usize, end: GroupEnd, policy: Policy) -> Seen {
        self.wait_for_checkpoints().await?;
        self.claimed()?;
        // What cannot be appended to, or is in doubt, has nothing to share.
        let shares = self.kind != Kind::Record && self.model.appendable() && !self.model.scarred;
        if !shares || self.poisoned || self.unfilled {
            return Ok(());
        }
        let Some(log) = self.log.take() else { return Ok(()) };
        self.reader = None;
        // A write that fails in part is a step of its own.
        self.faults().forget_script();
        self.tally.groups += 1;
        let (begin, durable_before) = (self.model.end(), log.durable_len());
        let tip = log.tip();
        let mut random = Random::new(seed);
        let follows = random.chance(0.8).then(|| match self.kind == Kind::Append && random.chance(0.5) {
            // From the first entry that the storage holds.
            true => Following::of(&self.model.entries, None),
            false => Following::of(&[], tip),
        });
        let mut schedule = Schedule::new(GroupCommit::new(log), self.disk.clone(), random, follows);
        for _ in 0..steps {
            schedule.step()?;
        }
        let second = match end {
            GroupEnd::Closed => {
                schedule.close()?;
                None
            }
            GroupEnd::TakenOver if self.storage.fences => {
                schedule.remember_written();
                let second = self.disk.open().map_err(|error| format!("a second writer failed with {error:?}"))?;
                self.tally.takeovers += 1;
                schedule.finish()?;
                Some(second)
            }
            GroupEnd::Dropped | GroupEnd::Crashed { .. } | GroupEnd::TakenOver => None,
        };
        let closed = end == GroupEnd::Closed;
        let ended = schedule.end();
        self.notice();
        must!(ended.durable_len >= durable_before, "durable_len() went back to {}", ended.durable_len);
        let written = Written::read(&ended.live, begin)?;
        written.check(&ended.calls)?;
        self.take_on(&written, ended.durable_len, begin)?;
        for call in &ended.calls {
            self.tally.group_calls += 1;
            if let Heard::Durable(appended) = &call.heard() {
                appended.iter().for_each(|appended| self.model.acknowledge(written.end_of(appended)));
            }
        }
        if let Some(following) = &ended.following {
            self.tally.followed +=
                following.check(&self.model, ended.durable_len, closed && !ended.follower_is_gone)?;
        }
        match (second, end) {
            (Some(second), _) => {
                let opened = self.open_on(second, policy).await;
                drop(ended.tasks);
                opened
            }
            (None, GroupEnd::Crashed { seed }) => {
                self.lose_power(seed).await?;
                drop(ended.tasks);
                self.open(policy).await
            }
            (None, _) => {
                drop(ended.tasks);
                self.open(policy).await
            }
        }
    }

    /// The model takes on what the callers have written.
    fn take_on(&mut self, written: &Written, durable_len: u64, begin: u64) -> Seen {
        let highest = self.model.op_max();
        let mut commit = 0;
        for (prepare, offset) in &written.prepares {
            let mark = prepare.header().commit.get();
            must!(mark >= commit && mark < prepare.op(), "op {} says that op {mark} is durable", prepare.op());
            commit = mark;
            let mut entry = Entry::written(prepare.clone(), *offset, self.model.tip());
            must!(entry.follows, "op {} at {offset} does not follow {:?}", entry.op, self.model.tip());
            // Written again, it would be another entry.
            entry.prepare = entry.prepare.filter(|_| self.kind != Kind::Append);
            self.model.divisions.insert(entry.end());
            self.model.entries.push(entry);
            self.tally.entries += 1;
        }
        self.model.divisions.insert(begin);
        let marked = self.model.entries.iter().filter(|entry| entry.op <= commit && commit > highest);
        let claimed = marked.map(Entry::end).max().unwrap_or(0);
        must!(claimed <= durable_len, "op {commit} is said to be durable, and {durable_len} bytes are");
        self.model.acknowledge(durable_len);
        Ok(())
    }
}
