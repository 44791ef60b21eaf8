//! `aof inspect`: list entries.

mod events;
mod follow;
mod pause;
mod print;
mod window;

use crate::command_line::inspect::InspectArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::threads::cores;
use crate::input::source::{LogReader, Source};
use crate::output::exit::{ERROR, Exit, Failure, Outcome};
use crate::output::hint::if_text;
use crate::output::json;
use crate::output::progress::Progress;
use anstream::eprintln;
use aof_api::read::{self, DamagedRange, LocatedEntry};
use aof_api::validate::{FindingKind, Note, NoteKind};
use aof_api::{Entries, Error};
use follow::{Follower, Waited};
use futures::executor::block_on;
use print::{How, heading, print};
use serde_json::Map;
use std::io::{BufWriter, IsTerminal, Write};
use window::Window;

pub(crate) fn run(arguments: &InspectArguments, output: &OutputArguments) -> Outcome {
    let how = How::new(arguments, output.json);
    let out = BufWriter::new(std::io::stdout().lock());
    let left = arguments.limit.unwrap_or(u64::MAX);
    let path = arguments.log.display().to_string();
    let mut listing = Listing { arguments, how, out, path, left, listed: 0, lowest: None, clean: true };
    if arguments.follow {
        listing.follow()?
    } else {
        listing.list(output)?
    }
    listing.out.flush().map_err(Failure::output)?;
    Ok(if listing.clean { Exit::Clean } else { Exit::Problems })
}

struct Listing<'a, W> {
    arguments: &'a InspectArguments,
    how: How,
    out: W,
    path: String,
    /// How many entries may still be printed.
    left: u64,
    /// How many entries were met, and the lowest op.
    listed: u64,
    lowest: Option<Note>,
    clean: bool,
}

impl<W: Write> Listing<'_, W> {
    fn list(&mut self, output: &OutputArguments) -> Outcome<()> {
        let source = Source::open(&self.arguments.log)?;
        let mut window = Window::find(self.arguments, &source)?;
        self.head()?;
        let Some(start) = window.start else { return Ok(()) };
        // Entries that run over a terminal show the progress themselves.
        let quiet = output.quiet || std::io::stdout().is_terminal();
        let len = source.len.map(|len| len.saturating_sub(start));
        let progress = Progress::new(len, &OutputArguments { quiet, json: output.json });
        let options = read::Options::new().verify_threads(source.threads(cores()));
        let mut entries = Entries::starting_at(progress.watch(source.reader()?), start, options);
        while self.left > 0 {
            match block_on(entries.next()) {
                Ok(Some(entry)) if window.is_passed(entry.offset, entry.header()) => break,
                Ok(Some(entry)) => {
                    self.take(&entry)?;
                    self.count(&entry);
                    progress.set_entries(self.listed);
                }
                Ok(None) => break,
                Err(Error::Corrupt { .. }) => {
                    let range = block_on(entries.resync()).map_err(Failure::at(&source.path))?;
                    match range.filter(|range| range.len > 0) {
                        // Only the last entry may not be there yet; behind any other damage, reading goes on.
                        Some(range) if source.live && range.torn_end => break,
                        Some(range) => self.report(&range)?,
                        None => {}
                    }
                }
                Err(error) => return Err(Failure::at(&source.path)(error)),
            }
        }
        progress.finish();
        if start == 0 && self.left > 0 {
            self.note_head()?;
        }
        if self.listed == 0
            && !self.clean
            && let Some(text) = if_text(&source.path)
        {
            self.say(&text);
        }
        Ok(())
    }

    fn follow(&mut self) -> Outcome<()> {
        let source = Source::open_file(&self.arguments.log, "following")?;
        let path = source.path.clone();
        let failure = Failure::at(&path);
        // Where nothing of the window is there yet, it may come behind anything.
        let start = Window::find(self.arguments, &source)?.start.unwrap_or(0);
        let (mut follower, mut entries) = Follower::open(&path, start)?;
        self.head()?;
        while self.left > 0 {
            let wait = match block_on(entries.next()) {
                Ok(Some(entry)) => {
                    if !follower.saw(&entry) {
                        self.take(&entry)?;
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
            self.out.flush().map_err(Failure::output)?;
            let offset = entries.offset();
            match follower.wait(offset)? {
                Waited::More => entries.seek(offset),
                Waited::Rotated(next) => {
                    self.say(&format!("{}: another file, from its beginning", self.path));
                    entries = *next;
                }
                Waited::Cut(offset) => {
                    self.say(&format!("{}: cut to {offset} bytes, going on there", self.path));
                    entries.seek(offset);
                }
                Waited::Closed => break,
            }
        }
        Ok(())
    }

    /// Passes damage, if something whole stands behind it; else it may be an entry that is being written. Answers
    /// whether it was passed.
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
        if self.how.json { Ok(()) } else { writeln!(self.out, "{}", heading()).map_err(Failure::output) }
    }

    fn take(&mut self, entry: &LocatedEntry<'_>) -> Outcome<()> {
        if self.arguments.takes(entry.header()) {
            print(&mut self.out, entry, self.how)?;
            self.left -= 1;
        }
        Ok(())
    }

    fn count(&mut self, entry: &LocatedEntry<'_>) {
        self.listed += 1;
        let op = entry.op();
        if self.lowest.as_ref().is_none_or(|lowest| lowest.op > Some(op)) {
            let kind = NoteKind::HeadMissing { op };
            self.lowest = Some(Note::new(0, entry.offset, Some(op), kind));
        }
    }

    /// Says that the log begins behind op 1, where it does and all of it was read.
    fn note_head(&mut self) -> Outcome<()> {
        let Some(note) = self.lowest.take().filter(|lowest| lowest.op > Some(1)) else { return Ok(()) };
        if self.how.json {
            return json::print(&mut self.out, &json::note(&self.path, &note));
        }
        self.out.flush().map_err(Failure::output)?;
        eprintln!("{} {}", self.path, note.kind);
        Ok(())
    }

    fn say(&self, what: &str) {
        if !self.how.json {
            eprintln!("{what}");
        }
    }

    fn report(&mut self, range: &DamagedRange) -> Outcome<()> {
        self.clean = false;
        let DamagedRange { offset, len, damage, zeros, torn_end, .. } = *range;
        let path = &self.path;
        if self.how.json {
            let mut object = Map::new();
            object.insert("type".to_owned(), "damage".into());
            object.insert("log".to_owned(), path.as_str().into());
            object.extend(json::damage(range));
            return json::print(&mut self.out, &object);
        }
        self.out.flush().map_err(Failure::output)?;
        let kind = FindingKind::Damage { len, damage, zeros, torn_end };
        eprintln!("{ERROR}damage{ERROR:#} {path} at offset {offset}: {kind}");
        Ok(())
    }
}
