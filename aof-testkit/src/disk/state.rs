//! What all clones of a disk, its backends, readers and checkpoints share.

use super::images::Images;
use super::options::{Defect, Options};
use super::reader::dead;
use super::retention::Retention;
use super::under_way::Job;
use crate::random::{Random, mix};
use crate::suite::capabilities::Notes;
use crate::wrap::call::Call;
use aof_api::Error;
use aof_api::storage::extent::Settler;
use std::collections::VecDeque;
use std::task::Waker;

/// The state of a disk.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) images: Images,
    /// Where the log ends: bytes after it are those of a write that failed.
    len: u64,
    /// Readers without a writer of their own, which wait for a change.
    watchers: Vec<Waker>,
    /// The checkpoints under way, the first of which is being synced.
    pub(super) jobs: VecDeque<Job>,
    /// The first offset that is held, and, until that is durable, the one before.
    pub(crate) start: u64,
    pub(super) start_before: Option<u64>,
    /// The ends of durable checkpoints that carried a note: where the log may be divided.
    pub(super) divisions: Vec<u64>,
    /// The notes that were kept, in order, with what each covers.
    pub(super) notes: Vec<(u64, Vec<u8>)>,
    /// The ends of the writes, where a crash keeps whole ones.
    pub(super) writes: Vec<u64>,
    /// Counts power losses: what was opened before the last one is gone.
    pub(super) lifetime: u64,
    /// The number of the opening that holds the lock, and how its readers hear that the power went, or the log.
    pub(crate) writer: Option<u64>,
    settler: Option<Settler>,
    openings: u64,
    /// Chooses which notes are kept.
    random: Random,
}

impl State {
    pub(super) fn new(bytes: Vec<u8>) -> State {
        State {
            len: bytes.len() as u64,
            watchers: Vec::new(),
            images: Images::new(bytes),
            jobs: VecDeque::new(),
            start: 0,
            start_before: None,
            divisions: Vec::new(),
            notes: Vec::new(),
            writes: Vec::new(),
            lifetime: 0,
            writer: None,
            settler: None,
            openings: 0,
            random: Random::new(0),
        }
    }

    /// Takes the lock, unless it is taken, or takes the log over. Shows what is really on the disk. Returns the number of
    /// the opening.
    pub(super) fn open(&mut self, seed: u64, options: &Options) -> Option<u64> {
        if self.writer.is_some() && !options.fences {
            return None;
        }
        if let Some(settler) = self.writer.take().and(self.settler.take()) {
            let fenced = settler.fence("the simulated disk");
            self.end_all(&fenced);
            // Some of the last writes of the other one were on their way, and come too late. Which, differs with the length
            // too: a plan without faults has one seed.
            let on_their_way = Retention::Random(seed ^ mix(self.images.live.len() as u64));
            self.images.crash(self.whole_writes(on_their_way));
        }
        self.images.reopen();
        self.set_len(self.images.live.len() as u64);
        self.writes.retain(|end| *end <= self.len);
        self.settle_start();
        self.random = Random::new(seed);
        self.openings += 1;
        self.writer = Some(self.openings);
        Some(self.openings)
    }

    /// Remembers whom to tell that the power went, or that another writer took over.
    pub(super) fn opened(&mut self, settler: Settler) {
        self.settler = Some(settler);
    }

    /// Where the log ends.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Says where the log ends now.
    pub(super) fn set_len(&mut self, len: u64) {
        self.len = len;
        self.watchers.drain(..).for_each(Waker::wake);
    }

    /// Wakes this task at the next change of the end.
    pub(super) fn watch(&mut self, waker: &Waker) {
        self.watchers.push(waker.clone());
    }

    /// The newest note.
    pub(super) fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.notes.last().cloned()
    }

    /// Keeps the note of a checkpoint that is durable, or does not, as the options say.
    pub(super) fn keep_note(&mut self, covered: u64, note: &[u8], options: &Options) {
        if note.is_empty() {
            return;
        }
        self.divisions.push(covered);
        let keeps = match options.notes {
            Notes::None => false,
            Notes::Some => self.random.chance(0.5),
            Notes::Every => true,
        };
        if keeps {
            self.notes.push((covered, note.to_vec()));
        }
    }

    /// Forgets what is known of the bytes from `len` on, durably, before they are cut.
    pub(super) fn forget_above(&mut self, len: u64, options: &Options) {
        self.divisions.retain(|division| *division <= len);
        self.writes.retain(|end| *end <= len);
        if !options.has(Defect::TruncateKeepsTheNote) {
            self.notes.retain(|(covered, _)| *covered <= len);
        }
    }

    /// How many steps a sync takes before the one that settles it.
    pub(super) fn draw_steps(&mut self, options: &Options) -> u32 {
        self.random.between(0, options.sync_steps) as u32
    }

    /// The start that a prune to `to` makes, of a log of which `durable` bytes are durable.
    pub(super) fn start_after(&mut self, to: u64, durable: u64, options: &Options) -> u64 {
        if options.has(Defect::PruneCutsAnywhere) || options.has(Defect::PruneForgetsTheLastWrite) && to == durable {
            return to;
        }
        // The byte before the durable end stays, and with it the whole write.
        let fit = self.divisions.iter().copied().filter(|end| *end <= to && *end < durable && *end > self.start);
        let mut ends: Vec<_> = fit.collect();
        // Sometimes less is given back than could be.
        if ends.len() > 1 && self.random.chance(0.2) {
            ends.truncate(self.random.between(1, ends.len() - 1));
        }
        ends.last().copied().unwrap_or(self.start)
    }

    /// Records the new start. Until [`settle_start`](State::settle_start) a crash may bring the old one back.
    pub(super) fn record_start(&mut self, start: u64, options: &Options) {
        if options.has(Defect::PruneRemovesBeforeItRecords) {
            self.images.give_back(self.start, start);
        }
        self.start_before.get_or_insert(self.start);
        self.start = start;
        self.watchers.drain(..).for_each(Waker::wake);
    }

    /// Makes the start durable, and gives back what is below.
    pub(super) fn settle_start(&mut self) {
        self.start_before = None;
        self.images.give_back(0, self.start);
        // What was kept with bytes that are gone is gone with them.
        let start = self.start;
        self.notes.retain(|(covered, _)| *covered >= start);
    }

    /// Loses power.
    pub(super) fn crash(&mut self, retention: Retention, options: &Options) {
        match retention {
            Retention::Random(seed) => self.settle_unseen(&mut Random::new(seed ^ 0xdead), options),
            _ => self.start = self.start_before.unwrap_or(self.start),
        }
        self.start_before = None;
        let gone = dead(Call::Checkpoint, 0);
        if let Some(settler) = self.settler.take() {
            settler.poison(&gone);
        }
        self.jobs.drain(..).for_each(|job| drop(job.outcome.set(Err(gone.clone()))));
        let retention = if options.truncates { retention } else { self.whole_writes(retention) };
        self.images.crash(retention);
        self.set_len(self.images.live.len() as u64);
        self.writes.retain(|end| *end <= self.len);
        self.lifetime += 1;
        self.writer = None;
    }

    /// A sync may be done, and a start recorded, before any call has returned it.
    fn settle_unseen(&mut self, random: &mut Random, options: &Options) {
        self.random = Random::new(random.split());
        while !self.jobs.is_empty() && random.chance(0.3) {
            if let Some(job) = self.jobs.pop_front() {
                self.make_durable(&job, options);
                let _ = job.outcome.set(Err(dead(Call::Checkpoint, 0)));
            }
        }
        let Some(before) = self.start_before.take() else { return };
        let between: Vec<_> =
            self.divisions.iter().copied().filter(|end| (before..=self.start).contains(end)).chain([before]).collect();
        self.start = between[random.index(between.len())];
    }

    /// What this retention keeps where only whole writes survive, in their order.
    pub(super) fn whole_writes(&self, retention: Retention) -> Retention {
        let durable = self.images.durable().len() as u64;
        let later: Vec<_> = self.writes.iter().copied().filter(|end| *end > durable).collect();
        let kept = match retention {
            Retention::All => later.len(),
            Retention::Random(seed) | Retention::Sectors(seed) => Random::new(seed).index(later.len() + 1),
            Retention::Prefix(len) => later.iter().filter(|end| **end - durable <= len as u64).count(),
            Retention::None | Retention::Length => 0,
        };
        let end = kept.checked_sub(1).map_or(durable, |last| later[last]);
        Retention::Prefix((end - durable) as usize)
    }

    /// The error of everything that was opened before the power went.
    pub(super) fn check_alive(&self, lifetime: u64, call: Call, offset: u64) -> Result<(), Error> {
        if self.lifetime == lifetime { Ok(()) } else { Err(dead(call, offset)) }
    }
}
