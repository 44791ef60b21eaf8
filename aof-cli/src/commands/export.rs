//! `aof export`: what is in the bodies, one event a line.

mod events;
mod lines;

use super::digest::no_entries;
use super::judged_order::{Part, order_note};
use crate::command_line::export::{ExportArguments, Format};
use crate::command_line::output::OutputArguments;
use crate::input::source::Source;
use crate::output::exit::Exit;
use crate::output::failure::{ERROR, Failure, Outcome};
use crate::output::json;
use crate::output::json::inspect::Damaged;
use crate::output::json::log::{name, plain_finding, plain_note};
use crate::output::out::Out;
use crate::output::paths::shown;
use crate::output::progress::Progress;
use crate::output::say::say;
use aof_api::format::Checksum;
use aof_api::read::{self, DamagedRange, LocatedEntry};
use aof_api::{Entries, Error};
use futures::executor::block_on;
use lines::Lines;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};
use std::path::Path;

pub(crate) fn run(arguments: &ExportArguments, output: &OutputArguments) -> Outcome {
    if output.json && arguments.format == Format::Csv {
        return Err(Failure::Usage("--json prints JSON lines: leave it out for --as csv".to_owned()));
    }
    let sources = Source::open_all(&arguments.logs)?;
    let progress = Progress::new(Source::total_len(&sources), output);
    let lines = Lines::new(arguments);
    let mut export = Export {
        lines,
        json: output.json,
        out: Out::of_listing(),
        exported: BTreeMap::new(),
        clusters: None,
        forked: false,
        parts: Vec::new(),
        clean: true,
    };
    let exported = export.all(&sources, &progress);
    progress.finish();
    match exported {
        // A reader that has enough does not change what was found until then.
        Err(failure) if !failure.is_reader_gone() => Err(failure),
        _ => Ok(if export.clean { Exit::Clean } else { Exit::Problems }),
    }
}

struct Export {
    lines: Lines,
    json: bool,
    out: Out,
    /// The checksum of each op whose events were printed.
    exported: BTreeMap<u64, Checksum>,
    /// The cluster of the first entry, and that of the one before.
    clusters: Option<(u128, u128)>,
    /// Whether the entry before is one of another history.
    forked: bool,
    /// The ends of each file.
    parts: Vec<Part>,
    clean: bool,
}

impl Export {
    fn all(&mut self, sources: &[Source], progress: &Progress) -> Outcome<()> {
        self.lines.head(&mut self.out)?;
        for source in sources {
            self.parts.push(Part::of(source));
            self.read(source, progress)?;
        }
        self.note_order(sources)?;
        if self.clusters.is_none() {
            self.note_nothing(sources)?;
        }
        if let (Some((first, _)), Some((last, _))) = (self.exported.first_key_value(), self.exported.last_key_value()) {
            let missing = (last - first) - (self.exported.len() as u64 - 1);
            if missing > 0 {
                let text = format!("of ops {first} to {last}, {missing} are missing");
                let path = sources.first().map_or(Path::new(""), |source| source.path.as_path());
                self.problem(path, "gap", &text, None)?;
            }
        }
        self.out.finish()
    }

    fn read(&mut self, source: &Source, progress: &Progress) -> Outcome<()> {
        let options = read::Options::new().verify_threads(source.threads(1));
        let mut entries = Entries::new(progress.watch(source.reader()?), options);
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) => self.take(&source.path, &entry)?,
                Ok(None) => return Ok(()),
                Err(Error::Corrupt { .. }) => {
                    let range = block_on(entries.resync()).map_err(Failure::at(&source.path))?;
                    match range.filter(|range| range.len > 0) {
                        // Only the last entry may not be there yet.
                        Some(range) if source.live && range.torn_end => return Ok(()),
                        Some(range) => self.damaged(&source.path, &range)?,
                        None => {}
                    }
                }
                Err(error) => return Err(Failure::at(&source.path)(error)),
            }
        }
    }

    /// That events were printed in another order than that of their ops.
    fn note_order(&mut self, sources: &[Source]) -> Outcome<()> {
        let Some((note, _)) = order_note("aof export", sources, &self.parts) else { return Ok(()) };
        if self.json {
            return json::print(&mut self.out, &note);
        }
        self.out.finish()?;
        say!("note order: {}", note.message);
        Ok(())
    }

    /// That there is nothing in the log, or nothing of a log.
    fn note_nothing(&mut self, sources: &[Source]) -> Outcome<()> {
        if !self.clean {
            return Err(no_entries(sources));
        }
        let (path, text) = (sources.first().map_or(Path::new(""), |source| source.path.as_path()), "the log is empty");
        if self.json {
            return json::print(&mut self.out, &plain_note(path, "empty", text));
        }
        self.out.finish()?;
        say!("note empty: {text}");
        Ok(())
    }

    fn take(&mut self, path: &Path, entry: &LocatedEntry<'_>) -> Outcome<()> {
        if let Some(part) = self.parts.last_mut() {
            part.see(entry);
        }
        let cluster = entry.header().cluster.get();
        let (first, before) = *self.clusters.get_or_insert((cluster, cluster));
        self.clusters = Some((first, cluster));
        if cluster != first {
            if cluster == before {
                return Ok(());
            }
            let text = format!(
                "cluster {cluster} after cluster {before}: logs of two clusters are mixed, and only the events of cluster \
                 {first} are printed"
            );
            return self.problem(path, "cluster", &text, Some(entry));
        }
        let was_forked = std::mem::take(&mut self.forked);
        match self.exported.entry(entry.op()) {
            Vacant(free) => {
                free.insert(entry.checksum());
            }
            Occupied(known) if *known.get() == entry.checksum() => return Ok(()),
            Occupied(_) if was_forked => {
                self.forked = true;
                return Ok(());
            }
            Occupied(_) => {
                self.forked = true;
                let text = "another entry with this op came before: its events were printed, and those of this branch \
                            were not; `aof validate` reports more";
                return self.problem(path, "fork", text, Some(entry));
            }
        }
        match self.lines.print(&mut self.out, entry)? {
            Ok(()) => Ok(()),
            Err(reason) => {
                self.problem(path, "not-decoded", &format!("the body was not decoded: {reason}"), Some(entry))
            }
        }
    }

    /// What makes the exit code 1, beside the events.
    fn problem(
        &mut self,
        path: &Path,
        kind: &'static str,
        text: &str,
        entry: Option<&LocatedEntry<'_>>,
    ) -> Outcome<()> {
        self.clean = false;
        if self.json {
            let offset = entry.map_or(0, |entry| entry.offset);
            let finding = plain_finding(path, kind, offset, entry.map(|entry| entry.op()), text.to_owned());
            return json::print(&mut self.out, &finding);
        }
        self.out.finish()?;
        let at = entry.map_or_else(String::new, |entry| format!(" at offset {}, op {}", entry.offset, entry.op()));
        say!("{ERROR}{kind}{ERROR:#} {}{at}: {text}", shown(path));
        Ok(())
    }

    fn damaged(&mut self, path: &Path, range: &DamagedRange) -> Outcome<()> {
        self.clean = false;
        let DamagedRange { offset, len, damage, op, zeros, torn_end, .. } = *range;
        if self.json {
            let (log, log_hex) = name(path);
            let message = damage.to_string();
            return json::print(&mut self.out, &Damaged { log, log_hex, offset, len, op, zeros, torn_end, message });
        }
        self.out.finish()?;
        say!("{ERROR}damage{ERROR:#} {} at offset {offset}: {damage}; {len} bytes were passed over", shown(path));
        Ok(())
    }
}
