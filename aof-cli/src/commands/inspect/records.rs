//! What the records of a Raft log say, on the terminal and as JSON.

use crate::output::failure::{Failure, Outcome};
use crate::output::json::inspect::Entry;
use crate::output::openraft::decode;
use aof_api::read::LocatedEntry;
use std::io::Write;

/// A line for the record; nothing where the operation is none of a Raft log.
pub(super) fn print(out: &mut impl Write, located: &LocatedEntry<'_>) -> Outcome<()> {
    let printed = match decode(located.header().operation(), located.body()) {
        None => Ok(()),
        Some(Ok(record)) => writeln!(out, "{:>12} {record}", ""),
        Some(Err(reason)) => writeln!(out, "{:>12} not decoded: {reason}", ""),
    };
    printed.map_err(Failure::output)
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
