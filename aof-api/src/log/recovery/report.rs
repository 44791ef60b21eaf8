//! What opening a log found and did.

use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::read::scan::DamagedRange;

/// What opening a log found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// Entries that count, from [`start`](Recovery::start) on, also those that were not read.
    pub entries: u64,
    /// The offset at which the log begins; above 0 where it was pruned.
    pub start: u64,
    /// The first entry that is held: its op, and the checksum of its parent, after which the log begins.
    pub first: Option<First>,
    /// The offset at which reading began; above [`start`](Recovery::start) where a note of the storage said that the
    /// entries before were verified and durable.
    pub read_from: u64,
    /// What became of the note of the storage.
    pub note: NoteFound,
    /// The offset of the end of the log now.
    pub len: u64,
    /// The last entry that counts.
    pub tip: Option<Tip>,
    /// The highest op that the log itself says was checkpointed; 0 where it does not say.
    pub acknowledged_op: u64,
    /// What was cut, under [`Tail::Truncate`](crate::Tail::Truncate).
    pub cut: Option<Cut>,
    /// Damage that stays in the log: what [`Tail::Keep`](crate::Tail::Keep) left, and torn entries after which somebody
    /// appended, of which the chain lacks nothing. At most [`Recovery::KEPT_MAX`] are listed.
    pub kept: Vec<DamagedRange>,
    /// How many such places there are.
    pub kept_count: u64,
}

/// Where a log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct First {
    /// The op of its first entry.
    pub op: u64,
    /// The checksum of that entry's parent.
    pub parent: Checksum,
}

/// What opening a log found of a note that the storage kept with a checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoteFound {
    /// The storage has none.
    #[default]
    None,
    /// It is whole, and the log holds what it says.
    Intact,
    /// It is damaged, or not about this place of the log: it claims nothing.
    Damaged,
    /// It was not looked at: [`LogOptions::ignore_note`](crate::LogOptions::ignore_note).
    Ignored,
}

impl Recovery {
    /// How many bytes were cut that are not zeros: 0 where only space allocated ahead was.
    #[must_use]
    pub fn lost_bytes(&self) -> u64 {
        let pieces = self.cut.iter().flat_map(|cut| &cut.pieces);
        let lens = pieces.map(|piece| match piece {
            CutPiece::Bytes(bytes) => bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1),
            CutPiece::Zeros(_) => 0,
        });
        lens.sum()
    }

    /// How many places of damage are listed in [`kept`](Recovery::kept).
    pub const KEPT_MAX: usize = 1024;
}

/// A tail that was cut when the log was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cut {
    /// Where it began, and where the log ends now.
    pub offset: u64,
    /// How many bytes it had.
    pub len: u64,
    /// What kind of tail it was.
    pub kind: TailKind,
    /// What was wrong at its beginning.
    pub damage: Damage,
    /// Whole entries in it, which follow damage and are unacknowledged.
    pub entries: u64,
    /// The bytes themselves, in order.
    pub pieces: Vec<CutPiece>,
}

/// What a damaged tail looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TailKind {
    /// The last entry begins well and ends early, at the end of the log or in zeros that reach further than it would.
    Torn,
    /// Nothing but zeros: the file grew, and its bytes did not come.
    Zero,
    /// Anything else: parts of an entry are missing, or whole entries follow damage.
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
