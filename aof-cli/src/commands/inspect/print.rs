//! An entry on the terminal, and as JSON.

use super::events;
use crate::command_line::inspect::{Body, Decode, InspectArguments};
use crate::output::exit::{Failure, Outcome};
use crate::output::json;
use crate::output::time::time;
use aof_api::format::AofEntry;
use aof_api::read::LocatedEntry;
use serde_json::{Value, json};
use std::io::Write;

/// How entries are printed.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) json: bool,
    body: Body,
    decode: Option<Decode>,
}

impl How {
    pub(super) fn new(arguments: &InspectArguments, json: bool) -> How {
        How { json, body: arguments.body, decode: arguments.decode }
    }
}

pub(super) fn heading() -> String {
    format!("{:>12} {:>14} {:>9}  {:<30}  {:<26} checksum", "op", "offset", "size", "time (UTC)", "operation")
}

pub(super) fn print(out: &mut impl Write, located: &LocatedEntry<'_>, how: How) -> Outcome<()> {
    let header = located.header();
    if how.json {
        return json::print(out, &object(located, how));
    }
    writeln!(
        out,
        "{:>12} {:>14} {:>9}  {:<30}  {:<26} {}",
        located.op(),
        located.offset,
        located.size_disk(),
        time(header.timestamp.get()),
        header.operation(),
        located.checksum(),
    )
    .and_then(|()| match body_text(&located.entry, how.body) {
        Some(text) => writeln!(out, "{:>12} {text}", ""),
        None => Ok(()),
    })
    .map_err(Failure::output)?;
    if how.decode.is_some() { events::print(out, located) } else { Ok(()) }
}

fn object(located: &LocatedEntry<'_>, how: How) -> Value {
    let header = located.header();
    let mut object = json!({
        "type": "entry",
        "op": json::number(located.op()),
        "offset": json::number(located.offset),
        "size_disk": located.size_disk(),
        "checksum": located.checksum().to_string(),
        "parent": header.parent.to_string(),
        "checksum_body": header.checksum_body.to_string(),
        "cluster": json::hex(header.cluster.get()),
        "view": header.view.get(),
        "release": header.release().to_string(),
        "replica": header.replica,
        "request_checksum": header.request_checksum.to_string(),
        "checkpoint_id": json::hex(header.checkpoint_id.get()),
        "client": json::hex(header.client.get()),
        "commit": json::number(header.commit.get()),
        "timestamp": json::number(header.timestamp.get()),
        "time": time(header.timestamp.get()),
        "request": header.request.get(),
        "operation": header.operation,
        "operation_name": header.operation().name(),
    });
    if let Some(fields) = object.as_object_mut() {
        if let Some(text) = body_text(&located.entry, how.body) {
            fields.insert("body".to_owned(), text.into());
        }
        if how.decode.is_some() {
            events::add_to(fields, located);
        }
    }
    object
}

fn body_text(entry: &AofEntry<'_>, body: Body) -> Option<String> {
    match body {
        Body::None => None,
        Body::Hex => {
            let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
            Some(entry.body().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
        }
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
