//! The records of a Raft log, as entries of an append-only log.
//!
//! Everything that Raft must remember is a record of one log, in the order in which it happened. A conflict is a record
//! too, so nothing is ever cut and the hash chain covers the whole history.
//!
//! | operation | record | body |
//! |---|---|---|
//! | 200 | [entry](ENTRY) | log id, then the entry as the codec encodes it |
//! | 201 | [vote](VOTE) | the vote as the codec encodes it |
//! | 202 | [truncate after](TRUNCATE_AFTER) | optional log id of the last entry that stays |
//! | 203 | [purge](PURGE) | log id of the last entry that is purged; past the last entry, it is a jump |
//! | 204 | [committed](COMMITTED) | optional log id |
//! | 205 | [state](STATE) | vote length (u32, 0 where there is none), vote, optional committed, optional purged, first index (u64) |
//!
//! A log id is the index (u64), the length of the leader id (u16), and the leader id as the codec encodes it. An optional
//! log id is one byte, 0 or 1, and the log id after a 1. All integers are little-endian. Nothing follows the last field.
//! The layout of these numbers never changes: a different layout would get other operations.

mod decode;
mod encode;

pub use decode::{LogIdBytes, RecordBytes};
pub(crate) use decode::{Record, decode, decode_entry};
pub(crate) use encode::{committed, entry, purge, state, truncate_after, vote};

use aof_api::Operation;

/// An entry of the Raft log.
pub const ENTRY: Operation = Operation(200);
/// A saved vote; the last one counts.
pub const VOTE: Operation = Operation(201);
/// Entries after a log id no longer count.
pub const TRUNCATE_AFTER: Operation = Operation(202);
/// Entries up to a log id no longer count, and the log continues after it.
pub const PURGE: Operation = Operation(203);
/// The last log id that is known to be committed.
pub const COMMITTED: Operation = Operation(204);
/// Vote, committed and purged as they are here: what lets the records before be pruned.
pub const STATE: Operation = Operation(205);
