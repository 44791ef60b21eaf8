//! What a copy did, where it ended, and what to do next.

use crate::command_line::copy::CopyArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{counted, exact_bytes, grouped};
use crate::commands::missing;
use crate::input::source::Source;
use crate::output::advice::{Next, cut_torn_end};
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::log::{self, Finding, plain_note};
use crate::output::json::value::Sometimes;
use crate::output::out::Out;
use crate::output::paths::{quoted, shown};
use crate::output::say::say;
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
    /// What the storage of the source reported, where it could not be read.
    failed: Option<String>,
    /// What is wrong with the chain of what was copied.
    pub(super) missing: Vec<Finding>,
    /// Not one entry is in the source.
    no_log: bool,
}

impl<'a> Report<'a> {
    /// Before anything is copied.
    pub(super) fn new(arguments: &'a CopyArguments, source: &'a Source, output: &'a OutputArguments) -> Report<'a> {
        // How long a log in a directory is shows once it is open.
        let destination = arguments.destination.metadata().ok().filter(|destination| destination.is_file());
        Report {
            arguments,
            source,
            output,
            copied: Copied::default(),
            stopped: None,
            destination_len: destination.map(|destination| destination.len()),
            failed: None,
            missing: Vec::new(),
            no_log: false,
        }
    }

    pub(super) fn print(&self) -> Outcome<()> {
        let mut out = Out::of_verdict();
        self.print_missing(&mut out)?;
        if self.output.json {
            json::print(&mut out, &self.summary())?;
        } else if self.is_complete() || self.copied.entries > 0 {
            writeln!(out, "{}", self.text()).map_err(Failure::output)?;
        }
        out.finish()
    }

    /// That the source is empty, or what is missing in it, by its place there.
    fn print_missing(&self, out: &mut Out) -> Outcome<()> {
        if self.is_complete() && self.copied.entries == 0 {
            let text = "SRC is empty";
            if self.output.json {
                json::print(out, &plain_note(&self.source.path, "empty", text))?;
            } else {
                say!("note empty: {text}");
            }
        }
        missing::note(out, &self.missing, ("SRC", &self.source.path, self.source.start), self.output)
    }

    fn summary(&self) -> json::copy::Summary {
        let Copied { entries, bytes, resumed_at, tip, pending, .. } = self.copied;
        let next = self.next().into_iter().map(|next| next.command).collect();
        json::copy::Summary {
            complete: self.is_complete(),
            entries,
            bytes,
            resumed_at,
            pending,
            tip: tip.map(|tip| tip.checksum.into()),
            tip_op: tip.map(|tip| tip.op),
            destination_len: self.destination_len,
            failed: Sometimes(self.failed.clone()),
            stopped_at: Sometimes(self.stopped.map(|range| range.offset)),
            damage: Sometimes(self.stopped.as_ref().map(log::damage)),
            next: Sometimes((!self.is_complete()).then_some(next)),
        }
    }

    fn text(&self) -> String {
        let Copied { entries, bytes, resumed_at, tip, pending, .. } = self.copied;
        let (counted, bytes) = (counted(entries, "entry"), exact_bytes(bytes));
        let mut text = format!("copied    {counted}, {bytes}, durable\n");
        if resumed_at > 0 {
            text += &format!("resumed   {} bytes were there already, the same\n", grouped(resumed_at));
        }
        if let Some(len) = self.beyond() {
            text +=
                &format!("beyond    the destination continues to {} bytes, which were not compared\n", grouped(len));
        }
        if pending > 0 {
            text += &format!("pending   {} bytes at the end are being written: copy again\n", grouped(pending));
        }
        let tip = tip.map_or_else(|| "none".to_owned(), |tip| format!("{} (op {})", tip.checksum, tip.op));
        text + &format!("tip       {tip}")
    }

    /// Damage in the source: what it is, where the copy ends, and what to do next.
    pub(super) fn stop(&mut self, error: &Error) -> Failure {
        let name = shown(&self.source.path);
        // Nothing to repair where nothing of a log was found.
        let torn = self.stopped.filter(|stopped| stopped.torn_end);
        self.no_log = matches!(error, Error::Corrupt { offset: 0, .. })
            && torn.is_none()
            && self.stopped.is_none_or(|range| range.at_end);
        if self.no_log
            && let Some((text, next)) = self.source.looks()
        {
            let text = format!("{name}: {error}\n  {text}");
            return Failure::Problem { text, next: next.into_iter().collect() };
        }
        let torn = torn.map_or_else(String::new, |stopped| {
            let len = grouped(stopped.len);
            format!(
                " (a torn end, {len} bytes: an entry that was begun and never finished, and nothing says that it was \
                 acknowledged)"
            )
        });
        Failure::Problem { text: format!("{name}: {error}{torn}; {}", self.ends()), next: self.next() }
    }

    /// The source could not be read on: the same.
    pub(super) fn fail(&mut self, error: Error) -> Failure {
        let failure = Box::new(Failure::at(&self.source.path)(error));
        self.failed = Some(failure.to_string());
        Failure::CutShort { failure, text: self.ends(), next: self.next() }
    }

    /// The destination failed: what it holds.
    pub(super) fn ended(&self, failure: Failure) -> Failure {
        match self.copied.tip {
            Some(tip) => {
                let text = format!("{} is durable up to op {}", shown(&self.arguments.destination), tip.op);
                Failure::CutShort { failure: Box::new(failure), text, next: Vec::new() }
            }
            None => failure,
        }
    }

    fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.failed.is_none()
    }

    /// How long the destination is, where it continues after what was copied.
    fn beyond(&self) -> Option<u64> {
        self.destination_len.filter(|len| !self.is_complete() && *len > self.copied.bytes)
    }

    /// Where the copy ends.
    fn ends(&self) -> String {
        let copy = shown(&self.arguments.destination);
        let mut text = match self.copied.tip {
            Some(tip) => format!("the copy ends there, after op {}; all of {copy} up to there is durable", tip.op),
            None => "nothing was copied".to_owned(),
        };
        if let Some(len) = self.beyond() {
            let len = grouped(len);
            text += &format!("; {copy} continues to {len} bytes, which were not compared: it may be the good copy");
        }
        text
    }

    /// What to do about a source that is damaged or cannot be read.
    fn next(&self) -> Vec<Next> {
        let source = self.source.in_command();
        let copy = quoted(&self.arguments.destination);
        let again = if self.source.is_stream() { "-".to_owned() } else { source.clone() };
        let torn = self.stopped.is_some_and(|stopped| stopped.torn_end);
        let mut next = Vec::new();
        if torn {
            next.push(cut_torn_end(&source));
        }
        if self.beyond().is_some() {
            next.push(Next::new(format!("aof validate {copy}"), "reports whether what the destination holds is whole"));
            next.push(Next::new(
                format!("aof merge -o OUT {source} {copy}"),
                "takes each entry from the one that has it whole: copy that instead",
            ));
        } else if !self.no_log {
            next.push(Next::new(
                format!("aof merge -o OUT {source} ANOTHER-COPY"),
                "fills in what another copy of the log has: copy that instead",
            ));
        }
        // Before a torn end all is whole, and was copied.
        if !torn && !self.no_log {
            next.push(Next::new(
                format!("aof repair -o OUT {source}"),
                "writes what is whole, and reports what is lost",
            ));
        }
        let continues = if self.failed.is_some() {
            "continues there, once the source can be read"
        } else {
            "continues there, once the damage is repaired"
        };
        if !self.no_log {
            next.push(Next::new(format!("aof copy {}{again} {copy}", self.arguments.until.in_command()), continues));
        }
        next
    }
}
