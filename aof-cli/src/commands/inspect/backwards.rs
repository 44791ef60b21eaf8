//! The last entries of a log, and listing from the last to the first.
//!
//! Entries have no link to the one after them, so that a log is read forwards only. The end of it is read back, further and
//! further, until enough entries are in it; where they are is remembered, and they are read once more to be printed.

use super::listing::Listing;
use super::window::Window;
use crate::command_line::output::{Color, OutputArguments};
use crate::command_line::threads::cores;
use crate::commands::judged_order::Part;
use crate::commands::succession::Succession;
use crate::input::source::{LogReader, Source};
use crate::output::failure::{Failure, Outcome};
use crate::output::json::log::{self, Finding};
use crate::output::progress::Progress;
use aof_api::format::ENTRY_SIZE_MAX;
use aof_api::read::{self, DamagedRange};
use aof_api::validate::FindingKind;
use aof_api::{Entries, Error};
use futures::executor::block_on;
use std::collections::VecDeque;

/// How much of the end is read first, in bytes.
const END_LEN: u64 = 4 << 20;

/// From a byte anywhere, a walk is on a boundary of the log after this many bytes: nothing counts before that.
const LEAD_LEN: u64 = ENTRY_SIZE_MAX as u64;

/// How many bytes of the log are printed from the last entry to the first at once.
const BLOCK_LEN: u64 = 4 << 20;

/// What is listed, in the order of the log.
enum Item {
    /// An entry, at this offset.
    Entry(u64),
    Damage(Box<DamagedRange>),
    /// What is wrong between two entries.
    Wrong(Box<Finding>),
}

/// What is listed of one file.
struct Gathered {
    items: VecDeque<Item>,
    entries: u64,
    /// The ends of the file; of one that was not read from its beginning, the first entry is not known.
    part: Part,
    /// Whether the first entry of the file is listed.
    lists_first: bool,
    /// Where the last entry ends.
    end: u64,
}

impl Gathered {
    fn of(source: &Source, end: u64) -> Gathered {
        Gathered { items: VecDeque::new(), entries: 0, part: Part::of(source), lists_first: false, end }
    }

    fn push(&mut self, item: Item, wanted: u64) {
        self.entries += u64::from(matches!(item, Item::Entry(_)));
        self.items.push_back(item);
        self.leave(wanted);
    }

    /// Keeps the last so many entries, and what is between them.
    fn leave(&mut self, wanted: u64) {
        while self.entries > wanted {
            if let Some(Item::Entry(_)) = self.items.pop_front() {
                self.entries -= 1;
                self.lists_first = false;
            }
        }
    }

    /// This file and the next are one log: that one may begin with a copy of the last entry of this one, or not follow it.
    fn join(&mut self, next: &mut Gathered, next_source: &Source) {
        let (Some(tip), Some((op, parent, checksum))) = (self.part.tip, next.part.first) else { return };
        if checksum == tip.checksum {
            // The filters let it through in both files, or in neither.
            let last = self.items.iter().rposition(|item| matches!(item, Item::Entry(_)));
            if let Some(last) = last.filter(|_| next.lists_first) {
                self.items.remove(last);
                self.entries -= 1;
            }
        } else if tip.op.saturating_add(1) < op {
            let kind = FindingKind::Gap { missing: tip.op + 1..=op - 1, parent };
            next.items.push_front(Item::Wrong(Box::new(log::found(&next_source.path, 0, Some(op), &kind))));
        }
    }
}

/// Lists the last entries, or from the last to the first.
pub(super) fn list(listing: &mut Listing<'_>, sources: &[Source], output: &OutputArguments) -> Outcome<()> {
    let arguments = listing.arguments;
    let mut wanted = arguments.tail.or(arguments.limit).unwrap_or(u64::MAX);
    let mut files: Vec<(&Source, Gathered)> = Vec::new();
    for source in sources.iter().rev() {
        if wanted == 0 {
            break;
        }
        // One more, where the next file has it too.
        let mut gathered = gather(listing, source, wanted.saturating_add(1), output)?;
        if let Some((next_source, next)) = files.last_mut() {
            gathered.join(next, next_source);
        }
        gathered.leave(wanted);
        wanted -= gathered.entries;
        listing.met(u64::from(gathered.part.tip.is_some()));
        files.push((source, gathered));
    }
    if !arguments.reverse {
        files.reverse();
    }
    for (source, gathered) in files {
        listing.begin_file(source)?;
        let mut printing = Printing { listing, entries: Entries::new(source.reader()?, read::Options::new()), source };
        if arguments.reverse { printing.backwards(gathered.items) } else { printing.forwards(gathered.items) }?;
    }
    Ok(())
}

/// Where the last `count` entries begin that are asked for; where the log ends, if there are none.
pub(super) fn start(listing: &Listing<'_>, source: &Source, count: u64) -> Outcome<u64> {
    let quiet = OutputArguments { json: false, quiet: true, color: Color::Never };
    let gathered = gather(listing, source, count, &quiet)?;
    let first = gathered.items.iter().find_map(|item| match item {
        Item::Entry(offset) => Some(*offset),
        Item::Damage(_) | Item::Wrong(_) => None,
    });
    Ok(first.unwrap_or(gathered.end))
}

/// The last `wanted` entries of the file that are asked for.
fn gather(listing: &Listing<'_>, source: &Source, wanted: u64, output: &OutputArguments) -> Outcome<Gathered> {
    let window = Window::find(listing.arguments, source)?;
    let end = source.start + source.len.unwrap_or(0);
    let Some(start) = window.start.map(|start| start.max(source.start)) else { return Ok(Gathered::of(source, end)) };
    let progress = Progress::new(source.len, output);
    let walk = Walk { listing, source, wanted, progress };
    let mut len = END_LEN;
    // Where there is a window of ops or times, its end is nearer than that of the log.
    while window.is_whole() && end.saturating_sub(start) > len && wanted < u64::MAX {
        let gathered = walk.read(end - len, end - len + LEAD_LEN, Window::whole())?;
        if gathered.entries >= wanted {
            return Ok(gathered);
        }
        len = len.saturating_mul(4);
    }
    walk.read(start, start, window)
}

struct Walk<'a> {
    listing: &'a Listing<'a>,
    source: &'a Source,
    wanted: u64,
    progress: Progress,
}

impl Walk<'_> {
    /// Reads from an offset; what is before `counted_from` may be no entry of the log.
    fn read(&self, offset: u64, counted_from: u64, mut window: Window) -> Outcome<Gathered> {
        let Walk { listing, source, wanted, progress } = self;
        let (failure, path) = (Failure::at(&source.path), source.path.as_path());
        let mut gathered = Gathered::of(source, offset);
        let mut succession = Succession::new();
        let options = read::Options::new().verify_threads(cores());
        let mut entries = Entries::starting_at(progress.watch(source.reader()?), offset, options);
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) if window.is_passed(entry.offset, entry.header()) => break,
                Ok(Some(entry)) if entry.offset < counted_from => {}
                Ok(Some(entry)) => {
                    gathered.part.see(&entry);
                    gathered.end = entry.offset + entry.size_disk();
                    if let Some(finding) = succession.see(path, &entry) {
                        gathered.push(Item::Wrong(Box::new(finding)), *wanted);
                    }
                    if listing.wants(&entry) {
                        gathered.lists_first |= entry.offset == source.start;
                        gathered.push(Item::Entry(entry.offset), *wanted);
                    }
                }
                Ok(None) => break,
                Err(Error::Corrupt { .. }) => {
                    let range = block_on(entries.resync()).map_err(&failure)?;
                    match range.filter(|range| range.offset + range.len > counted_from && range.len > 0) {
                        Some(range) if source.live && range.torn_end => break,
                        Some(range) => {
                            succession.damaged();
                            gathered.push(Item::Damage(Box::new(range)), *wanted);
                        }
                        None => {}
                    }
                }
                Err(error) => return Err(failure(error)),
            }
        }
        progress.finish();
        if offset > source.start {
            gathered.part.first = None;
        }
        Ok(gathered)
    }
}

/// Prints what was gathered.
struct Printing<'a, 'b> {
    listing: &'a mut Listing<'b>,
    entries: Entries<LogReader>,
    source: &'a Source,
}

impl Printing<'_, '_> {
    fn forwards(&mut self, items: VecDeque<Item>) -> Outcome<()> {
        for item in items {
            match item {
                Item::Entry(offset) => {
                    let text = self.render(offset)?;
                    self.listing.write(&text)?;
                }
                Item::Damage(range) => self.listing.report(&range)?,
                Item::Wrong(finding) => self.listing.report_found(&finding)?,
            }
        }
        Ok(())
    }

    /// Block by block, each of which is read forwards.
    fn backwards(&mut self, mut items: VecDeque<Item>) -> Outcome<()> {
        let mut block = Vec::new();
        while let Some(item) = items.pop_back() {
            match item {
                Item::Entry(offset) => {
                    if block.first().is_some_and(|last| last - offset > BLOCK_LEN) {
                        self.print_block(&mut block)?;
                    }
                    block.push(offset);
                }
                Item::Damage(range) => {
                    self.print_block(&mut block)?;
                    self.listing.report(&range)?;
                }
                Item::Wrong(finding) => {
                    self.print_block(&mut block)?;
                    self.listing.report_found(&finding)?;
                }
            }
        }
        self.print_block(&mut block)
    }

    /// The offsets are in descending order, as the entries are printed.
    fn print_block(&mut self, block: &mut Vec<u64>) -> Outcome<()> {
        let rendered: Outcome<Vec<Vec<u8>>> = block.drain(..).rev().map(|offset| self.render(offset)).collect();
        rendered?.iter().rev().try_for_each(|text| self.listing.write(text))
    }

    /// The entry at an offset, as it is printed; nothing where the log was cut meanwhile.
    fn render(&mut self, offset: u64) -> Outcome<Vec<u8>> {
        if self.entries.offset() != offset {
            self.entries.seek(offset);
        }
        let mut text = Vec::new();
        if let Some(entry) = block_on(self.entries.next()).map_err(Failure::at(&self.source.path))? {
            self.listing.put(&mut text, &entry);
        }
        Ok(text)
    }
}
