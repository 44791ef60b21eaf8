//! Opening: what a log holds, what of it counts, and what to do with a tail that a crash has torn.

mod walk;

use crate::chain::run::Run;
use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::format::layout::MAGIC;
use crate::log::filler::Filler;
use crate::log::options::LogOptions;
use crate::read::drive::{Damaged, Visit, drive, drive_striped};
use crate::read::entries::LocatedEntry;
use crate::read::scan::DamagedRange;
use crate::read::stripes::STRIPE_LEN;
use crate::read::unreadable::Unreadable;
use crate::storage::backend::AofBackend;
use crate::storage::error::{CorruptReason, Error, Result};
use walk::Walk;

/// What an opening found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Entries that count.
    pub entries: u64,
    /// Bytes in the log now.
    pub len: u64,
    /// The last entry that counts.
    pub tip: Option<Tip>,
    /// The highest op that the log itself says was checkpointed; 0 where it does not say.
    pub acknowledged_op: u64,
    /// What was cut, under [`Tail::Truncate`](crate::Tail::Truncate).
    pub cut: Option<Cut>,
    /// Damage that stays in the log: what [`Tail::Keep`](crate::Tail::Keep) left, and torn entries that somebody appended
    /// behind, of which the chain lacks nothing. At most [`Recovery::KEPT_MAX`] are listed.
    pub kept: Vec<DamagedRange>,
    /// How many such places there are.
    pub kept_count: u64,
}

impl Recovery {
    /// How many places of damage are listed in [`kept`](Recovery::kept).
    pub const KEPT_MAX: usize = 1024;
}

/// A tail that was cut at an opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Where it began, and where the log ends now.
    pub offset: u64,
    /// How many bytes it had.
    pub len: u64,
    /// What kind of tail it was.
    pub kind: TailKind,
    /// What was wrong at its beginning.
    pub damage: Damage,
    /// Whole entries in it, which stood behind damage and were acknowledged to nobody.
    pub entries: u64,
    /// The bytes themselves, in order.
    pub pieces: Vec<CutPiece>,
}

/// What a damaged tail looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TailKind {
    /// The last entry begins well and ends early, at the end of the log or in zeros that reach further than it would.
    Torn,
    /// Nothing but zeros: the file grew, and its bytes did not come.
    Zero,
    /// Anything else: parts of an entry are missing, or whole entries stand behind damage.
    Corrupt,
}

/// A piece of what was cut.
#[derive(Clone, PartialEq, Eq)]
pub enum CutPiece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// So many zeros.
    Zeros(u64),
}

impl std::fmt::Debug for CutPiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CutPiece::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            CutPiece::Zeros(len) => write!(f, "Zeros({len})"),
        }
    }
}

/// What an opening knows besides the report.
pub(crate) struct Opened {
    pub(crate) recovery: Recovery,
    pub(crate) cluster: Option<u128>,
    /// The highest op that counts.
    pub(crate) op_max: u64,
    pub(crate) timestamp: u64,
    /// What to write before anything else.
    pub(crate) filler: Option<Filler>,
}

/// Reads a log from its beginning, decides about its tail, and does what was decided.
pub(crate) async fn recover<B: AofBackend>(backend: &mut B, options: &LogOptions) -> Result<Opened> {
    let range = backend.start().await?..backend.len();
    let mut walk = Walk::new(options);
    // To find one checksum, or what is seen under the other rules, each entry must be looked at in order.
    let in_runs = options.rule == crate::Rule::Linear && options.expected_tip.is_none();
    let end = if options.read_threads > 1 && in_runs && range.end - range.start >= 2 * STRIPE_LEN {
        let mut others = Vec::with_capacity(options.read_threads - 1);
        for _ in 1..options.read_threads {
            others.push(backend.reader().await?);
        }
        drive_striped(backend.reader().await?, others, range, options.read, &mut walk).await?
    } else {
        drive(&mut *backend, range, options.read, &mut walk).await?
    };
    walk.finish(backend, end).await
}

impl Visit for Walk<'_> {
    const TAKES_RUNS: bool = true;

    fn take_run(&mut self, run: &Run) -> bool {
        Walk::take_run(self, run)
    }

    fn take(&mut self, entry: LocatedEntry<'_>) -> Result<()> {
        Walk::take(self, entry.offset, entry.header())
    }

    fn look_ahead(&mut self, _checksums: impl Iterator<Item = Checksum>) {}

    fn damaged(&mut self, Damaged { range, entry_end, head }: Damaged<'_>) -> Result<()> {
        // Who says what was durable, knows that this is a log; but then there are entries.
        let sure = self.options.durable_len.is_some() && !range.at_end;
        if range.offset == 0 && !sure && begins_foreign(head, range.len) {
            let (damage, next) = (range.damage, range.len);
            let reason = match range.at_end {
                true => CorruptReason::NotALog(damage),
                false => CorruptReason::EntriesBehind { damage, next },
            };
            return Err(Error::Corrupt { offset: 0, reason });
        }
        self.damage(range, entry_end);
        Ok(())
    }

    fn unreadable(&mut self, unreadable: Unreadable) -> Result<()> {
        Err(unreadable.error)
    }
}

/// So many bytes of a magic are no accident.
const MAGIC_SURE: usize = 4;

/// Whether what is damaged at the beginning, `damaged_len` bytes, is of something that is no log and must not be cut to
/// nothing: a log begins with a magic, perhaps a damaged one, or with zeros, where a crash took its first sector.
fn begins_foreign(head: &[u8], damaged_len: u64) -> bool {
    let len = usize::try_from(damaged_len).map_or(MAGIC.len(), |len| len.min(MAGIC.len()));
    let start = &head[..head.len().min(len)];
    let foreign = start.iter().zip(&MAGIC).filter(|(byte, magic)| byte != magic && **byte != 0).count();
    // Behind a torn first entry that was kept, the next one begins, perhaps a damaged one.
    let begins = start.windows(MAGIC_SURE).any(|bytes| *bytes == MAGIC[..MAGIC_SURE]);
    foreign * 2 > start.len() && !begins
}
