//! `aof hexdump`: an entry field by field.

mod fields;
mod flip;

use crate::command_line::hexdump::HexdumpArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::counted;
use crate::input::source::Source;
use crate::output::exit::Exit;
use crate::output::failure::{ERROR, Failure, Outcome};
use crate::output::json;
use crate::output::json::hexdump::{Field, Summary};
use crate::output::json::log::hex;
use crate::output::json::value::{Hex, Sometimes};
use crate::output::out::Out;
use crate::output::paths::shown;
use crate::output::say::say;
use crate::output::time::time;
use aof_api::format::{
    COMMAND_PREPARE, Checksum, ENTRY_SIZE_MAX, ENTRY_SIZE_MIN, HEADER_SIZE, MAGIC, MAGIC_LEGACY, MESSAGE_SIZE_MAX,
    Release,
};
use aof_api::{AofRead, Operation};
use fields::{FIELDS, Kind};
use flip::{Flip, flipped};
use futures::executor::block_on;
use std::io::Write;

pub(crate) fn run(arguments: &HexdumpArguments, output: &OutputArguments) -> Outcome {
    let source = Source::open_file(&arguments.log, "a hexdump")?;
    let end = source.start + source.len.unwrap_or(0);
    let (path, offset) = (shown(&source.path), arguments.offset);
    if offset >= end {
        return Err(Failure::Usage(format!("offset {offset} is past the end of {path} ({end} bytes)")));
    }
    if offset < source.start {
        let start = source.start;
        return Err(Failure::Usage(format!(
            "{path} was pruned: it begins at offset {start}, and {offset} is before that"
        )));
    }
    let bytes = read(&source, arguments.offset)?;
    let fields = dump(&bytes, arguments.offset, arguments.body);
    let differing = fields.iter().filter(|field| field.differs).count() as u64;
    let flip = if differing > 0 { flipped(&bytes, body_of(&bytes)) } else { None };
    let mut out = Out::of_verdict();
    let looks = source.looks().filter(|_| offset == 0 && differing > 0 && !output.json);
    for field in &fields {
        if output.json {
            json::print(&mut out, field)?;
        } else {
            print(&mut out, field).map_err(Failure::output)?;
        }
    }
    if output.json {
        let summary = Summary {
            offset: arguments.offset,
            differing,
            whole: differing == 0,
            flipped_offset: Sometimes(flip.map(|flip| arguments.offset + flip.at as u64)),
            flipped_bit: Sometimes(flip.map(|flip| flip.bit)),
        };
        json::print(&mut out, &summary)?;
    } else {
        let verdict = if differing == 0 {
            "whole".to_owned()
        } else {
            format!("{} not as expected", counted(differing, "field"))
        };
        writeln!(out, "{verdict}").map_err(Failure::output)?;
        if let Some(Flip { at, bit, written }) = flip {
            let (offset, found) = (arguments.offset + at as u64, bytes[at]);
            writeln!(
                out,
                "one flipped bit explains it: bit {bit} of the byte at offset {offset}, {found:02x} where {written:02x} was written"
            )
            .map_err(Failure::output)?;
        }
    }
    out.finish()?;
    if let Some((text, next)) = looks {
        say!("{text}");
        next.into_iter().for_each(|next| say!("  {next}"));
    }
    Ok(if differing == 0 { Exit::Clean } else { Exit::Problems })
}

/// Up to the largest entry, from the offset on.
fn read(source: &Source, offset: u64) -> Outcome<Vec<u8>> {
    let mut reader = source.reader()?;
    let mut bytes = vec![0; ENTRY_SIZE_MAX];
    let mut filled = 0;
    let read = block_on(async {
        reader.seek(offset).await?;
        while filled < bytes.len() {
            match reader.read(&mut bytes[filled..]).await? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(())
    });
    read.map_err(Failure::at(&source.path))?;
    bytes.truncate(filled);
    Ok(bytes)
}

/// All fields, as far as there are bytes.
fn dump(bytes: &[u8], start: u64, body_max: usize) -> Vec<Field> {
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    let expected = match magic {
        magic if magic == MAGIC => None,
        magic if magic == MAGIC_LEGACY => {
            Some("the magic of a TigerBeetle since 0.16.21: this is an older one".to_owned())
        }
        _ => Some(hex(&MAGIC)),
    };
    let value = if expected.is_some() { "not the magic" } else { "the magic" };
    let mut fields = vec![field("magic", start, magic, MAGIC.len(), value.to_owned(), expected)];
    let header = &bytes[magic.len()..bytes.len().min(ENTRY_SIZE_MIN)];
    let mut at = 0;
    for (name, len, kind) in FIELDS {
        let Some(rest) = header.get(at..).filter(|rest| !rest.is_empty()) else { break };
        let found = &rest[..len.min(rest.len())];
        let expected = if found.len() < len {
            Some(format!("{len} bytes: the file ends here"))
        } else {
            wanted(name, kind, found, bytes)
        };
        fields.push(field(name, start + (MAGIC.len() + at) as u64, found, len, value_of(kind, found), expected));
        at += len;
    }
    fields.extend(body(bytes, start, body_max));
    fields
}

fn field(name: &'static str, offset: u64, found: &[u8], len: usize, value: String, expected: Option<String>) -> Field {
    Field {
        name,
        offset,
        bytes: hex(found),
        len: len as u64,
        value,
        differs: expected.is_some(),
        expected: Sometimes(expected),
    }
}

fn number(bytes: &[u8]) -> u128 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

fn value_of(kind: Kind, bytes: &[u8]) -> String {
    let number = number(bytes);
    match kind {
        Kind::Hex => Hex(number).to_string(),
        Kind::Zeros if number == 0 => "zeros".to_owned(),
        Kind::Number | Kind::Zeros => number.to_string(),
        Kind::Time => u64::try_from(number).map_or_else(|_| number.to_string(), time),
        Kind::Operation => match u8::try_from(number).ok().and_then(|number| Operation(number).name()) {
            Some(name) => format!("{number} {name}"),
            None => number.to_string(),
        },
        Kind::Release => match bytes {
            [patch, minor, major @ ..] if major.len() == 2 => {
                Release::new(u16::from_le_bytes([major[0], major[1]]), *minor, *patch).to_string()
            }
            _ => number.to_string(),
        },
    }
}

/// What the format wants in the field, where something else is there. `bytes` are those of the entry.
fn wanted(name: &str, kind: Kind, found: &[u8], bytes: &[u8]) -> Option<String> {
    let value = number(found);
    let least = u128::from(HEADER_SIZE);
    let wrong = |wrong: bool, expected: &str| wrong.then(|| expected.to_owned());
    match name {
        "checksum" => {
            let Some(covered) = bytes.get(MAGIC.len() + 16..ENTRY_SIZE_MIN) else {
                return Some("a header of 256 bytes: the file ends in it".to_owned());
            };
            let calculated = Checksum::of(covered);
            (found != calculated.to_le_bytes()).then(|| format!("{calculated}, calculated from the header as it is"))
        }
        "size" => wrong(value < least || value > u128::from(MESSAGE_SIZE_MAX), "256 to 1,048,576"),
        "command" => wrong(value != u128::from(COMMAND_PREPARE), "6 (prepare)"),
        "op" => wrong(value == 0, "1 or more"),
        "timestamp" | "release" => wrong(value == 0, "not 0"),
        "checksum_body" => {
            let calculated = Checksum::of(body_of(bytes)?);
            (found != calculated.to_le_bytes()).then(|| format!("{calculated}, calculated from the body as it is"))
        }
        _ => wrong(kind == Kind::Zeros && value != 0, "zeros"),
    }
}

/// How many bytes the header says that the body has, where that can be.
fn body_len(bytes: &[u8]) -> Option<usize> {
    // The size is at byte 96 of the header.
    let size = number(bytes.get(MAGIC.len() + 96..MAGIC.len() + 100)?);
    let size = u32::try_from(size).ok().filter(|size| (HEADER_SIZE..=MESSAGE_SIZE_MAX).contains(size))?;
    usize::try_from(size - HEADER_SIZE).ok()
}

/// The body, where all of it is there.
fn body_of(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(ENTRY_SIZE_MIN..ENTRY_SIZE_MIN + body_len(bytes)?)
}

fn body(bytes: &[u8], start: u64, max: usize) -> Option<Field> {
    let len = body_len(bytes)?;
    let there = bytes.get(ENTRY_SIZE_MIN..)?;
    let there = &there[..there.len().min(len)];
    let expected = (there.len() < len).then(|| format!("{len} bytes: the file ends after {} of them", there.len()));
    let value = format!("{len} bytes");
    Some(field("body", start + ENTRY_SIZE_MIN as u64, &there[..there.len().min(max)], len, value, expected))
}

fn print(out: &mut Out, field: &Field) -> std::io::Result<()> {
    let Field { name, offset, bytes, value, differs, .. } = field;
    let mark = if *differs { '!' } else { ' ' };
    writeln!(out, "{mark} {offset:>12}  {name:<24}  {value}")?;
    if let Some(expected) = &field.expected.0 {
        writeln!(out, "  {:>12}  {ERROR}expected{ERROR:#} {expected}", "")?;
    }
    // Each line has 16 bytes of two digits.
    for line in bytes.as_bytes().chunks(32) {
        let groups: Vec<_> = line.chunks(8).map(String::from_utf8_lossy).collect();
        writeln!(out, "  {:>12}    {}", "", groups.join(" "))?;
    }
    Ok(())
}
