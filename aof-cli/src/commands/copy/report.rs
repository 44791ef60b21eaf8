//! What a copy did, where it ended, and what to do next.

use crate::command_line::copy::CopyArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::input::source::Source;
use crate::output::exit::{Failure, Outcome};
use crate::output::hint::cut_torn_end;
use crate::output::json;
use crate::output::paths::quoted;
use crate::output::text::looks_like_text;
use aof_api::Error;
use aof_api::copy::Copied;
use aof_api::read::DamagedRange;
use std::io::Write;

/// What was copied, and what stopped it.
pub(super) struct Report<'a> {
    arguments: &'a CopyArguments,
    source: &'a Source,
    output: &'a OutputArguments,
    pub(super) copied: Copied,
    /// The damage in the source at which it ended.
    pub(super) stopped: Option<DamagedRange>,
    /// Bytes in the destination; none where there is none.
    pub(super) destination_len: Option<u64>,
    /// What the storage of the source said, where it could not be read.
    failed: Option<String>,
}

impl<'a> Report<'a> {
    /// Before anything is copied.
    pub(super) fn new(arguments: &'a CopyArguments, source: &'a Source, output: &'a OutputArguments) -> Report<'a> {
        let destination = arguments.destination.metadata().ok();
        Report {
            arguments,
            source,
            output,
            copied: Copied::default(),
            stopped: None,
            destination_len: destination.map(|destination| destination.len()),
            failed: None,
        }
    }

    pub(super) fn print(&self) -> Outcome<()> {
        let Copied { entries, bytes, resumed_at, tip, pending, .. } = self.copied;
        let mut out = std::io::stdout().lock();
        if self.output.json {
            let mut object = serde_json::json!({
                "type": "summary",
                "complete": self.is_complete(),
                "entries": json::number(entries),
                "bytes": json::number(bytes),
                "resumed_at": json::number(resumed_at),
                "pending": json::number(pending),
                "tip": tip.map(|tip| tip.checksum.to_string()),
                "tip_op": tip.map(|tip| json::number(tip.op)),
                "destination_len": self.destination_len.map(json::number),
            });
            if let Some(failed) = &self.failed {
                object["failed"] = failed.clone().into();
            }
            if let Some(range) = &self.stopped {
                object["stopped_at"] = json::number(range.offset);
                object["damage"] = json::damage(range).into();
            }
            if !self.is_complete() {
                object["next"] = self.next().into_iter().map(|(command, _)| command).collect::<Vec<_>>().into();
            }
            return json::print(&mut out, &object);
        }
        if !self.is_complete() && entries == 0 {
            return Ok(());
        }
        let (counted, grouped_bytes) = (counted(entries, "entry"), grouped(bytes));
        let mut text = format!("copied    {counted}, {grouped_bytes} bytes ({}), durable\n", Size(bytes));
        if resumed_at > 0 {
            text += &format!("resumed   {} bytes were there already, the same\n", grouped(resumed_at));
        }
        if let Some(len) = self.beyond() {
            text += &format!("beyond    the destination goes on, to {} bytes, which were not compared\n", grouped(len));
        }
        if pending > 0 {
            text += &format!("pending   {} bytes at the end are being written: copy again\n", grouped(pending));
        }
        let tip = tip.map_or_else(|| "none".to_owned(), |tip| format!("{} (op {})", tip.checksum, tip.op));
        writeln!(out, "{text}tip       {tip}").map_err(Failure::output)
    }

    /// Damage in the source: what it is, where the copy ends, and what to do next.
    pub(super) fn stop(&self, error: &Error) -> Failure {
        let name = self.source.path.display();
        if let Error::Corrupt { offset: 0, .. } = error
            && looks_like_text(&self.source.path)
        {
            return Failure::at(&self.source.path)(error.clone());
        }
        let torn = self.stopped.filter(|stopped| stopped.torn_end).map_or_else(String::new, |stopped| {
            let len = grouped(stopped.len);
            format!(" (a torn end, {len} bytes: an entry that was begun and never finished, and nothing says that it was acknowledged)")
        });
        Failure::Problem(format!("{name}: {error}{torn}; {}", self.ends()))
    }

    /// The source could not be read on: the same.
    pub(super) fn fail(&mut self, error: Error) -> Failure {
        self.failed = Some(error.to_string());
        let failure = Box::new(Failure::at(&self.source.path)(error));
        Failure::CutShort { failure, text: self.ends() }
    }

    fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.failed.is_none()
    }

    /// How long the destination is, where it goes on behind what was copied.
    fn beyond(&self) -> Option<u64> {
        self.destination_len.filter(|len| !self.is_complete() && *len > self.copied.bytes)
    }

    /// Where the copy ends, and what to do next.
    fn ends(&self) -> String {
        let copy = self.arguments.destination.display();
        let mut text = match self.copied.tip {
            Some(tip) => format!("the copy ends there, behind op {}; all of {copy} up to there is durable", tip.op),
            None => "nothing was copied".to_owned(),
        };
        if let Some(len) = self.beyond() {
            let len = grouped(len);
            text += &format!("; {copy} goes on, to {len} bytes, which were not compared: it may be the good copy");
        }
        for (command, why) in self.next() {
            text += &format!("\n  {command}   {why}");
        }
        text
    }

    /// What to do about a source that is damaged or cannot be read.
    fn next(&self) -> Vec<(String, &'static str)> {
        let source = self.source.in_command();
        let copy = quoted(&self.arguments.destination);
        let again = if self.source.is_stream() { "-".to_owned() } else { source.clone() };
        let torn = self.stopped.is_some_and(|stopped| stopped.torn_end);
        let mended = if self.failed.is_some() {
            "goes on there, once the source can be read"
        } else {
            "goes on there, once the damage was mended"
        };
        let mut next = Vec::new();
        if torn {
            next.push(cut_torn_end(&source));
        }
        if self.beyond().is_some() {
            next.push((format!("aof validate {copy}"), "says whether what the destination holds is whole"));
            next.push((
                format!("aof merge -o OUT {source} {copy}"),
                "takes each entry from the one that has it whole: copy that instead",
            ));
        } else {
            next.push((
                format!("aof merge -o OUT {source} ANOTHER-COPY"),
                "fills in what another copy of the log has: copy that instead",
            ));
        }
        // Before a torn end all is whole, and was copied.
        if !torn {
            next.push((format!("aof repair -o OUT {source}"), "writes what is whole, and says what is lost"));
        }
        next.push((format!("aof copy {again} {copy}"), mended));
        next
    }
}
