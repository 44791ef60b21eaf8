//! Bytes to records, in two steps: the layout, which needs no type config, and then its values.

use super::{COMMITTED, ENTRY, PURGE, STATE, TRUNCATE_AFTER, VOTE};
use crate::codec::Codec;
use crate::error::RecordError;
use aof_api::Operation;
use openraft::RaftTypeConfig;
use openraft::alias::{LogIdOf, VoteOf};

/// A log id as it is in a record: the leader id is in the bytes of a codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogIdBytes<'a> {
    /// The index in the Raft log.
    pub index: u64,
    /// The leader that proposed the entry, as the codec encoded it.
    pub leader_id: &'a [u8],
}

/// A record whose layout was read, and whose values are in the bytes of a codec: for programs that look at a log without
/// knowing its type config.
///
/// ```
/// use aof_openraft::record::{PURGE, RecordBytes};
///
/// let body = [9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 1];
/// let RecordBytes::Purge(log_id) = RecordBytes::parse(PURGE, &body)? else { unreachable!("it is a purge") };
/// assert_eq!((log_id.index, log_id.leader_id), (9, &[3, 1][..]));
/// # Ok::<(), aof_openraft::RecordError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordBytes<'a> {
    /// An entry.
    Entry {
        /// Its log id.
        log_id: LogIdBytes<'a>,
        /// The entry, as the codec encoded it.
        entry: &'a [u8],
    },
    /// A vote, as the codec encoded it.
    Vote(&'a [u8]),
    /// Entries after this log id no longer count; after `None`, there are no entries.
    TruncateAfter(Option<LogIdBytes<'a>>),
    /// Entries up to this log id no longer count.
    Purge(LogIdBytes<'a>),
    /// What is known to be committed.
    Committed(Option<LogIdBytes<'a>>),
    /// Everything but the entries, as it is here.
    State {
        /// The vote, as the codec encoded it.
        vote: Option<&'a [u8]>,
        /// What is known to be committed.
        committed: Option<LogIdBytes<'a>>,
        /// What was purged.
        purged: Option<LogIdBytes<'a>>,
        /// The first index that can be in the log.
        first_index: u64,
    },
}

impl<'a> RecordBytes<'a> {
    /// Reads the layout of the body of an entry with this operation.
    ///
    /// # Errors
    ///
    /// [`RecordError::Foreign`] for another operation than 200 to 205; [`RecordError::Layout`] where the body is not
    /// that of the record.
    pub fn parse(operation: Operation, body: &'a [u8]) -> Result<RecordBytes<'a>, RecordError> {
        let mut fields = Fields { operation, left: body };
        let record = match operation {
            ENTRY => {
                let log_id = fields.log_id()?;
                return Ok(RecordBytes::Entry { log_id, entry: fields.left });
            }
            VOTE => return Ok(RecordBytes::Vote(body)),
            TRUNCATE_AFTER => RecordBytes::TruncateAfter(fields.optional_log_id()?),
            PURGE => RecordBytes::Purge(fields.log_id()?),
            COMMITTED => RecordBytes::Committed(fields.optional_log_id()?),
            STATE => {
                let len = u32::from_le_bytes(fields.array()?) as usize;
                let vote = fields.take(len)?;
                RecordBytes::State {
                    vote: (len > 0).then_some(vote),
                    committed: fields.optional_log_id()?,
                    purged: fields.optional_log_id()?,
                    first_index: u64::from_le_bytes(fields.array()?),
                }
            }
            operation => return Err(RecordError::Foreign { operation: operation.0 }),
        };
        match fields.left.len() {
            0 => Ok(record),
            _ => Err(RecordError::Layout { operation: operation.0, what: "bytes follow its last field" }),
        }
    }
}

/// What is left of a body.
struct Fields<'a> {
    operation: Operation,
    left: &'a [u8],
}

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], RecordError> {
        match self.left.split_at_checked(len) {
            Some((taken, left)) => {
                self.left = left;
                Ok(taken)
            }
            None => Err(RecordError::Layout { operation: self.operation.0, what: "it ends within a field" }),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn log_id(&mut self) -> Result<LogIdBytes<'a>, RecordError> {
        let index = u64::from_le_bytes(self.array()?);
        let len = u16::from_le_bytes(self.array()?);
        Ok(LogIdBytes { index, leader_id: self.take(len.into())? })
    }

    fn optional_log_id(&mut self) -> Result<Option<LogIdBytes<'a>>, RecordError> {
        match self.array()? {
            [0] => Ok(None),
            [1] => self.log_id().map(Some),
            _ => Err(RecordError::Layout { operation: self.operation.0, what: "a flag is neither 0 nor 1" }),
        }
    }
}

/// A record with its values. Entries stay in their bytes: opening a log decodes no payload.
pub(crate) enum Record<C: RaftTypeConfig> {
    Entry(LogIdOf<C>),
    Vote(VoteOf<C>),
    TruncateAfter(Option<LogIdOf<C>>),
    Purge(LogIdOf<C>),
    Committed(Option<LogIdOf<C>>),
    State { vote: Option<VoteOf<C>>, committed: Option<LogIdOf<C>>, purged: Option<LogIdOf<C>> },
}

pub(crate) fn decode<C: RaftTypeConfig, K: Codec>(operation: Operation, body: &[u8]) -> Result<Record<C>, RecordError> {
    let value = |cause| RecordError::Value { operation: operation.0, cause };
    let log_id = |bytes: LogIdBytes<'_>| Ok(LogIdOf::<C>::new(K::decode(bytes.leader_id).map_err(value)?, bytes.index));
    let optional = |bytes: Option<LogIdBytes<'_>>| bytes.map(log_id).transpose();
    Ok(match RecordBytes::parse(operation, body)? {
        RecordBytes::Entry { log_id: bytes, .. } => Record::Entry(log_id(bytes)?),
        RecordBytes::Vote(bytes) => Record::Vote(K::decode(bytes).map_err(value)?),
        RecordBytes::TruncateAfter(last) => Record::TruncateAfter(optional(last)?),
        RecordBytes::Purge(bytes) => Record::Purge(log_id(bytes)?),
        RecordBytes::Committed(bytes) => Record::Committed(optional(bytes)?),
        // The first index follows from what was purged.
        RecordBytes::State { vote, committed, purged, .. } => Record::State {
            vote: vote.map(K::decode).transpose().map_err(value)?,
            committed: optional(committed)?,
            purged: optional(purged)?,
        },
    })
}

/// The entry in the body of an [`ENTRY`] record.
pub(crate) fn decode_entry<C: RaftTypeConfig, K: Codec>(body: &[u8]) -> Result<C::Entry, RecordError> {
    match RecordBytes::parse(ENTRY, body)? {
        RecordBytes::Entry { entry, .. } => {
            K::decode(entry).map_err(|cause| RecordError::Value { operation: ENTRY.0, cause })
        }
        // The operation decides the kind.
        _ => Err(RecordError::Foreign { operation: ENTRY.0 }),
    }
}
