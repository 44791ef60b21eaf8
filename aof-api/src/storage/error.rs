//! One error type, sorted by what the caller does next.

mod class;
mod corrupt;
mod io_call;
mod quantity;

pub use class::ErrorClass;
pub use corrupt::CorruptReason;
pub use io_call::IoCall;
pub use quantity::Quantity;

use crate::format::appended::Appended;
use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::format::header::HeaderLint;
use crate::format::layout::BODY_SIZE_MAX;
use crate::format::prepare::BodyTooLarge;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The result of every fallible call of the project.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call did not do what it was asked.
///
/// Cloneable, because everybody who waited for a failed checkpoint hears of it. [`class`](Error::class) says what to do
/// next; no behaviour depends on the text.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The storage returned an error.
    #[error("{call}{} at offset {offset} failed: {source}", of(path.as_deref()))]
    Io {
        /// What was tried.
        call: IoCall,
        /// The file or object, where the storage has one.
        path: Option<Arc<Path>>,
        /// The byte offset in the log at which it was tried.
        offset: u64,
        /// What the operating system or the storage reported.
        source: Arc<io::Error>,
    },

    /// An earlier failure left the storage in a state that only opening it again can find out.
    #[error(
        "the log takes no more writes after an earlier failure ({cause}): close it and open it again, which reads what is really there"
    )]
    Poisoned {
        /// The failure that poisoned the backend.
        cause: Arc<Error>,
    },

    /// Foreign code (a clock, a closure, a backend) panicked inside a call of the log.
    #[error("foreign code panicked inside the log: {message}")]
    Panicked {
        /// What the panic said.
        message: Arc<str>,
    },

    /// An entry was written, and whether it is durable is not known.
    #[error("op {} at offset {} was written, but making it durable failed: {cause}", appended.op, appended.offset)]
    Undecided {
        /// The entry.
        appended: Appended,
        /// The failure.
        cause: Arc<Error>,
    },

    /// The backend, or the writer of this reader, was closed.
    #[error("the log is closed")]
    Closed,

    /// A closure that was lent the log awaits the handle that lent it, which would wait for itself. Nothing was done.
    #[error("the log is lent to a closure that awaits the handle it came from: use the log that the closure was given")]
    Lent,

    /// A closure that was lent the log left another one in its place. Both are closed.
    #[error("a closure that was lent the log left another log in its place: open the log again")]
    Replaced,

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
    UnflushedMax {
        /// Bytes written since the last checkpoint.
        unflushed: u64,
        /// Bytes that the call wanted to append.
        needed: u64,
        /// The bound, in bytes.
        limit: u64,
    },

    /// A storage must be durable up to its end for this, and is not; nothing was changed. Checkpoint, then try again.
    #[error("the last {unflushed} bytes of the log are not durable: checkpoint first")]
    Unflushed {
        /// Bytes that are not durable.
        unflushed: u64,
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
        "{what} no longer names this log: it was moved, removed or replaced; the written bytes are durable under its new name"
    )]
    Moved {
        /// The name, a path for instance.
        what: String,
    },

    /// A size is above its limit; nothing was written.
    #[error("{what} of {size} bytes is above the limit of {limit} bytes")]
    TooLarge {
        /// What is too large.
        what: Quantity,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },

    /// A log has more different entries than can be remembered under this rule.
    #[error(
        "{count} different entries are more than the limit of {limit} that this rule can remember: use the rule linear"
    )]
    TooManyEntries {
        /// How many there are at least.
        count: u64,
        /// The limit.
        limit: u64,
    },

    /// An offset outside of what the call can work on; nothing was changed.
    #[error("offset {offset} is past the end of the log ({len} bytes)")]
    OutOfBounds {
        /// The offset that was given.
        offset: u64,
        /// The highest that is possible: the length of the log, or of its durable part.
        len: u64,
    },

    /// A new log was to be made where there is one already.
    #[error("cannot create a log here: it holds {len} bytes already; open it instead, or choose another place")]
    NotEmpty {
        /// The offset of its end.
        len: u64,
    },

    /// An entry, or a whole log, belongs to another cluster.
    #[error("expected cluster {expected}, found {found}")]
    WrongCluster {
        /// The cluster of the log, or the one that was asked for.
        expected: u128,
        /// The cluster that was found.
        found: u128,
    },

    /// No log records this operation.
    #[error(
        "operation {operation} cannot be appended: the operations 0 (reserved) and 1 (root) are never in a log; use a number from 128 up for your own"
    )]
    Reserved {
        /// The operation.
        operation: u8,
    },

    /// A prepare of op 0, which is the root and is never in a log.
    #[error("op 0 is the root of a cluster, which no log records: give the first entry op 1")]
    RootOp,

    /// The log ends in the highest op there can be.
    #[error("the log ends in op {}, the highest that there is: nothing can be appended", u64::MAX)]
    OpsExhausted,

    /// The fields that were given for an entry break a rule of the format; nothing was written.
    #[error("the entry would break a rule of the format: {lint}")]
    BadMeta {
        /// The rule.
        lint: HeaderLint,
    },

    /// The storage cannot do this, and never will.
    #[error("{what} is not supported by this storage")]
    Unsupported {
        /// What was asked for, in words for a person.
        what: &'static str,
    },

    /// The log was cut at or below the place of this reader after it was made. Make a new reader.
    #[error("the log was truncated to {len} bytes after this reader was made, which is at {offset}: make a new reader")]
    Truncated {
        /// Where the reader is.
        offset: u64,
        /// Where the log was cut.
        len: u64,
    },

    /// The bytes asked for were pruned: the log begins later.
    #[error("the log was pruned and begins at offset {start}: read from there, or from a copy that goes further back")]
    Pruned {
        /// The first offset that is held.
        start: u64,
    },

    /// A follower lags too far to be served from the log. Make a new one.
    #[error(
        "the log was rotated too often since this follower read it: make a new one, from the archived files if need be"
    )]
    Lagged,

    /// The bytes at `offset` are not what was written there.
    #[error("at offset {offset}: {reason}")]
    Corrupt {
        /// Where the damage begins.
        offset: u64,
        /// What is wrong, and why it was not passed over.
        reason: CorruptReason,
    },

    /// The storage lost a part of the log, a file of a directory for instance. Nothing was changed.
    #[error("{what} is missing or cut short, and with it bytes {from} to {} of the log: restore it from another copy", to.map_or_else(|| "the end".to_owned(), |to| to.to_string()))]
    Missing {
        /// What is missing, by the name that it had: a path for instance.
        what: String,
        /// The offset in the log of the first byte that is missing.
        from: u64,
        /// The offset of the first byte after it that is there; none where nothing is.
        to: Option<u64>,
    },

    /// The log does not end in, or does not hold, the checksum that was expected.
    #[error("the log does not contain the expected checksum {expected} ({})", last(*.found))]
    ChecksumMismatch {
        /// The checksum that was given.
        expected: Checksum,
        /// The checksum of the last entry; none where the log is empty.
        found: Option<Checksum>,
    },

    /// A pruned log does not hold the checksum that was expected, which may have been before its start.
    #[error(
        "the log does not contain the expected checksum {expected}: it was pruned and begins at offset {start}, so the entry may have been pruned"
    )]
    MaybePruned {
        /// The checksum that was given.
        expected: Checksum,
        /// The first offset that is held.
        start: u64,
    },

    /// A durable note of the storage names an entry that the log does not hold: acknowledged data is lost.
    #[error(
        "the storage recorded that the first {covered} bytes are durable and end in the entry {expected}, which the log does not contain ({}): restore it from another copy, or open it with `LogOptions::ignore_note`",
        last(*.found)
    )]
    NoteTipMissing {
        /// The checksum that the note names.
        expected: Checksum,
        /// How many bytes the note says were durable.
        covered: u64,
        /// The checksum of the last entry; none where the log is empty.
        found: Option<Checksum>,
    },

    /// An entry does not continue the chain.
    #[error("the chain breaks at offset {offset}: op {op} names {found} as its parent, expected {}", describe(*.expected))]
    ChainBroken {
        /// Where the entry is.
        offset: u64,
        /// The op of the entry.
        op: u64,
        /// The parent that would have continued the chain, where there is one such.
        expected: Option<Checksum>,
        /// The parent that the entry names.
        found: Checksum,
    },

    /// Two entries follow one parent, or an append would make a second one.
    #[error("op {op} forks the chain: another entry already follows parent {parent}; choose one branch")]
    Forked {
        /// Where the second history begins.
        offset: u64,
        /// The op at which the histories part.
        op: u64,
        /// The checksum of the parent of both.
        parent: Checksum,
    },
}

fn describe(checksum: Option<Checksum>) -> String {
    checksum.map_or_else(|| "none".to_owned(), |checksum| checksum.to_string())
}

fn last(checksum: Option<Checksum>) -> String {
    checksum.map_or_else(|| "the log is empty".to_owned(), |checksum| format!("its last entry is {checksum}"))
}

fn of(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| format!(" {}", path.display()))
}

impl From<BodyTooLarge> for Error {
    fn from(BodyTooLarge { size }: BodyTooLarge) -> Error {
        Error::TooLarge { what: Quantity::Body, size, limit: BODY_SIZE_MAX.into() }
    }
}

impl Error {
    /// An [`Error::Io`] without a path.
    pub fn io(call: IoCall, offset: u64, source: io::Error) -> Error {
        Error::Io { call, path: None, offset, source: Arc::new(source) }
    }

    /// An [`Error::Io`] on `path`.
    pub fn io_at(call: IoCall, path: &Path, offset: u64, source: io::Error) -> Error {
        Error::Io { call, path: Some(path.into()), offset, source: Arc::new(source) }
    }

    /// The [`Error::Poisoned`] that every call after this failure returns. Poison is not poisoned again.
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
