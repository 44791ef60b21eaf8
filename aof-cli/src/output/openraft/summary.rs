//! What a Raft log holds after its last record.

use super::{LogId, Short, log_id, optional};
use aof_api::Operation;
use std::fmt;

/// The names of the records, in the order of their operations.
const NAMES: [&str; 6] = ["entry", "vote", "truncate_after", "purge", "committed", "state"];

/// The operation of the first one.
const FIRST: u8 = 200;

/// The name of a record.
pub(crate) fn name(operation: Operation) -> Option<&'static str> {
    NAMES.get(usize::from(operation.0.checked_sub(FIRST)?)).copied()
}

/// Vote, last log id, committed and purged, as the records up to here say.
#[derive(Default)]
pub(crate) struct Summary {
    /// The vote, in the bytes of the codec.
    pub(crate) vote: Option<Vec<u8>>,
    pub(crate) last: Option<OwnedLogId>,
    pub(crate) committed: Option<OwnedLogId>,
    pub(crate) purged: Option<OwnedLogId>,
    /// Records whose body is not that of one.
    pub(crate) not_decoded: u64,
}

/// An index, and the leader in the bytes of the codec.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OwnedLogId {
    pub(crate) index: u64,
    pub(crate) leader: Vec<u8>,
}

impl From<LogId<'_>> for OwnedLogId {
    fn from(log_id: LogId<'_>) -> OwnedLogId {
        OwnedLogId { index: log_id.index, leader: log_id.leader.to_vec() }
    }
}

impl fmt::Display for OwnedLogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "index {} leader {}", self.index, hex(&self.leader))
    }
}

impl Summary {
    /// Takes the next record; nothing changes where the operation is none of a Raft log.
    pub(crate) fn add(&mut self, operation: Operation, body: &[u8]) {
        if name(operation).is_some() && self.take(operation, body).is_err() {
            self.not_decoded += 1;
        }
    }

    fn take(&mut self, operation: Operation, body: &[u8]) -> Result<(), Short> {
        match name(operation) {
            Some("entry") => self.last = Some(log_id(body)?.0.into()),
            Some("vote") => self.vote = Some(body.to_vec()),
            Some("truncate_after") => {
                let after = optional(body)?.0.map(Into::into);
                self.last = after.or_else(|| self.purged.clone());
            }
            Some("purge") => self.purge(Some(log_id(body)?.0.into())),
            Some("committed") => self.committed = optional(body)?.0.map(Into::into),
            _ => {
                let (len, rest) = body.split_first_chunk().ok_or(Short)?;
                let (vote, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or(Short)?;
                let (committed, rest) = optional(rest)?;
                let (purged, _) = optional(rest)?;
                self.vote = (!vote.is_empty()).then(|| vote.to_vec());
                self.committed = committed.map(Into::into);
                self.purge(purged.map(Into::into));
            }
        }
        Ok(())
    }

    /// A purge past the last entry is a jump: the log ends there.
    fn purge(&mut self, purged: Option<OwnedLogId>) {
        let index = |log_id: &Option<OwnedLogId>| log_id.as_ref().map(|log_id| log_id.index);
        if index(&self.last) < index(&purged) {
            self.last.clone_from(&purged);
        }
        self.purged = purged;
    }

    /// What is said in one line each.
    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        let none = || "none".to_owned();
        let log_id = |log_id: &Option<OwnedLogId>| log_id.as_ref().map_or_else(none, ToString::to_string);
        let mut lines = vec![
            ("vote", self.vote.as_deref().map_or_else(none, hex)),
            ("last log id", log_id(&self.last)),
            ("committed", log_id(&self.committed)),
            ("purged", log_id(&self.purged)),
        ];
        if self.not_decoded > 0 {
            lines.push(("not decoded", format!("{} with the operation of a record of aof-openraft", self.not_decoded)));
        }
        lines
    }
}

/// Bytes of a codec, in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u8) -> Vec<u8> {
        vec![index, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 1]
    }

    fn some(index: u8) -> Vec<u8> {
        [vec![1], id(index)].concat()
    }

    fn indices(records: &[(u8, Vec<u8>)]) -> [Option<u64>; 3] {
        let mut summary = Summary::default();
        records.iter().for_each(|(operation, body)| summary.add(Operation(*operation), body));
        assert_eq!(summary.not_decoded, 0);
        [summary.last, summary.committed, summary.purged].map(|log_id| log_id.map(|log_id| log_id.index))
    }

    #[test]
    fn a_truncation_takes_the_log_back() {
        let log = [(200, id(7)), (200, id(8)), (204, some(7)), (202, some(7))];
        assert_eq!(indices(&log), [Some(7), Some(7), None]);
        assert_eq!(indices(&[(203, id(3)), (200, id(4)), (202, vec![0])]), [Some(3), None, Some(3)]);
    }

    #[test]
    fn a_purge_past_the_end_is_where_the_log_ends() {
        assert_eq!(indices(&[(200, id(7)), (203, id(5))]), [Some(7), None, Some(5)]);
        assert_eq!(indices(&[(200, id(7)), (203, id(50))]), [Some(50), None, Some(50)]);
    }

    #[test]
    fn a_state_record_has_everything_but_the_entries() {
        let state = [&[2, 0, 0, 0, 9, 8][..], &some(6), &some(5), &[6, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(indices(&[(205, state.clone())]), [Some(5), Some(6), Some(5)]);
        let mut summary = Summary::default();
        summary.add(Operation(205), &state);
        assert_eq!(summary.lines()[0], ("vote", "0908".to_owned()));
    }

    #[test]
    fn what_is_no_record_is_counted_and_changes_nothing() {
        let mut summary = Summary::default();
        summary.add(Operation(200), &id(7));
        summary.add(Operation(200), b"pay 5");
        summary.add(Operation(147), b"pay 5");
        assert_eq!((summary.not_decoded, summary.last.map(|last| last.index)), (1, Some(7)));
    }
}
