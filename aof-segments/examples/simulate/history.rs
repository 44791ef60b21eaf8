//! A random history of a log in segments, held against a model.

use crate::store::SimStore;
use aof_api::format::size_disk;
use aof_api::{Aof, AofBackend, Error, LogOptions, Operation, Result, read};
use aof_file::SyncOn;
use aof_segments::{Checkpoint, Intent, SegmentedBackend, Tuning};
use aof_testkit::Random;
use futures::FutureExt;
use futures::executor::block_on;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

type Log = Aof<SegmentedBackend<SimStore>>;

/// What a history must have done, for those who ask whether it tried anything.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) entries: u64,
    pub(crate) crashes: u64,
    pub(crate) sealed: u64,
    pub(crate) pruned: u64,
    pub(crate) cuts: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.entries += other.entries;
        self.crashes += other.crashes;
        self.sealed += other.sealed;
        self.pruned += other.pruned;
        self.cuts += other.cuts;
    }
}

struct World {
    store: SimStore,
    tuning: Tuning,
    random: Random,
    clock: Arc<AtomicU64>,
    /// The bodies in order, from op 1; those below the start, too.
    bodies: Vec<Vec<u8>>,
    acknowledged: usize,
    /// No prune went further than this op.
    pruned_to: u64,
    /// The start that a prune returned.
    start: u64,
    under_way: Vec<Checkpoint<SimStore>>,
    tally: Tally,
}

/// Plays the history of this seed.
pub(crate) fn run(seed: u64) -> Result<Tally, String> {
    let mut random = Random::new(seed);
    let segment_bytes = [1, 700, 3000][random.index(3)];
    let mut world = World {
        store: SimStore::default(),
        tuning: Tuning::new().segment_bytes(segment_bytes).sync_on(SyncOn::Caller),
        random,
        clock: Arc::new(AtomicU64::new(1)),
        bodies: Vec::new(),
        acknowledged: 0,
        pruned_to: 1,
        start: 0,
        under_way: Vec::new(),
        tally: Tally::default(),
    };
    for life in 0..4 {
        world.live().map_err(|seen| format!("in life {life}: {seen}"))?;
    }
    Ok(world.tally)
}

impl World {
    fn options(&self) -> LogOptions {
        let clock = Arc::clone(&self.clock);
        let read = read::Options::new().chunk_len(4096);
        LogOptions::new().clock(move || clock.fetch_add(1, Ordering::Relaxed)).read(read)
    }

    /// From one opening to a crash, at any call.
    fn live(&mut self) -> Result<(), String> {
        let mut log = self.open()?;
        if self.random.chance(0.9) {
            let calls = self.random.between(0, 120) as u64;
            self.store.turn_off_after(calls);
        }
        for _ in 0..self.random.between(1, 40) {
            let acted = self.act(log)?;
            match acted {
                Some(opened) => log = opened,
                // The power went.
                None => return self.crash(),
            }
        }
        drop(log);
        self.crash()
    }

    fn crash(&mut self) -> Result<(), String> {
        let seed = self.random.next_u64();
        // Some are polled after the crash, as tasks of a process that has lost its disk would be.
        let orphans = std::mem::take(&mut self.under_way);
        self.store.crash(seed);
        for orphan in orphans {
            drop(orphan.now_or_never());
        }
        self.tally.crashes += 1;
        Ok(())
    }

    /// What is acknowledged by now.
    fn note(&mut self, log: &Log) {
        let durable = log.durable_len();
        let mut end = 0;
        let covered = self.bodies.iter().take_while(|body| {
            end += size_disk(256 + body.len() as u32);
            end <= durable
        });
        self.acknowledged = self.acknowledged.max(covered.count());
    }

    /// One thing; none where the log is gone with the power.
    fn act(&mut self, mut log: Log) -> Result<Option<Log>, String> {
        let done = match self.random.below(12) {
            0..=4 => self.append(&mut log),
            5 | 6 => {
                // Everything that was called before resolves with it.
                let checkpoint = block_on(log.checkpoint()).map(|_| ());
                checkpoint.inspect(|()| self.under_way.clear())
            }
            7 => {
                let checkpoint = log.checkpoint();
                if self.random.chance(0.7) {
                    self.under_way.push(checkpoint);
                }
                Ok(())
            }
            8 => self.poll(),
            9 => {
                let op = self.random.below(self.bodies.len() as u64 + 2);
                self.pruned_to = self.pruned_to.max(op);
                block_on(log.prune(op)).map(|start| {
                    self.tally.pruned += u64::from(start > self.start);
                    self.start = start;
                })
            }
            10 => return self.reopen(log),
            _ => return self.cut(log),
        };
        self.note(&log);
        match done {
            Ok(()) => Ok(Some(log)),
            Err(_) if self.is_off() => Ok(None),
            Err(failure) => Err(format!("a failure without a fault: {failure}")),
        }
    }

    fn is_off(&self) -> bool {
        self.store.now().call().is_err()
    }

    fn append(&mut self, log: &mut Log) -> Result<()> {
        for _ in 0..self.random.between(1, 3) {
            let len = self.random.between(0, 600);
            let body = self.random.bytes(len);
            block_on(log.append(Operation(200), &body))?;
            self.bodies.push(body);
            self.tally.entries += 1;
        }
        Ok(())
    }

    fn poll(&mut self) -> Result<()> {
        if self.under_way.is_empty() {
            return Ok(());
        }
        let which = self.random.index(self.under_way.len());
        match (&mut self.under_way[which]).now_or_never() {
            None => Ok(()),
            Some(outcome) => {
                drop(self.under_way.swap_remove(which));
                outcome.map(|_| ())
            }
        }
    }

    /// Closes or drops it, and opens it again.
    fn reopen(&mut self, log: Log) -> Result<Option<Log>, String> {
        let closed = match self.random.chance(0.5) {
            true => block_on(log.close()),
            false => {
                drop(log);
                Ok(())
            }
        };
        match closed {
            Err(_) if self.is_off() => return Ok(None),
            Err(failure) => return Err(format!("a close failed without a fault: {failure}")),
            Ok(()) => self.under_way.clear(),
        }
        if self.is_off() { Ok(None) } else { self.open_or_off() }
    }

    /// Cuts the storage at an entry.
    fn cut(&mut self, log: Log) -> Result<Option<Log>, String> {
        let first = self.bodies.len().min(self.pruned_to as usize);
        let keep = self.random.between(first, self.bodies.len());
        let len: u64 = self.bodies.iter().take(keep).map(|body| size_disk(256 + body.len() as u32)).sum();
        let mut backend = log.into_inner();
        self.acknowledged = self.acknowledged.min(keep);
        let cut = block_on(backend.truncate(len));
        let closed = cut.and_then(|()| {
            self.bodies.truncate(keep);
            self.acknowledged = keep;
            self.tally.cuts += 1;
            block_on(backend.close())
        });
        drop(backend);
        self.under_way.clear();
        match closed {
            Err(_) if self.is_off() => Ok(None),
            Err(failure) => Err(format!("a cut failed without a fault: {failure}")),
            Ok(()) => self.open_or_off(),
        }
    }

    fn open_or_off(&mut self) -> Result<Option<Log>, String> {
        match self.open() {
            Ok(log) => Ok(Some(log)),
            Err(_) if self.is_off() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Opens the log, and holds it against the model.
    fn open(&mut self) -> Result<Log, String> {
        let backend = SegmentedBackend::on(self.store.now(), self.tuning, Intent::OpenOrCreate);
        let backend = backend.map_err(|failure| format!("the storage does not open: {failure}"))?;
        self.tally.sealed += backend.segments().len() as u64 - 1;
        let opened = block_on(Aof::open(backend, self.options()));
        let (mut log, recovery) = opened.map_err(|failure| format!("the log does not open: {failure}"))?;
        let found = log.tip().map_or(0, |tip| tip.op) as usize;
        if found < self.acknowledged || found > self.bodies.len() {
            let (acknowledged, all) = (self.acknowledged, self.bodies.len());
            return Err(format!("{found} entries of {all}, {acknowledged} of them acknowledged"));
        }
        if recovery.start < self.start {
            return Err(format!("the log begins at {}, and was pruned to {}", recovery.start, self.start));
        }
        self.start = recovery.start;
        self.bodies.truncate(found);
        self.check(&mut log)?;
        Ok(log)
    }

    fn check(&mut self, log: &mut Log) -> Result<(), String> {
        let seen = block_on(async {
            let (mut entries, mut seen) = (log.entries().await?, Vec::new());
            while let Some(entry) = entries.next().await? {
                seen.push((entry.op(), entry.body().to_vec()));
            }
            Ok::<_, Error>(seen)
        });
        let seen = seen.map_err(|failure| format!("reading fails: {failure}"))?;
        let first = seen.first().map_or(self.bodies.len() as u64 + 1, |(op, _)| *op);
        if !self.bodies.is_empty() && first > self.pruned_to {
            return Err(format!("the log begins with op {first}, and was pruned to {} at most", self.pruned_to));
        }
        let expected = (1..).zip(&self.bodies).skip(first as usize - 1);
        if !expected.map(|(op, body)| (op, body.clone())).eq(seen) {
            return Err("other entries than were appended".to_owned());
        }
        self.note(log);
        Ok(())
    }
}
