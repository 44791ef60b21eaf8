//! One error type, sorted by what the caller does next.

use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::merge::Unmergeable;
use std::io;
use std::sync::Arc;

/// What every fallible call of the project answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call did not do what it was asked.
///
/// Cloneable, because one failed checkpoint is heard by everyone who waited for it.
///
/// | what to do next | variants |
/// |---|---|
/// | mend the machine, then open the log anew | [`Io`](Error::Io), [`Poisoned`](Error::Poisoned), [`Closed`](Error::Closed) |
/// | make room, the log goes on | [`Full`](Error::Full), [`Unflushed`](Error::Unflushed) |
/// | find the other owner | [`Locked`](Error::Locked), [`Fenced`](Error::Fenced), [`Moved`](Error::Moved) |
/// | change the call | [`TooLarge`](Error::TooLarge), [`OutOfBounds`](Error::OutOfBounds), [`NotEmpty`](Error::NotEmpty), [`Differs`](Error::Differs), [`WrongCluster`](Error::WrongCluster), [`Reserved`](Error::Reserved), [`Unsupported`](Error::Unsupported), [`Truncated`](Error::Truncated) |
/// | look at the data: `aof validate`, another copy | [`Corrupt`](Error::Corrupt), [`ChecksumMismatch`](Error::ChecksumMismatch), [`ChainBroken`](Error::ChainBroken), [`Forked`](Error::Forked), [`Unmergeable`](Error::Unmergeable) |
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The storage answered an error.
    #[error("{operation} at offset {offset} failed: {source}")]
    Io {
        /// What was tried: a verb, `read` or `sync` for instance.
        operation: &'static str,
        /// The byte offset in the log at which it was tried.
        offset: u64,
        /// What the operating system or the storage said.
        source: Arc<io::Error>,
    },

    /// An earlier failure left the storage in a state that only a new opening can find out.
    #[error(
        "the log takes no more writes after an earlier failure ({cause}): close it and open it anew, which reads what is really there"
    )]
    Poisoned {
        /// The failure that poisoned the backend.
        cause: Arc<Error>,
    },

    /// The backend was closed.
    #[error("the log is closed")]
    Closed,

    /// There is no room; nothing was appended, and reads and checkpoints still work.
    #[error("no room: {needed} bytes are needed, {available} are free")]
    Full {
        /// Bytes that the call wanted to append.
        needed: u64,
        /// Bytes that were free, as far as the storage knows.
        available: u64,
    },

    /// The bound on bytes that are not durable yet would be passed; nothing was appended. Checkpoint, then try again.
    #[error(
        "{unflushed} bytes are not durable yet and {needed} more would pass the bound of {limit}: checkpoint first"
    )]
    Unflushed {
        /// Bytes written since the last checkpoint.
        unflushed: u64,
        /// Bytes that the call wanted to append.
        needed: u64,
        /// The bound, in bytes.
        limit: u64,
    },

    /// Another writer holds the log.
    #[error(
        "{what} is held by another writer: one log has one writer; close the other one first (reading works beside it)"
    )]
    Locked {
        /// What is held, a path for instance.
        what: String,
    },

    /// A later writer took the log over; this one can never write again.
    #[error("another writer took over {what}: this one has been fenced off and cannot write any more")]
    Fenced {
        /// What was taken over.
        what: String,
    },

    /// The bytes are durable, but the name under which the log was opened now means something else.
    #[error(
        "{what} no longer names this log: it was moved, removed or replaced; what was written is durable under its new name"
    )]
    Moved {
        /// The name, a path for instance.
        what: String,
    },

    /// A size is above its limit; nothing was written.
    #[error("{what} of {size} bytes is above the limit of {limit} bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },

    /// An offset behind the end where only the log itself will do.
    #[error("offset {offset} is behind the end of the log at {len}")]
    OutOfBounds {
        /// The offset that was given.
        offset: u64,
        /// The length of the log.
        len: u64,
    },

    /// A new log was to be made where one is already.
    #[error("cannot create a log here: {len} bytes are there already; open it instead, or choose another place")]
    NotEmpty {
        /// Bytes that are there.
        len: u64,
    },

    /// An entry, or a whole log, belongs to another cluster.
    #[error("cluster {found} where {expected} was expected")]
    WrongCluster {
        /// The cluster of the log, or the one that was asked for.
        expected: u128,
        /// The cluster that was found.
        found: u128,
    },

    /// This never stands in a log: operation 0 (reserved), operation 1 (root), and op 0, which is the root.
    #[error(
        "operation {operation} cannot be appended: op 0 and the operations 0 (reserved) and 1 (root) never stand in a log; use a number from 128 up for your own"
    )]
    Reserved {
        /// The operation.
        operation: u8,
    },

    /// The storage cannot do this, and never will.
    #[error("{what} is not supported by this storage")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },

    /// The log was cut after this reader was made, and the reader stands above the cut. Make a new reader.
    #[error(
        "the log was truncated to {len} bytes after this reader was made, which stands at {offset}: make a new reader"
    )]
    Truncated {
        /// Where the reader stands.
        offset: u64,
        /// Where the log was cut.
        len: u64,
    },

    /// The destination of a copy holds something else than the beginning of the source; nothing in it was changed.
    #[error(
        "the destination is no beginning of the source: they differ at offset {offset}; nothing was changed, choose another destination"
    )]
    Differs {
        /// The first byte that differs, or that only the destination has.
        offset: u64,
    },

    /// The bytes at `offset` are not what was written there.
    #[error("at offset {offset}: {reason}")]
    Corrupt {
        /// Where the damage begins.
        offset: u64,
        /// What is wrong, and why it was not passed over.
        reason: CorruptReason,
    },

    /// The log does not end in, or does not hold, the checksum that was expected.
    #[error("expected checksum {expected} is not there: the last one is {}", describe(*.found))]
    ChecksumMismatch {
        /// The checksum that was given.
        expected: Checksum,
        /// The checksum of the last entry; none where the log is empty.
        found: Option<Checksum>,
    },

    /// An entry does not continue the chain.
    #[error("the chain breaks at offset {offset}: op {op} names {found} as its parent, {} was expected", describe(*.expected))]
    ChainBroken {
        /// Where the entry stands.
        offset: u64,
        /// The op of the entry.
        op: u64,
        /// The parent that would have continued the chain, where there is one such.
        expected: Option<Checksum>,
        /// The parent that the entry names.
        found: Checksum,
    },

    /// Two histories stand on one parent, or an append would begin a second one.
    #[error(
        "op {op} would be, or is, a second history: another entry already stands on parent {parent}; one of them must be chosen"
    )]
    Forked {
        /// Where the second history begins.
        offset: u64,
        /// The op at which the histories part.
        op: u64,
        /// The checksum on which both stand.
        parent: Checksum,
    },

    /// Logs cannot be merged as they were asked to be; nothing was written.
    #[error("{reason}")]
    Unmergeable {
        /// Why not, and what to choose.
        reason: Arc<Unmergeable>,
    },
}

fn describe(checksum: Option<Checksum>) -> String {
    checksum.map_or_else(|| "none".to_owned(), |checksum| checksum.to_string())
}

impl Error {
    /// An [`Error::Io`].
    pub fn io(operation: &'static str, offset: u64, source: io::Error) -> Error {
        Error::Io { operation, offset, source: Arc::new(source) }
    }

    /// The [`Error::Poisoned`] that every call after this failure answers. Poison is not poisoned again.
    #[must_use]
    pub fn poison(&self) -> Error {
        match self {
            Error::Poisoned { .. } => self.clone(),
            cause => Error::Poisoned { cause: Arc::new(cause.clone()) },
        }
    }

    /// An [`Error::Corrupt`] for damage that a reader met.
    #[must_use]
    pub fn damaged(offset: u64, damage: Damage) -> Error {
        Error::Corrupt { offset, reason: CorruptReason::Damaged(damage) }
    }
}

/// What is wrong with the bytes of a log, and, where an opening was refused, why it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CorruptReason {
    /// A reader met damage; what is behind it may be whole (resync).
    #[error("{0}")]
    Damaged(Damage),
    /// The file does not begin like a log, so nothing of it was touched.
    #[error("{0}: this is not a log, and nothing in it was changed")]
    NotALog(Damage),
    /// A later entry says that the damaged op had been checkpointed: acknowledged data is lost.
    #[error(
        "{damage}: op {op} was acknowledged (a later entry records a checkpoint of op {acknowledged}) and is lost here; restore it from another copy of the log"
    )]
    Acknowledged {
        /// What is wrong with the bytes.
        damage: Damage,
        /// The first op that is lost.
        op: u64,
        /// The highest op that is known to have been checkpointed.
        acknowledged: u64,
    },
    /// The caller said that these bytes were durable.
    #[error(
        "{damage}: the first {durable_len} bytes were durable, and this is one of them; restore the log from another copy"
    )]
    Durable {
        /// What is wrong with the bytes.
        damage: Damage,
        /// What the caller gave as durable, in bytes.
        durable_len: u64,
    },
    /// Valid entries stand behind the damage, and the log does not say what had been checkpointed.
    #[error(
        "{damage}, and valid entries stand behind it, the first at offset {next}: nothing says what of it had been checkpointed; say so with `durable_len`, say with `Tail::Keep` that torn entries were kept, or restore the log from another copy"
    )]
    EntriesBehind {
        /// What is wrong with the bytes.
        damage: Damage,
        /// Where the first valid entry behind the damage stands.
        next: u64,
    },
    /// The caller asked for a log without a damaged tail, or with a torn one at most.
    #[error(
        "{damage}: the tail policy does not allow to cut this ({} before it, {} behind it)",
        whole_entries(*.entries), whole_entries(*.entries_behind)
    )]
    TailRefused {
        /// What is wrong with the bytes.
        damage: Damage,
        /// Whole entries before the damage, which a cut keeps.
        entries: u64,
        /// Whole entries behind the damage, which a cut takes.
        entries_behind: u64,
    },
    /// Under [`Tail::Keep`](crate::Tail::Keep), whatever is written behind the torn tail makes some entry in it whole:
    /// somebody has made bodies for that. Open it with a policy that cuts.
    #[error(
        "{0}: this tail was made so that nothing can be written behind it; open the log with a policy that cuts it"
    )]
    TailForged(Damage),
}

fn whole_entries(count: u64) -> String {
    format!("{count} whole {}", if count == 1 { "entry" } else { "entries" })
}

impl CorruptReason {
    /// What is wrong with the bytes.
    #[must_use]
    pub fn damage(&self) -> Damage {
        match *self {
            CorruptReason::Damaged(damage) | CorruptReason::NotALog(damage) | CorruptReason::TailForged(damage) => {
                damage
            }
            CorruptReason::TailRefused { damage, .. }
            | CorruptReason::Acknowledged { damage, .. }
            | CorruptReason::Durable { damage, .. }
            | CorruptReason::EntriesBehind { damage, .. } => damage,
        }
    }
}
