//! `aof digest`: the data checksum chain alone.

use super::judge::{Found, Judge, Judged};
use crate::command_line::digest::DigestArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{counted, grouped};
use crate::input::source::{LogReader, Source};
use crate::output::advice::Next;
use crate::output::exit::Exit;
use crate::output::failure::{ERROR, Failure, Outcome};
use crate::output::json;
use crate::output::json::log::plain_note;
use crate::output::out::Out;
use crate::output::paths::shown;
use crate::output::progress::{Progress, Watched};
use crate::output::say::say;
use aof_api::{Entries, Error, Operation, Rule, read};
use futures::executor::block_on;
use std::io::Write;

pub(crate) fn run(arguments: &DigestArguments, output: &OutputArguments) -> Outcome {
    let sources = Source::open_all(&arguments.logs)?;
    let streams = sources.iter().any(Source::is_stream);
    let threads = if streams { 1 } else { arguments.threads.for_bytes(Source::total_len(&sources)) };
    let mut progress = Progress::new(Source::total_len(&sources), output);
    let mut judge = Judge::new(Rule::from(arguments.rule.rule), threads, &sources, &mut progress);
    let mut digesting = Digesting::new(output.json, &progress);
    for source in &sources {
        judge.read(source, &progress, |found| digesting.observe(&found))?;
    }
    progress.finish();
    let judged = judge.finish();
    judged.notes.iter().for_each(|found| digesting.observe(found));
    digesting.finish(&judged, &sources)
}

/// Reports what is found, and counts what adds nothing.
struct Digesting<'a> {
    json: bool,
    out: Out,
    progress: &'a Progress,
    findings: u64,
    /// Bytes at the ends of logs that are being written.
    pending: u64,
    failed: Option<Failure>,
}

impl<'a> Digesting<'a> {
    fn new(json: bool, progress: &'a Progress) -> Digesting<'a> {
        Digesting { json, out: Out::of_verdict(), progress, findings: 0, pending: 0, failed: None }
    }

    fn observe(&mut self, found: &Found) {
        match found {
            Found::Finding(path, finding) => {
                self.findings += 1;
                if self.json {
                    self.failed = self.failed.take().or(json::print(&mut self.out, finding).err());
                } else {
                    let json::log::Finding { kind, offset, message, .. } = finding;
                    let path = shown(path);
                    let say_it = || say!("{ERROR}FINDING {kind}{ERROR:#} {path} at offset {offset}: {message}");
                    self.progress.suspend(say_it);
                }
            }
            Found::Note(_, note) => self.pending += note.len.0.unwrap_or(0),
        }
    }

    fn finish(mut self, judged: &Judged, sources: &[Source]) -> Outcome {
        self.failed.take().map_or(Ok(()), Err)?;
        let counted = NotCounted::count(sources, self.progress)?;
        self.note(counted.as_ref().map_or(0, |counted| counted.unknown), judged.validation.entries, sources)?;
        let (whole, entries) = (self.findings == 0 && !judged.is_out_of_order(), judged.validation.entries);
        if self.json {
            let digest = json::digest::Digest {
                digest: judged.digest().to_string(),
                whole,
                entries,
                not_counted: counted.as_ref().map(|counted| counted.all),
                pending: self.pending,
            };
            json::print(&mut self.out, &digest)?;
        } else {
            let marked = if whole { "" } else { " (of what was read)" };
            writeln!(self.out, "{}{marked}", judged.digest()).map_err(Failure::output)?;
        }
        self.out.finish()?;
        if judged.is_out_of_order() {
            return Err(out_of_order(judged, sources));
        }
        if entries == 0 && !whole {
            return Err(no_entries(sources));
        }
        Ok(if whole { Exit::Clean } else { Exit::Problems })
    }

    /// What is worth knowing beside the figure.
    fn note(&mut self, unknown: u64, entries: u64, sources: &[Source]) -> Outcome<()> {
        let mut notes = Vec::new();
        if entries == 0 && self.findings == 0 {
            notes.push(("empty", "the log is empty".to_owned(), 0, 0));
        }
        if unknown > 0 {
            let text = format!(
                "{} of {} not counted: the digest covers the operations that TigerBeetle replays, 128 to 130, 138, 139, \
                 146 and 147",
                grouped(unknown),
                counted(entries, "entry")
            );
            notes.push(("not-counted", text, unknown, 0));
        }
        if self.pending > 0 {
            let text = format!("{} bytes at the end are being written, and not counted", grouped(self.pending));
            notes.push(("pending", text, 0, self.pending));
        }
        for (kind, text, count, len) in notes {
            if !self.json {
                say!("note: {text}");
            } else if let Some(source) = sources.first() {
                let mut note = plain_note(&source.path, kind, text);
                note.count = json::value::Sometimes((count > 0).then_some(count));
                note.len = json::value::Sometimes((len > 0).then_some(len));
                json::print(&mut self.out, &note)?;
            }
        }
        Ok(())
    }
}

/// The digest depends on the order of the entries.
fn out_of_order(judged: &Judged, sources: &[Source]) -> Failure {
    let names = |order: &[usize]| order.iter().map(|part| sources[*part].in_command()).collect::<Vec<_>>().join(" ");
    let (text, next) = match &judged.order {
        Some(order) => (
            "the files are given in another order than that of their entries",
            Next::new(format!("aof digest {}", names(order)), "reads the files in the order of their entries"),
        ),
        None => {
            let all: Vec<usize> = (0..sources.len()).collect();
            let command = format!("aof merge -o OUT {}", names(&all));
            ("the entries are in another order than that of their ops", Next::new(command, "writes them in order"))
        }
    };
    Failure::Problem { text: format!("{text}: the digest is of no history"), next: vec![next] }
}

/// Nothing of a log was found.
pub(super) fn no_entries(sources: &[Source]) -> Failure {
    let (mut text, mut next) =
        ("not one entry was found: perhaps this is not an append-only log".to_owned(), Vec::new());
    for (looks, command) in sources.iter().filter_map(Source::looks) {
        text += &format!("\n  {looks}");
        next.extend(command);
    }
    Failure::Problem { text, next }
}

/// Entries that add nothing to the digest.
struct NotCounted {
    all: u64,
    /// Those of operations that TigerBeetle does not have: of its own, it leaves out the same.
    unknown: u64,
}

impl NotCounted {
    /// Reads files once more; of a stream, nobody knows.
    fn count(sources: &[Source], progress: &Progress) -> Outcome<Option<NotCounted>> {
        if sources.iter().any(Source::is_stream) {
            return Ok(None);
        }
        let mut counted = NotCounted { all: 0, unknown: 0 };
        for source in sources {
            let mut entries = Entries::new(progress.watch(source.reader()?), read::Options::new());
            counted.add(&mut entries).map_err(Failure::at(&source.path))?;
        }
        Ok(Some(counted))
    }

    fn add(&mut self, entries: &mut Entries<Watched<LogReader>>) -> aof_api::Result<()> {
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) => {
                    let operation: Operation = entry.header().operation();
                    let not_counted = !operation.is_replayable();
                    self.all += u64::from(not_counted);
                    self.unknown += u64::from(not_counted && operation.name().is_none());
                }
                Ok(None) => return Ok(()),
                Err(Error::Corrupt { .. }) => {
                    if block_on(entries.resync())?.is_some_and(|range| range.at_end) {
                        return Ok(());
                    }
                }
                // It was reported when it was read first.
                Err(Error::Io { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}
