//! What a validation has to say: findings, which are problems, and notes, which are legal.

use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::format::header::HeaderLint;
use crate::read::unreadable::Unreadable;
use std::fmt;
use std::ops::RangeInclusive;

/// A problem in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Which of the files that were validated as one log, from 0.
    pub part: usize,
    /// Where it is, in bytes from the beginning of the part.
    pub offset: u64,
    /// The op of the entry, where one is known.
    pub op: Option<u64>,
    /// What it is.
    pub kind: FindingKind,
}

impl Finding {
    /// A finding at a place.
    #[must_use]
    pub fn new(part: usize, offset: u64, op: Option<u64>, kind: FindingKind) -> Finding {
        Finding { part, offset, op, kind }
    }
}

/// What a [`Finding`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// Bytes that are no whole entry.
    Damage {
        /// How many bytes, up to the next entry with a valid header, or to the end.
        len: u64,
        /// What is wrong at the beginning.
        damage: Damage,
        /// Whether all of them read as zeros.
        zeros: bool,
        /// Whether they are the end of the log as a crash leaves it: [`DamagedRange::torn_end`](crate::read::DamagedRange).
        torn_end: bool,
    },
    /// Bytes that the storage could not read.
    Unreadable {
        /// How many bytes were passed over.
        len: u64,
        /// What the storage said.
        message: String,
    },
    /// Entries are missing before this one.
    Gap {
        /// Their ops.
        missing: RangeInclusive<u64>,
        /// The checksum of the last of them.
        parent: Checksum,
    },
    /// The entry does not continue the chain, though its op might.
    Break {
        /// The checksum of the entry before.
        expected: Checksum,
        /// The parent that the entry names.
        found: Checksum,
    },
    /// Two entries follow one parent: two histories.
    Fork {
        /// The parent.
        parent: Checksum,
        /// The entry that was there first.
        other: Checksum,
        /// This one.
        checksum: Checksum,
    },
    /// The entry is of another cluster than the one before it: logs that are never one log.
    Cluster {
        /// The cluster of the entry before.
        expected: u128,
        /// The cluster of this entry.
        found: u128,
    },
    /// The storage recorded bytes as durable that the log does not hold: acknowledged data is lost.
    Lost {
        /// How many bytes were durable, from the beginning of the log on.
        covered: u64,
        /// The entry that ended there.
        tip: Tip,
    },
}

impl From<Unreadable> for FindingKind {
    fn from(unreadable: Unreadable) -> FindingKind {
        FindingKind::Unreadable { len: unreadable.len, message: unreadable.message() }
    }
}

impl FindingKind {
    /// Whether this is the end of a log as a crash leaves it, of which nothing says that it was acknowledged.
    #[must_use]
    pub const fn is_torn_end(&self) -> bool {
        matches!(self, FindingKind::Damage { torn_end: true, .. })
    }

    /// One word for the kind.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            FindingKind::Damage { .. } => "damage",
            FindingKind::Unreadable { .. } => "unreadable",
            FindingKind::Gap { .. } => "gap",
            FindingKind::Break { .. } => "break",
            FindingKind::Fork { .. } => "fork",
            FindingKind::Cluster { .. } => "cluster",
            FindingKind::Lost { .. } => "lost",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FindingKind::Damage { len, zeros: true, torn_end: true, .. } => write!(
                f,
                "{len} bytes that read as zeros, to the end: the file grew, and nothing says that an entry was \
                 acknowledged there"
            ),
            FindingKind::Damage { len, zeros: true, .. } => write!(f, "{len} bytes that read as zeros"),
            FindingKind::Damage { len, damage, torn_end: true, .. } => write!(
                f,
                "{damage}; {len} bytes hold no whole entry: one was begun and never finished, and nothing says that it \
                 was acknowledged"
            ),
            FindingKind::Damage { len, damage, .. } => write!(f, "{damage}; {len} bytes hold no whole entry"),
            FindingKind::Unreadable { len, message } => write!(f, "{len} bytes cannot be read: {message}"),
            FindingKind::Gap { missing, parent } => {
                let (first, last) = (missing.start(), missing.end());
                if first == last {
                    write!(f, "op {first} is missing; its checksum is {parent}")
                } else {
                    write!(f, "ops {first} to {last} are missing; the checksum of the last is {parent}")
                }
            }
            FindingKind::Break { expected, found } => {
                write!(f, "parent {found} where the entry before is {expected}")
            }
            FindingKind::Fork { parent, other, checksum } => {
                write!(f, "two histories on parent {parent}: {other} came first, this one is {checksum}")
            }
            FindingKind::Cluster { expected, found } => {
                write!(f, "cluster {found} after cluster {expected}: logs of two clusters are mixed")
            }
            FindingKind::Lost { covered, tip } => write!(
                f,
                "acknowledged data is lost: the first {covered} bytes were recorded as durable and end in op {}, {}, which \
                 is not there",
                tip.op, tip.checksum
            ),
        }
    }
}

/// Something in a log that is legal and worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// Which of the files that were validated as one log, from 0.
    pub part: usize,
    /// Where it is, in bytes from the beginning of the part.
    pub offset: u64,
    /// The op of the entry, where one is known.
    pub op: Option<u64>,
    /// What it is.
    pub kind: NoteKind,
}

impl Note {
    /// A note at a place.
    #[must_use]
    pub fn new(part: usize, offset: u64, op: Option<u64>, kind: NoteKind) -> Note {
        Note { part, offset, op, kind }
    }
}

/// What a [`Note`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteKind {
    /// The entry is in the log already: a restarted replica records again.
    Duplicate,
    /// The ops go back.
    Backtrack {
        /// The op of the entry before.
        from: u64,
    },
    /// The first entry of a file repeats the last one of the file before: a rotation.
    Seam,
    /// The parent was not seen, which is legal under [`Rule::TigerBeetle`](crate::Rule::TigerBeetle).
    ParentUnseen {
        /// The parent.
        parent: Checksum,
        /// The ops that are missing, where any are.
        missing: Option<RangeInclusive<u64>>,
    },
    /// The header breaks a rule of the format.
    Lint(HeaderLint),
    /// The parent of op 1 is not the root of the cluster.
    Root {
        /// The parent.
        parent: Checksum,
    },
    /// The entry follows the one before it, but its op is not the next one.
    OpJump {
        /// The op of the entry before.
        from: u64,
    },
    /// The lowest op is not 1: the beginning of the log is elsewhere, in a file that was rotated away for instance.
    HeadMissing {
        /// The lowest op.
        op: u64,
    },
    /// The log is being written, and its end is not there yet.
    Pending {
        /// Bytes after the last whole entry.
        len: u64,
    },
}

impl NoteKind {
    /// One word for the kind.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            NoteKind::Duplicate => "duplicate",
            NoteKind::Backtrack { .. } => "backtrack",
            NoteKind::Seam => "seam",
            NoteKind::ParentUnseen { .. } => "parent-unseen",
            NoteKind::Lint(_) => "lint",
            NoteKind::Root { .. } => "root",
            NoteKind::OpJump { .. } => "op-jump",
            NoteKind::HeadMissing { .. } => "head-missing",
            NoteKind::Pending { .. } => "pending",
        }
    }
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoteKind::Duplicate => write!(f, "recorded before"),
            NoteKind::Backtrack { from } => write!(f, "the ops go back, from {from}"),
            NoteKind::Seam => write!(f, "the last entry of the file before, repeated by a rotation"),
            NoteKind::ParentUnseen { parent, missing: Some(missing) } => {
                write!(f, "parent {parent} was not seen; ")?;
                match (missing.start(), missing.end()) {
                    (first, last) if first == last => write!(f, "op {first} is not here"),
                    (first, last) => write!(f, "ops {first} to {last} are not here"),
                }
            }
            NoteKind::ParentUnseen { parent, missing: None } => write!(f, "parent {parent} was not seen"),
            NoteKind::Lint(lint) => write!(f, "{lint}"),
            NoteKind::Root { parent } => write!(f, "parent {parent} of op 1 is not the root of its cluster"),
            NoteKind::OpJump { from } => write!(f, "the parent is right, but the op before is {from}"),
            NoteKind::HeadMissing { op } => {
                write!(f, "begins at op {op}: what came before is not in these files")
            }
            NoteKind::Pending { len } => write!(f, "{len} bytes at the end are not a whole entry yet"),
        }
    }
}
