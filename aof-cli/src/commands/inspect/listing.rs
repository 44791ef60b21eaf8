//! A listing: entries, damage between them, and what happens to a log that is followed.

use super::backwards;
use super::follow::{Follower, Saw, Waited};
use super::print::{How, put};
use super::rows::Listed;
use super::search::may_have;
use super::window::Window;
use crate::command_line::inspect::InspectArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::threads::cores;
use crate::commands::digest::no_entries;
use crate::commands::judged_order::{Part, order_note};
use crate::commands::succession::Succession;
use crate::input::source::{LogReader, Source};
use crate::output::failure::{ERROR, Failure, Outcome};
use crate::output::json;
use crate::output::json::inspect::{Cut, Damaged, Rotated};
use crate::output::json::log::{Finding, Gap, Note, name, plain_note};
use crate::output::out::Out;
use crate::output::paths::{printable, shown};
use crate::output::progress::Progress;
use crate::output::say::say;
use aof_api::format::Checksum;
use aof_api::read::{self, DamagedRange, LocatedEntry};
use aof_api::validate::{FindingKind, NoteKind};
use aof_api::{Entries, Error};
use futures::executor::block_on;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

pub(super) struct Listing<'a> {
    pub(super) arguments: &'a InspectArguments,
    printed: Listed,
    path: PathBuf,
    /// How many entries may still be printed.
    left: u64,
    /// How many entries were met, and the lowest op.
    listed: u64,
    lowest: Option<Lowest>,
    clean: bool,
    /// There are several files, which are one log.
    several: bool,
    /// Nothing of the files so far was left out.
    read_all: bool,
    parts: Vec<Part>,
    succession: Succession,
    /// The last entry that was met, and whether the file is another one since.
    last: Option<Checksum>,
    is_new: bool,
}

/// The entry with the lowest op.
struct Lowest {
    op: u64,
    offset: u64,
}

impl<'a> Listing<'a> {
    pub(super) fn new(arguments: &'a InspectArguments, json: bool, out: Out) -> Listing<'a> {
        let printed = Listed::new(out, How::new(arguments, json));
        let left = arguments.limit.unwrap_or(u64::MAX);
        let path = arguments.logs.first().cloned().unwrap_or_default();
        Listing {
            arguments,
            printed,
            path,
            left,
            listed: 0,
            lowest: None,
            clean: true,
            several: false,
            read_all: true,
            parts: Vec::new(),
            succession: Succession::new(),
            last: None,
            is_new: false,
        }
    }

    pub(super) fn finish(&mut self) -> Outcome<()> {
        self.printed.finish()
    }

    /// Whether no damage and no gap was met.
    pub(super) fn is_clean(&self) -> bool {
        self.clean
    }

    pub(super) fn list(&mut self, output: &OutputArguments) -> Outcome<()> {
        let sources = Source::open_all(&self.arguments.logs)?;
        let listed_backwards = self.arguments.reverse || self.arguments.tail.is_some();
        if let Some(stream) = sources.iter().find(|source| source.is_stream()).filter(|_| listed_backwards) {
            let stream = shown(&stream.path);
            return Err(Failure::Usage(format!("--tail and --reverse need a file, and {stream} is a stream")));
        }
        self.several = sources.len() > 1;
        // Entries that run over a terminal show the progress themselves.
        let quiet = output.quiet || std::io::stdout().is_terminal();
        let output = OutputArguments { quiet, ..*output };
        self.head()?;
        if listed_backwards {
            backwards::list(self, &sources, &output)?;
            return self.note_nothing(&sources);
        }
        for source in &sources {
            if self.left == 0 {
                return Ok(());
            }
            self.begin_file(source)?;
            self.list_file(source, &output)?;
        }
        if self.read_all {
            self.note_head()?;
        }
        self.note_nothing(&sources)?;
        let order = order_note("aof inspect", &sources, &self.parts).filter(|_| self.read_all && self.left > 0);
        order.map_or(Ok(()), |(note, missing)| {
            missing.into_iter().try_for_each(|finding| self.report_found(&finding))?;
            self.note(&note)
        })
    }

    /// What is printed from here on is of this file.
    pub(super) fn begin_file(&mut self, source: &Source) -> Outcome<()> {
        self.path.clone_from(&source.path);
        self.parts.push(Part::of(source));
        self.is_new = true;
        if self.several {
            let how = self.printed.how().of_file(&source.path);
            self.printed.set_how(how)?;
            if !self.printed.how().json {
                writeln!(self.printed.out()?, "{}:", shown(&source.path)).map_err(Failure::output)?;
            }
        }
        Ok(())
    }

    fn list_file(&mut self, source: &Source, output: &OutputArguments) -> Outcome<()> {
        let mut window = Window::find(self.arguments, source)?;
        let Some(start) = window.start.map(|start| start.max(source.start)) else {
            self.read_all = false;
            return self.note_part(&window, false);
        };
        let len = source.len.map(|len| (source.start + len).saturating_sub(start));
        let progress = Progress::new(len, output);
        let options = read::Options::new().verify_threads(source.threads(cores()));
        let mut entries = Entries::starting_at(progress.watch(source.reader()?), start, options);
        let mut passed = false;
        while self.left > 0 {
            match block_on(entries.next()) {
                Ok(Some(entry)) if window.is_passed(entry.offset, entry.header()) => {
                    passed = true;
                    break;
                }
                Ok(Some(entry)) => {
                    self.look(&entry)?;
                    self.take(&entry)?;
                    self.count(&entry);
                    progress.set_entries(self.listed);
                }
                Ok(None) => break,
                Err(Error::Corrupt { .. }) => {
                    let range = block_on(entries.resync()).map_err(Failure::at(&source.path))?;
                    match range.filter(|range| range.len > 0) {
                        // Only the last entry may not be there yet; after any other damage, reading continues.
                        Some(range) if source.live && range.torn_end => break,
                        Some(range) => self.report(&range)?,
                        None => {}
                    }
                }
                Err(error) => return Err(Failure::at(&source.path)(error)),
            }
        }
        progress.finish();
        self.read_all &= start == source.start && self.left > 0 && !passed;
        if self.left > 0 {
            self.note_part(&window, passed)?;
        }
        Ok(())
    }

    /// So many entries more were met.
    pub(super) fn met(&mut self, entries: u64) {
        self.listed += entries;
    }

    /// That there is nothing in the log, or nothing of a log.
    fn note_nothing(&mut self, sources: &[Source]) -> Outcome<()> {
        if self.listed > 0 {
            return Ok(());
        }
        if !self.clean {
            return Err(no_entries(sources));
        }
        let is_empty = |source: &Source| source.len.map_or(self.read_all, |len| len == 0);
        match sources.first().filter(|_| sources.iter().all(is_empty)) {
            Some(first) => self.note(&plain_note(&first.path, "empty", "the log is empty")),
            None => Ok(()),
        }
    }

    /// Reports what is wrong between this entry and the ones before.
    fn look(&mut self, entry: &LocatedEntry<'_>) -> Outcome<()> {
        if let Some(part) = self.parts.last_mut() {
            part.see(entry);
        }
        let found = self.succession.see(&self.path, entry);
        found.map_or(Ok(()), |finding| self.report_found(&finding))
    }

    /// Something that is wrong between entries.
    pub(super) fn report_found(&mut self, finding: &Finding) -> Outcome<()> {
        self.clean = false;
        if self.printed.how().json {
            return json::print(self.printed.out()?, finding);
        }
        let Finding { kind, log, offset, message, .. } = finding;
        self.say(&format!("{ERROR}{kind}{ERROR:#} {} at offset {offset}: {message}", printable(log)))
    }

    /// An entry as it is printed.
    pub(super) fn put(&self, text: &mut Vec<u8>, entry: &LocatedEntry<'_>) {
        put(text, entry, self.printed.how());
    }

    /// Prints an entry that was rendered.
    pub(super) fn write(&mut self, text: &[u8]) -> Outcome<()> {
        self.printed.out()?.write_all(text).map_err(Failure::output)
    }

    pub(super) fn note(&mut self, note: &Note) -> Outcome<()> {
        if self.printed.how().json {
            return json::print(self.printed.out()?, note);
        }
        self.say(&format!("note {}: {}", note.kind, note.message))
    }

    pub(super) fn follow(&mut self) -> Outcome<()> {
        let [log] = self.arguments.logs.as_slice() else {
            return Err(Failure::Usage("--follow takes one log".to_owned()));
        };
        let source = Source::open_file(log, "following")?;
        let path = source.path.clone();
        let failure = Failure::at(&path);
        // Where nothing of the window is there yet, it may come after anything.
        let start = match self.arguments.tail {
            Some(count) => backwards::start(self, &source, count)?,
            None => Window::find(self.arguments, &source)?.start.unwrap_or(0).max(source.start),
        };
        let (mut follower, mut entries) = Follower::open(&path, start)?;
        self.head()?;
        while self.left > 0 {
            let wait = match block_on(entries.next()) {
                Ok(Some(entry)) => {
                    match follower.saw(&entry) {
                        Saw::Seam => {}
                        Saw::Next => {
                            self.look(&entry)?;
                            self.take(&entry)?;
                        }
                        Saw::Gap(gap) => {
                            self.report_gap(gap)?;
                            self.succession = Succession::new();
                            self.look(&entry)?;
                            self.take(&entry)?;
                        }
                    }
                    false
                }
                Ok(None) => true,
                Err(Error::Corrupt { offset, .. }) => {
                    follower.nothing_at(offset) || !self.pass(&mut entries, offset).map_err(&failure)?
                }
                Err(error) => return Err(failure(error)),
            };
            if !wait {
                continue;
            }
            self.printed.finish()?;
            let offset = entries.offset();
            match follower.wait(offset)? {
                Waited::More => entries.seek(offset),
                Waited::Rotated(next) => {
                    self.report_rotated()?;
                    entries = *next;
                }
                Waited::Cut(offset) => {
                    self.succession = Succession::new();
                    self.report_cut(offset)?;
                    entries.seek(offset);
                }
                Waited::Closed => break,
            }
        }
        Ok(())
    }

    /// Passes damage, if something whole is after it; else it may be an entry that is being written. Returns whether it
    /// was passed.
    fn pass(&mut self, entries: &mut Entries<LogReader>, offset: u64) -> Result<bool, Error> {
        match block_on(entries.resync())? {
            Some(range) if range.at_end => {
                entries.seek(offset);
                Ok(false)
            }
            Some(range) => {
                // Failing to print is met again at the next entry.
                let _ = self.report(&range);
                Ok(true)
            }
            None => Ok(true),
        }
    }

    /// The heading of the list, once there is something to list from.
    fn head(&mut self) -> Outcome<()> {
        if self.printed.how().json {
            return Ok(());
        }
        let heading = self.printed.how().heading();
        writeln!(self.printed.out()?, "{heading}").map_err(Failure::output)
    }

    fn take(&mut self, entry: &LocatedEntry<'_>) -> Outcome<()> {
        // A rotated file begins with a copy of the last entry before.
        let last = self.last.replace(entry.checksum());
        let is_seam = std::mem::take(&mut self.is_new) && last == Some(entry.checksum());
        if !is_seam && self.wants(entry) {
            self.printed.print(entry)?;
            self.left -= 1;
        }
        Ok(())
    }

    /// Whether the filters let the entry through.
    pub(super) fn wants(&self, entry: &LocatedEntry<'_>) -> bool {
        let searched = self.arguments.id.as_ref();
        self.arguments.takes(entry.header()) && searched.is_none_or(|id| may_have(id, entry))
    }

    fn count(&mut self, entry: &LocatedEntry<'_>) {
        self.listed += 1;
        let (op, offset) = (entry.op(), entry.offset);
        if self.lowest.as_ref().is_none_or(|lowest| lowest.op > op) {
            self.lowest = Some(Lowest { op, offset });
        }
    }

    /// Notes that the log begins after op 1, where it does and all of it was read.
    fn note_head(&mut self) -> Outcome<()> {
        let Some(Lowest { op, offset }) = self.lowest.take().filter(|lowest| lowest.op > 1) else { return Ok(()) };
        let kind = NoteKind::HeadMissing { op };
        if self.printed.how().json {
            let mut note = plain_note(&self.path, kind.name(), kind.to_string());
            (note.offset, note.op, note.missing_last) = (Some(offset), Some(op), (op - 1).into());
            return json::print(self.printed.out()?, &note);
        }
        self.printed.finish()?;
        say!("{} {kind}", shown(&self.path));
        Ok(())
    }

    /// Notes that not all was read in search of times.
    fn note_part(&mut self, window: &Window, passed: bool) -> Outcome<()> {
        if !window.by_time || (window.start == Some(0) && !passed) {
            return Ok(());
        }
        let text = "only the part of the log around these times was read: an entry whose time goes back may be elsewhere; \
                    --scan reads all";
        if self.printed.how().json {
            return json::print(self.printed.out()?, &plain_note(&self.path, "part", text));
        }
        self.say(&format!("note: {text}"))
    }

    /// A line beside the listing.
    fn say(&mut self, what: &str) -> Outcome<()> {
        if !self.printed.how().json {
            self.printed.finish()?;
            say!("{what}");
        }
        Ok(())
    }

    pub(super) fn report(&mut self, range: &DamagedRange) -> Outcome<()> {
        self.clean = false;
        self.succession.damaged();
        let DamagedRange { offset, len, damage, op, zeros, torn_end, .. } = *range;
        if self.printed.how().json {
            let (log, log_hex) = name(&self.path);
            let message = damage.to_string();
            let object = Damaged { log, log_hex, offset, len, op, zeros, torn_end, message };
            return json::print(self.printed.out()?, &object);
        }
        let (path, kind) = (shown(&self.path), FindingKind::Damage { len, damage, zeros, torn_end });
        self.say(&format!("{ERROR}damage{ERROR:#} {path} at offset {offset}: {kind}"))
    }

    /// The followed log continues elsewhere than where it ended.
    fn report_gap(&mut self, gap: Gap) -> Outcome<()> {
        self.clean = false;
        if self.printed.how().json {
            return json::print(self.printed.out()?, &gap);
        }
        self.say(&format!("{ERROR}gap{ERROR:#} {}: {}", shown(&self.path), gap.message))
    }

    fn report_rotated(&mut self) -> Outcome<()> {
        if self.printed.how().json {
            let (log, log_hex) = name(&self.path);
            return json::print(self.printed.out()?, &Rotated { log, log_hex });
        }
        self.say(&format!("{}: another file, from its beginning", shown(&self.path)))
    }

    fn report_cut(&mut self, offset: u64) -> Outcome<()> {
        if self.printed.how().json {
            let (log, log_hex) = name(&self.path);
            return json::print(self.printed.out()?, &Cut { log, log_hex, offset });
        }
        self.say(&format!("{}: cut to {offset} bytes, continuing there", shown(&self.path)))
    }
}
