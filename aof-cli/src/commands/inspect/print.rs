//! An entry on the terminal, and as JSON.

use super::columns::Columns;
use super::{events, records};
use crate::command_line::inspect::{Body, Decode, InspectArguments};
use crate::output::digits::{hex_bytes, spaces};
use crate::output::json;
use crate::output::json::inspect::Entry;
use crate::output::json::log::{hex, name};
use crate::output::json::value::{Hex, Sometimes, Time};
use aof_api::format::{Header, size_disk};
use aof_api::read::LocatedEntry;
use std::path::{Path, PathBuf};

/// How entries are printed.
#[derive(Clone)]
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

    /// For one of several files.
    pub(super) fn of_file(&self, path: &Path) -> How {
        How { path: Some(path.to_owned()), ..self.clone() }
    }

    /// Whether more than the header of an entry is printed.
    pub(super) fn has_bodies(&self) -> bool {
        self.body != Body::None || self.decode.is_some()
    }

    pub(super) fn heading(&self) -> String {
        self.columns.heading()
    }
}

/// Puts the line of an entry without its body at the end of a buffer.
pub(super) fn put_header(out: &mut Vec<u8>, offset: u64, header: &Header, how: &How) {
    if how.json {
        return json::put_line(out, &plain(offset, header, how));
    }
    how.columns.put(out, offset, header);
}

/// Puts the lines of an entry at the end of a buffer.
pub(super) fn put(out: &mut Vec<u8>, located: &LocatedEntry<'_>, how: &How) {
    if how.json {
        return json::put_line(out, &object(located, how));
    }
    how.columns.put(out, located.offset, located.header());
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
    let body = located.body();
    let text = if how.body == Body::Text { std::str::from_utf8(body).ok() } else { None };
    let bytes = if how.body == Body::None || text.is_some() { None } else { Some(hex(body)) };
    let mut entry = plain(located.offset, located.header(), how);
    entry.body = Sometimes(text.map(str::to_owned));
    entry.body_hex = Sometimes(bytes);
    match how.decode {
        None => {}
        Some(Decode::TigerBeetle) => events::add_to(&mut entry, located),
        Some(Decode::OpenRaft) => records::add_to(&mut entry, located),
    }
    entry
}

/// An entry without what is in its body.
fn plain(offset: u64, header: &Header, how: &How) -> Entry {
    let (log, log_hex) = how.path.as_deref().map(name).unzip();
    Entry {
        log: Sometimes(log),
        log_hex: log_hex.unwrap_or_default(),
        op: header.op.get(),
        offset,
        size_disk: size_disk(header.size.get()),
        checksum: header.checksum.into(),
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
        body: Sometimes(None),
        body_hex: Sometimes(None),
        events: Sometimes(None),
        batches: Sometimes(None),
        raft_record: Sometimes(None),
        raft_index: Sometimes(None),
        not_decoded: Sometimes(None),
    }
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
