//! An entry on the terminal, and as JSON.

use super::columns::Columns;
use super::{events, records};
use crate::command_line::inspect::{Body, Decode, InspectArguments};
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::inspect::Entry;
use crate::output::json::log::{hex, name};
use crate::output::json::value::{Hex, Sometimes};
use crate::output::time::time;
use aof_api::format::AofEntry;
use aof_api::read::LocatedEntry;
use std::io::Write;
use std::path::PathBuf;

/// How entries are printed.
pub(super) struct How {
    pub(super) json: bool,
    body: Body,
    decode: Option<Decode>,
    columns: Columns,
    /// The file that is listed, where there are several.
    pub(super) path: Option<PathBuf>,
}

impl How {
    pub(super) fn new(arguments: &InspectArguments, json: bool) -> How {
        How { json, body: arguments.body, decode: arguments.decode, columns: Columns::of_output(), path: None }
    }

    pub(super) fn heading(&self) -> String {
        self.columns.heading()
    }
}

pub(super) fn print(out: &mut impl Write, located: &LocatedEntry<'_>, how: &How) -> Outcome<()> {
    if how.json {
        return json::print(out, &object(located, how));
    }
    how.columns
        .print(out, located)
        .and_then(|()| match body_text(&located.entry, how.body) {
            Some(text) => writeln!(out, "{:>12} {text}", ""),
            None => Ok(()),
        })
        .map_err(Failure::output)?;
    match how.decode {
        None => Ok(()),
        Some(Decode::TigerBeetle) => events::print(out, located),
        Some(Decode::OpenRaft) => records::print(out, located),
    }
}

fn object(located: &LocatedEntry<'_>, how: &How) -> Entry {
    let (header, body) = (located.header(), located.body());
    let (text, bytes) = match (how.body, std::str::from_utf8(body)) {
        (Body::None, _) => (None, None),
        (Body::Text, Ok(text)) => (Some(text.to_owned()), None),
        (Body::Text | Body::Hex, _) => (None, Some(hex(body))),
    };
    let (log, log_hex) = how.path.as_deref().map(name).unzip();
    let mut entry = Entry {
        log: Sometimes(log),
        log_hex: log_hex.unwrap_or_default(),
        op: located.op(),
        offset: located.offset,
        size_disk: located.size_disk(),
        checksum: located.checksum().into(),
        parent: header.parent.into(),
        checksum_body: header.checksum_body.into(),
        cluster: Hex(header.cluster.get()),
        view: header.view.get(),
        release: header.release().to_string(),
        replica: header.replica,
        request_checksum: header.request_checksum.into(),
        checkpoint_id: Hex(header.checkpoint_id.get()),
        client: Hex(header.client.get()),
        commit: header.commit.get(),
        timestamp: header.timestamp.get().into(),
        time: time(header.timestamp.get()),
        request: header.request.get(),
        operation: header.operation,
        operation_name: header.operation().name(),
        body: Sometimes(text),
        body_hex: Sometimes(bytes),
        events: Sometimes(None),
        batches: Sometimes(None),
        raft_record: Sometimes(None),
        raft_index: Sometimes(None),
        not_decoded: Sometimes(None),
    };
    match how.decode {
        None => {}
        Some(Decode::TigerBeetle) => events::add_to(&mut entry, located),
        Some(Decode::OpenRaft) => records::add_to(&mut entry, located),
    }
    entry
}

/// The body for a terminal.
fn body_text(entry: &AofEntry<'_>, body: Body) -> Option<String> {
    match body {
        Body::None => None,
        Body::Hex => Some(hex(entry.body())),
        Body::Text => {
            let body = String::from_utf8_lossy(entry.body());
            let mut text = String::with_capacity(body.len());
            for c in body.chars() {
                if c.is_control() || c == '\\' { text.extend(c.escape_default()) } else { text.push(c) }
            }
            Some(text)
        }
    }
}
