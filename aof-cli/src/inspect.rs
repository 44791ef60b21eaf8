//! `aof inspect`: list entries.

use crate::arguments::{Body, InspectArguments, OutputArguments, cores};
use crate::exit::{ERROR, Exit, Failure, Outcome};
use crate::json;
use crate::source::Source;
use anstream::eprintln;
use aof_api::{AofEntry, Damage, DamagedRange, Entries, Error, LocatedEntry, ReadOptions};
use aof_file::FileReader;
use futures::executor::block_on;
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::time::{Duration, UNIX_EPOCH};

/// How often a log that is followed is looked at.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) fn run(arguments: &InspectArguments, output: &OutputArguments) -> Outcome {
    let source = Source::open(&arguments.log)?;
    let threads = if arguments.follow { 1 } else { cores() };
    let entries = Entries::new(source.reader()?, ReadOptions::new().verify_threads(threads));
    let mut listing = Listing { arguments, json: output.json, source: &source, entries, clean: true };
    listing.list(&mut BufWriter::new(std::io::stdout().lock()))?;
    Ok(if listing.clean { Exit::Clean } else { Exit::Problems })
}

struct Listing<'a> {
    arguments: &'a InspectArguments,
    json: bool,
    source: &'a Source,
    entries: Entries<FileReader>,
    clean: bool,
}

impl Listing<'_> {
    fn list(&mut self, out: &mut impl Write) -> Outcome<()> {
        let source = self.source;
        // Whether the last entry may just not be there yet.
        let growing = self.arguments.follow || source.live;
        let mut left = self.arguments.limit.unwrap_or(u64::MAX);
        if !self.json {
            writeln!(out, "{}", heading()).map_err(Failure::output)?;
        }
        while left > 0 {
            match block_on(self.entries.next()) {
                Ok(Some(entry)) if self.arguments.takes(entry.header()) => {
                    print(out, &entry, self.arguments.body, self.json)?;
                    left -= 1;
                }
                Ok(Some(_)) => {}
                Ok(None) if self.arguments.follow => self.wait(out)?,
                Ok(None) => break,
                Err(Error::Corrupt { offset, .. }) => {
                    let range = block_on(self.entries.resync()).map_err(Failure::at(&source.path))?;
                    match range.filter(|range| range.len > 0) {
                        // Only the last entry may not be there yet; behind any other damage, reading goes on.
                        Some(range) if growing && is_pending(&range) => {
                            self.entries.seek(offset);
                            if !self.arguments.follow {
                                break;
                            }
                            self.wait(out)?;
                        }
                        Some(range) => self.report(out, &range)?,
                        None => {}
                    }
                }
                Err(error) => return Err(Failure::at(&source.path)(error)),
            }
        }
        out.flush().map_err(Failure::output)
    }

    fn wait(&mut self, out: &mut impl Write) -> Outcome<()> {
        out.flush().map_err(Failure::output)?;
        std::thread::sleep(FOLLOW_INTERVAL);
        Ok(())
    }

    fn report(&mut self, out: &mut impl Write, range: &DamagedRange) -> Outcome<()> {
        self.clean = false;
        let DamagedRange { offset, len, damage, op, zeros, .. } = range;
        let path = self.source.path.display();
        if self.json {
            let object = json!({
                "type": "damage",
                "log": path.to_string(),
                "offset": json::number(*offset),
                "len": json::number(*len),
                "op": op.map(json::number),
                "zeros": zeros,
                "message": damage.to_string(),
            });
            return json::print(out, &object);
        }
        out.flush().map_err(Failure::output)?;
        eprintln!("{ERROR}damage{ERROR:#} {path} at offset {offset}: {damage}; {len} bytes hold no whole entry");
        Ok(())
    }
}

/// Whether this may be an entry that is not all there yet.
fn is_pending(range: &DamagedRange) -> bool {
    range.at_end && (range.zeros || matches!(range.damage, Damage::Torn { .. }))
}

fn heading() -> String {
    format!("{:>12} {:>14} {:>9}  {:<30}  {:<26} checksum", "op", "offset", "size", "time (UTC)", "operation")
}

fn print(out: &mut impl Write, located: &LocatedEntry<'_>, body: Body, as_json: bool) -> Outcome<()> {
    let header = located.header();
    if as_json {
        return json::print(out, &object(located, body));
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
    .and_then(|()| match body_text(&located.entry, body) {
        Some(text) => writeln!(out, "{:>12} {text}", ""),
        None => Ok(()),
    })
    .map_err(Failure::output)
}

fn object(located: &LocatedEntry<'_>, body: Body) -> Value {
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
    if let (Some(text), Some(fields)) = (body_text(&located.entry, body), object.as_object_mut()) {
        fields.insert("body".to_owned(), text.into());
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

fn time(nanoseconds: u64) -> String {
    humantime::format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(nanoseconds)).to_string()
}
