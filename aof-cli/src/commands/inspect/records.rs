//! What the records of a Raft log say, on the terminal and as JSON.

use super::print::put_line;
use crate::output::json::inspect::Entry;
use crate::output::openraft::decode;
use aof_api::read::LocatedEntry;

/// A line for the record; nothing where the operation is none of a Raft log.
pub(super) fn put(out: &mut Vec<u8>, located: &LocatedEntry<'_>) {
    match decode(located.header().operation(), located.body()) {
        None => {}
        Some(Ok(record)) => put_line(out, &[&record.to_string()]),
        Some(Err(reason)) => put_line(out, &["not decoded: ", reason]),
    }
}

/// Adds the record, or why it could not be decoded.
pub(super) fn add_to(entry: &mut Entry, located: &LocatedEntry<'_>) {
    match decode(located.header().operation(), located.body()) {
        None => {}
        Some(Err(reason)) => entry.not_decoded = reason.into(),
        Some(Ok(record)) => {
            entry.raft_record = record.name.into();
            if let Some(log_id) = record.log_id {
                entry.raft_index = log_id.index.into();
            }
        }
    }
}
