//! An entry on the terminal, and as JSON.

use super::columns::Columns;
use super::{events, records};
use crate::command_line::inspect::{Body, Decode, InspectArguments};
use crate::output::digits::{hex_bytes, spaces};
use crate::output::json;
use crate::output::json::inspect::Entry;
use crate::output::json::log::{hex, name};
use crate::output::json::value::{Hex, Sometimes, Time};
use aof_api::read::LocatedEntry;
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

/// Puts the lines of an entry at the end of a buffer.
pub(super) fn put(out: &mut Vec<u8>, located: &LocatedEntry<'_>, how: &How) {
    if how.json {
        return json::put_line(out, &object(located, how));
    }
    how.columns.put(out, located);
    put_body(out, located.body(), how.body);
    match how.decode {
        None => {}
        Some(Decode::TigerBeetle) => events::put(out, located),
        Some(Decode::OpenRaft) => records::put(out, located),
    }
}

/// Before what belongs to the entry above.
pub(super) const INDENT: usize = 13;

/// Puts a line that belongs to the entry above.
pub(super) fn put_line(out: &mut Vec<u8>, parts: &[&str]) {
    spaces(out, INDENT);
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    out.push(b'\n');
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
        release: header.release(),
        replica: header.replica,
        request_checksum: header.request_checksum.into(),
        checkpoint_id: Hex(header.checkpoint_id.get()),
        client: Hex(header.client.get()),
        commit: header.commit.get(),
        timestamp: header.timestamp.get().into(),
        time: Time(header.timestamp.get()),
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
fn put_body(out: &mut Vec<u8>, body: &[u8], how: Body) {
    if how == Body::None {
        return;
    }
    spaces(out, INDENT);
    match how {
        Body::Hex => hex_bytes(out, body),
        _ => {
            let mut buffer = [0; 4];
            for c in String::from_utf8_lossy(body).chars() {
                if c.is_control() || c == '\\' {
                    out.extend(c.escape_default().map(|c| c as u8));
                } else {
                    out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                }
            }
        }
    }
    out.push(b'\n');
}
