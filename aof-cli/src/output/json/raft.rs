//! What `aof stat` and `aof validate` print of a Raft log.

use super::object::object;
use crate::output::openraft::summary::{OwnedLogId, Summary, hex};

object! {
    /// What the records of a Raft log say, with `--decode openraft`, as of the last one. Leaders and the vote are in the
    /// bytes of the codec with which `aof-openraft` wrote them.
    Raft = "raft" {
        /// The vote in hexadecimal
        vote: Option<String>,
        /// The index of the last log id; where nothing follows a purge, that of the purge
        last_index: Option<u64>,
        /// Its leader in hexadecimal
        last_leader: Option<String>,
        /// The index up to which entries are known to be committed
        committed_index: Option<u64>,
        /// The leader of that log id in hexadecimal
        committed_leader: Option<String>,
        /// The index up to which entries were purged
        purged_index: Option<u64>,
        /// The leader of that log id in hexadecimal
        purged_leader: Option<String>,
        /// Entries with the operation of a record, whose body is not that of one
        not_decoded: u64,
    }
}

impl From<&Summary> for Raft {
    fn from(summary: &Summary) -> Raft {
        let index = |log_id: &Option<OwnedLogId>| log_id.as_ref().map(|log_id| log_id.index);
        let leader = |log_id: &Option<OwnedLogId>| log_id.as_ref().map(|log_id| hex(&log_id.leader));
        Raft {
            vote: summary.vote.as_deref().map(hex),
            last_index: index(&summary.last),
            last_leader: leader(&summary.last),
            committed_index: index(&summary.committed),
            committed_leader: leader(&summary.committed),
            purged_index: index(&summary.purged),
            purged_leader: leader(&summary.purged),
            not_decoded: summary.not_decoded,
        }
    }
}
