//! The one walk over a log, used by reading, validation and recovery: batches of verified entries, and the damage
//! between them.

mod damage;

use crate::chain::run::Run;
use crate::format::damage::Damage;
use crate::format::entry::AofEntry;
use crate::format::header::Header;
use crate::format::layout::{ENTRY_SIZE_MAX, ENTRY_SIZE_MIN, MAGIC};
use crate::read::batch::{Batch, Last, Stop};
use crate::read::options::{CHUNK_LEN_MAX, CHUNK_LEN_MIN, Options};
use crate::read::pace::Pace;
use crate::read::pool::Pool;
use crate::read::torn::is_torn_in_zeros;
use crate::read::window::Window;
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, IoCall, Result};
use damage::{Found, Look, is_whole, look_at};
use futures::channel::oneshot;
use std::collections::VecDeque;

pub use damage::DamagedRange;
pub(crate) use damage::{DamageAt, find_entry};

/// How often one step looks at a place that is whole at one look and not at the next.
const LOOKS_MAX: usize = 3;

/// What the walk met.
#[derive(Debug)]
pub(crate) enum Step {
    /// Entries: ask for them with [`Scan::entries`].
    Entries,
    /// Damage. Stepping again looks at the same place again; [`Scan::resync`] passes it.
    Damage(DamageAt),
    /// The end of the log. Stepping again looks for more.
    End,
}

/// A batch, and how many of its entries verified.
type Verified = (Batch, usize);

/// A batch for a thread to verify.
struct VerifyJob {
    batch: Batch,
    summarize: bool,
    done: oneshot::Sender<Verified>,
}

impl VerifyJob {
    fn run(mut self) {
        let verified = self.batch.verify(self.summarize);
        // Nobody waits any more where the walk met damage further up, or was dropped.
        let _ = self.done.send((self.batch, verified));
    }
}

#[allow(clippy::large_enum_variant, reason = "there are a handful of slots, and most of them wait")]
enum Slot {
    Verified(Verified),
    Waiting(oneshot::Receiver<Verified>),
}

/// A walk over a log.
pub(crate) struct Scan<R> {
    reader: R,
    options: Options,
    /// Whether batches are summarized.
    summarize: bool,
    /// The batch that was stepped to, and how many of its entries count.
    batch: Batch,
    verified: usize,
    /// Where the next step looks: at the end of those entries.
    next: u64,
    /// Where to read ahead; meaningful while `ahead` is not empty.
    read_next: u64,
    /// Batches that were read ahead, in order.
    ahead: VecDeque<Slot>,
    /// Reading ahead makes no sense before the next step: the end, or something suspect, was met.
    halted: bool,
    /// An error met while reading ahead, kept until what is before it is out.
    failed: Option<Error>,
    /// Nothing that begins here or later is read.
    limit: u64,
    /// How much to read at once now.
    chunk_len: usize,
    spare: Vec<Batch>,
    pool: Option<Pool<VerifyJob>>,
    /// What is at `next` is not a whole entry, as far as was seen.
    suspect: bool,
    /// What is there, once that was examined.
    damage: Option<DamageAt>,
    /// What was looked at around damage.
    window: Window,
    /// Up to here, where damage was passed not long ago, each place is looked at before much is read for it.
    cautious_until: u64,
    /// Where the bytes begin that were read without meeting damage: so much may be read ahead, and perhaps in vain.
    clean_from: u64,
    /// What the damage that was passed last begins with.
    head: Vec<u8>,
    /// Where damage was whole at a second look: it is not looked at a third time, so that the walk ends on storage whose
    /// reads differ.
    healed_at: Option<u64>,
    pace: Pace,
    /// The walk begins where the log does, which is asked at the first step.
    at_start: bool,
}

impl<R: AofRead> Scan<R> {
    pub(crate) fn new(reader: R, offset: u64, options: Options) -> Scan<R> {
        Scan {
            reader,
            options,
            summarize: false,
            batch: Batch::default(),
            verified: 0,
            next: offset,
            read_next: offset,
            ahead: VecDeque::new(),
            halted: false,
            failed: None,
            limit: u64::MAX,
            chunk_len: options.chunk_len,
            spare: Vec::new(),
            pool: None,
            suspect: false,
            damage: None,
            window: Window::default(),
            cautious_until: 0,
            clean_from: offset,
            head: Vec::new(),
            healed_at: None,
            pace: Pace::default(),
            at_start: false,
        }
    }

    /// A walk from where the log begins: a pruned one does not begin at 0.
    pub(crate) fn from_start(reader: R, options: Options) -> Scan<R> {
        Scan { at_start: true, ..Scan::new(reader, 0, options) }
    }

    /// Reads only entries that begin before `limit`; the end of the log is to be looked for by
    /// [`offset`](Scan::offset) then.
    pub(crate) fn limited(mut self, limit: u64) -> Scan<R> {
        self.limit = limit;
        self
    }

    /// Also summarizes the entries of each step: [`run`](Scan::run).
    pub(crate) fn summarizing(mut self) -> Scan<R> {
        self.summarize = true;
        self
    }

    /// What the entries of the last step say as a whole.
    pub(crate) fn run(&self) -> &Run {
        self.batch.run()
    }

    /// Where the next step looks.
    pub(crate) fn offset(&self) -> u64 {
        self.next
    }

    /// The damage that the last step met.
    pub(crate) fn damage(&self) -> Option<Damage> {
        self.damage.map(|at| at.damage)
    }

    /// The first bytes of the damage that [`resync`](Scan::resync) passed last, at most those of a header.
    pub(crate) fn damage_head(&self) -> &[u8] {
        &self.head
    }

    pub(crate) fn options(&self) -> Options {
        self.options
    }

    pub(crate) fn into_reader(self) -> R {
        self.reader
    }

    pub(crate) fn reader(&mut self) -> &mut R {
        &mut self.reader
    }

    /// Continues at `offset`, whatever was read.
    pub(crate) fn seek(&mut self, offset: u64) {
        self.at_start = false;
        self.verified = 0;
        self.next = offset;
        self.suspect = false;
        self.damage = None;
        self.cautious_until = 0;
        self.clean_from = offset;
        self.discard_ahead();
    }

    /// The entries of the last step, with their offsets.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, AofEntry<'_>)> {
        self.batch.entries(self.verified)
    }

    /// The entries of the last step, one after the other as they are in the log.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.batch.bytes(self.verified)
    }

    /// How many entries the last step met.
    pub(crate) fn entry_count(&self) -> usize {
        self.verified
    }

    /// Entry number `index` of the last step.
    pub(crate) fn entry(&self, index: usize) -> (u64, AofEntry<'_>) {
        debug_assert!(index < self.verified);
        self.batch.entry(index)
    }

    /// To the next entries, damage or end.
    ///
    /// An error leaves the walk where it is: stepping again tries again, [`seek`](Scan::seek) goes elsewhere. The same
    /// holds for a future that is dropped.
    pub(crate) async fn step(&mut self) -> Result<Step> {
        self.verified = 0;
        self.pace.rest().await;
        if self.at_start {
            let start = self.reader.start().await?;
            self.seek(start);
        }
        // A second look at the same place must see what has changed.
        if self.damage.take().is_some() || !self.is_cautious() {
            self.window.clear();
        }
        for _ in 0..LOOKS_MAX {
            let mut looked_at = None;
            if self.suspect || (self.is_cautious() && self.next < self.limit) {
                match look_at(&mut self.window, &mut self.reader, self.next).await? {
                    Look::End => return Ok(Step::End),
                    Look::Damage(damage) => {
                        self.pace.work(damage.end.map_or(ENTRY_SIZE_MIN as u64, |end| end - self.next));
                        self.suspect = true;
                        self.damage = Some(damage);
                        return Ok(Step::Damage(damage));
                    }
                    // Unless it follows damage, the log has grown meanwhile, under a reader that follows it.
                    Look::Whole(len) => {
                        self.suspect = false;
                        looked_at = self.is_cautious().then_some(len);
                    }
                }
            }
            let next = match looked_at {
                Some(len) => self.batch_of_window(len).await,
                None => self.next_batch().await,
            };
            let (batch, verified) = match next {
                Ok(verified) => verified,
                Err(error) => {
                    self.discard_ahead();
                    return Err(error);
                }
            };
            let (whole, stop) = (verified == batch.len(), batch.stop());
            let end = batch.offset_of(verified);
            self.pace.work(end - self.next);
            self.next = end;
            self.spare.push(std::mem::replace(&mut self.batch, batch));
            if !whole || stop != Stop::Boundary {
                self.discard_ahead();
                self.suspect = !whole || stop == Stop::Suspect;
            }
            if verified > 0 {
                self.verified = verified;
                if whole {
                    self.chunk_len = (self.chunk_len * 2).min(self.options.chunk_len);
                }
                return Ok(Step::Entries);
            }
            if !self.suspect {
                return Ok(Step::End);
            }
            self.window.clear();
        }
        let differs = std::io::Error::other("two reads of the same bytes differ; check the storage");
        Err(Error::io(IoCall::Read, self.next, differs))
    }

    /// The entries from here on that the window holds, the first of them `first_len` bytes long, verified.
    ///
    /// Where damage is frequent, reading them again by themselves would read much of it many times.
    async fn batch_of_window(&mut self, first_len: usize) -> Result<Verified> {
        let left = usize::try_from(self.limit.saturating_sub(self.next)).unwrap_or(usize::MAX);
        let len = first_len.max(self.chunk_len.min(left));
        // An error after the first entry is met again when its place is examined.
        let (bytes, _) = self.window.view(&mut self.reader, self.next, len).await?;
        let mut batch = self.spare.pop().unwrap_or_default();
        batch.fill_from(bytes, self.next);
        let verified = batch.verify(self.summarize);
        Ok((batch, verified))
    }

    /// The next batch in order, verified.
    async fn next_batch(&mut self) -> Result<Verified> {
        let depth = self.depth();
        while !self.halted && self.ahead.len() < depth {
            let offset = if self.ahead.is_empty() { self.next } else { self.read_next };
            let mut batch = self.spare.pop().unwrap_or_default();
            let left = usize::try_from(self.limit.saturating_sub(offset)).unwrap_or(usize::MAX);
            match batch.fill(&mut self.reader, offset, self.chunk_len.min(left), Last::Whole).await {
                Ok(()) => {}
                Err(error) => {
                    self.spare.push(batch);
                    self.halted = true;
                    self.failed = Some(error);
                    break;
                }
            }
            self.halted = batch.stop() != Stop::Boundary;
            self.read_next = batch.offset_of(batch.len());
            // A log that fits into one batch is not worth a thread.
            let slot = if depth > 1 && !(self.halted && self.ahead.is_empty()) {
                let states = vec![(); self.options.verify_threads - 1];
                let pool = self.pool.get_or_insert_with(|| Pool::new(states, |(), job: VerifyJob| job.run()));
                let (done, verified) = oneshot::channel();
                pool.submit(VerifyJob { batch, summarize: self.summarize, done });
                Slot::Waiting(verified)
            } else {
                let verified = batch.verify(self.summarize);
                Slot::Verified((batch, verified))
            };
            self.ahead.push_back(slot);
        }
        match self.ahead.front_mut() {
            Some(Slot::Waiting(waiting)) => {
                let verified = wait(waiting, self.pool.as_ref()).await;
                self.ahead.pop_front();
                verified
            }
            Some(Slot::Verified(_)) => match self.ahead.pop_front() {
                Some(Slot::Verified(verified)) => Ok(verified),
                _ => Err(lost_batch()),
            },
            None => Err(self.failed.take().unwrap_or_else(lost_batch)),
        }
    }

    /// How many batches to have under way: what was read ahead is lost where damage is met, so it is less than what was
    /// clean before it.
    fn depth(&self) -> usize {
        if self.options.verify_threads < 2 || self.chunk_len < self.options.chunk_len || self.is_cautious() {
            return 1;
        }
        let clean_chunks = (self.next - self.clean_from) / self.chunk_len as u64;
        let most = self.options.verify_threads * 2;
        usize::try_from(1 + clean_chunks / 2).map_or(most, |clean| clean.min(most))
    }

    fn discard_ahead(&mut self) {
        for slot in self.ahead.drain(..) {
            if let Slot::Verified((batch, _)) = slot {
                self.spare.push(batch);
            }
        }
        self.halted = false;
        self.failed = None;
    }

    fn is_cautious(&self) -> bool {
        self.next < self.cautious_until
    }

    /// Passes the damage that was met, to the next entry with a valid header or the end. None, and nothing is passed, where
    /// it was an entry in flight that its writer has finished by now.
    pub(crate) async fn resync(&mut self) -> Result<Option<DamagedRange>> {
        let Some(DamageAt { offset, damage, op, end: entry_end }) = self.damage else { return Ok(None) };
        self.discard_ahead();
        // It was looked at not long ago, so that it is not read again.
        let (bytes, _) = self.window.view(&mut self.reader, offset, ENTRY_SIZE_MIN).await?;
        self.head.clear();
        self.head.extend_from_slice(bytes);
        let chunk_len = self.options.chunk_len;
        let found = find_entry(&mut self.window, &mut self.reader, offset, chunk_len, &mut self.pace).await?;
        let Found { offset: end, zeros_from, at_end } = found;
        // The writer may have finished an entry while its end was looked for. What begins within the entry shows that it
        // did not, and reading each of many such entries twice would take long.
        let may_be_whole = self.healed_at != Some(offset) && entry_end.is_none_or(|entry_end| entry_end <= end);
        if may_be_whole && is_whole(&mut self.reader, offset).await {
            self.healed_at = Some(offset);
            (self.damage, self.suspect) = (None, false);
            self.window.clear();
            return Ok(None);
        }
        let zeros = zeros_from <= offset;
        let torn =
            zeros || matches!(damage, Damage::Torn { .. }) || is_torn_in_zeros(&self.head, offset, zeros_from, end);
        self.seek(end);
        self.cautious_until = end.saturating_add(ENTRY_SIZE_MAX as u64);
        self.chunk_len = CHUNK_LEN_MIN;
        Ok(Some(DamagedRange { offset, len: end - offset, damage, op, zeros, at_end, torn_end: at_end && torn }))
    }
}

fn lost_batch() -> Error {
    // A verifying thread is gone with its batch: nothing of what it read is in doubt, reading it again will do.
    Error::io(
        IoCall::Verify,
        0,
        std::io::Error::other("a verifying thread ended early; try again with `verify_threads(1)`"),
    )
}

/// Waits for a batch, and lends a hand meanwhile.
async fn wait(waiting: &mut oneshot::Receiver<Verified>, pool: Option<&Pool<VerifyJob>>) -> Result<Verified> {
    loop {
        match waiting.try_recv() {
            Ok(Some(verified)) => return Ok(verified),
            Ok(None) => {}
            Err(oneshot::Canceled) => return Err(lost_batch()),
        }
        match pool.and_then(Pool::take) {
            Some(job) => job.run(),
            None => return waiting.await.map_err(|oneshot::Canceled| lost_batch()),
        }
    }
}

const _: () = assert!(CHUNK_LEN_MAX + ENTRY_SIZE_MAX < u32::MAX as usize);
const _: () = assert!(size_of::<Header>() + MAGIC.len() == ENTRY_SIZE_MIN);
