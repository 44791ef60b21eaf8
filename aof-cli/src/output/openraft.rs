//! The records of a Raft log, as `aof-openraft` lays them out (`docs/raft.md`). The tool does not know the types of the
//! program that wrote it, so that it shows what needs none: which record, and which log id.

pub(crate) mod summary;

use aof_api::Operation;
use std::fmt;

/// A record: its name, and its log id where it has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) name: &'static str,
    pub(crate) log_id: Option<LogId<'a>>,
}

/// An index, and the leader in the bytes of the codec.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LogId<'a> {
    pub(crate) index: u64,
    leader: &'a [u8],
}

/// Reads a record; `None` where the operation is none of a Raft log.
pub(crate) fn decode(operation: Operation, body: &[u8]) -> Option<Result<Record<'_>, &'static str>> {
    let (name, log_id) = match operation.0 {
        200 => ("entry", required(body)),
        201 => ("vote", Ok(None)),
        202 => ("truncate_after", optional(body).map(|(log_id, _)| log_id)),
        203 => ("purge", required(body)),
        204 => ("committed", optional(body).map(|(log_id, _)| log_id)),
        205 => ("state", purged(body)),
        _ => return None,
    };
    let record = log_id.map(|log_id| Record { name, log_id });
    Some(record.map_err(|Short| "the body is not that of a record of aof-openraft"))
}

/// The body ends within a field, or a flag is neither 0 nor 1.
struct Short;

fn required(body: &[u8]) -> Result<Option<LogId<'_>>, Short> {
    log_id(body).map(|(log_id, _)| Some(log_id))
}

fn optional(body: &[u8]) -> Result<(Option<LogId<'_>>, &[u8]), Short> {
    match body.split_first() {
        Some((0, rest)) => Ok((None, rest)),
        Some((1, rest)) => log_id(rest).map(|(log_id, rest)| (Some(log_id), rest)),
        _ => Err(Short),
    }
}

/// What a state record says was purged: it follows the vote and what is committed.
fn purged(body: &[u8]) -> Result<Option<LogId<'_>>, Short> {
    let (len, rest) = body.split_first_chunk().ok_or(Short)?;
    let (_, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or(Short)?;
    let (_, rest) = optional(rest)?;
    optional(rest).map(|(log_id, _)| log_id)
}

fn log_id(body: &[u8]) -> Result<(LogId<'_>, &[u8]), Short> {
    let (index, rest) = body.split_first_chunk().ok_or(Short)?;
    let (len, rest) = rest.split_first_chunk().ok_or(Short)?;
    let (leader, rest) = rest.split_at_checked(u16::from_le_bytes(*len).into()).ok_or(Short)?;
    Ok((LogId { index: u64::from_le_bytes(*index), leader }, rest))
}

impl fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        let Some(log_id) = self.log_id else { return Ok(()) };
        write!(f, " index {} leader ", log_id.index)?;
        log_id.leader.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG_ID: [u8; 12] = [9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 1];

    #[test]
    fn records_are_named_with_their_log_ids() {
        let entry = [&LOG_ID[..], b"payload"].concat();
        let shown = |operation, body: &[u8]| decode(Operation(operation), body).unwrap().unwrap().to_string();
        assert_eq!(shown(200, &entry), "entry index 9 leader 0301");
        assert_eq!(shown(203, &LOG_ID), "purge index 9 leader 0301");
        assert_eq!(shown(202, &[0]), "truncate_after");
        let state = [&[1, 0, 0, 0, 7, 0, 1][..], &LOG_ID].concat();
        assert_eq!(shown(205, &state), "state index 9 leader 0301");
    }

    #[test]
    fn what_is_too_short_is_not_decoded() {
        assert!(decode(Operation(200), &LOG_ID[..11]).unwrap().is_err());
        assert!(decode(Operation(204), &[2]).unwrap().is_err());
        assert!(decode(Operation(199), &LOG_ID).is_none());
    }
}
