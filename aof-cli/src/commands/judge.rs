//! What is found in files that are one log: the same for every command that judges.

use super::judged_order::{Part, missing_between, right_order};
use crate::input::source::{LogReader, Source};
use crate::output::failure::{Failure, Outcome};
use crate::output::json::log::{self, Finding, Note};
use crate::output::progress::{Progress, Watched};
use aof_api::format::Digest;
use aof_api::validate::{self, FindingKind, NoteKind, Observation, Validation, Validator};
use aof_api::{Entries, Rule, Tip, read};
use futures::executor::block_on;
use std::path::{Path, PathBuf};

/// A finding or a note, and the file it is in.
pub(super) enum Found {
    Finding(PathBuf, Finding),
    Note(PathBuf, Note),
}

impl Found {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Found::Finding(_, finding) => finding.kind,
            Found::Note(_, note) => note.kind,
        }
    }

    /// How many there are of it: a run of entries that were recorded again is one note.
    pub(super) fn count(&self) -> u64 {
        match self {
            Found::Note(_, note) if note.op_last.0.is_some() => note.count.0.unwrap_or(1),
            _ => 1,
        }
    }
}

/// Reads the files of a log, one after the other.
pub(super) struct Judge {
    /// Several readers are of use.
    shares_reading: bool,
    threads: usize,
    validator: Validator,
    paths: Vec<PathBuf>,
    parts: Vec<Part>,
    /// There are logs of several clusters in it.
    is_mixed: bool,
    begins_late: BeginsLate,
}

/// The verdict over all files.
pub(super) struct Judged {
    pub(super) validation: Validation,
    /// The entry with the highest op of those at the ends of files.
    pub(super) tip: Option<Tip>,
    /// What is known at the end only.
    pub(super) notes: Vec<Found>,
    /// The order in which the files would be one log, where that is another.
    pub(super) order: Option<Vec<usize>>,
}

impl Judge {
    /// A judge of what is in `sources`, all of which are then to be [read](Judge::read).
    pub(super) fn new(rule: Rule, threads: usize, sources: &[Source], progress: &mut Progress) -> Judge {
        let options = validate::Options::new().rule(rule).verify_threads(threads);
        let reads_again = sources.len() == 1 && !sources[0].is_stream();
        let validator = if reads_again { Validator::for_one_part(options) } else { Validator::new(options) };
        progress.follow_entries(validator.entries_so_far());
        Judge {
            shares_reading: rule == Rule::Linear || reads_again,
            threads,
            validator,
            paths: Vec::new(),
            parts: Vec::new(),
            is_mixed: false,
            begins_late: BeginsLate::default(),
        }
    }

    /// Reads one file, and hands over what is found in it.
    pub(super) fn read(&mut self, source: &Source, progress: &Progress, mut observe: impl FnMut(Found)) -> Outcome<()> {
        let first = if source.is_stream() { None } else { first_entry(source)? };
        self.validator.set_live(source.live);
        let mut readers: Vec<Watched<LogReader>> = vec![progress.watch(source.reader()?)];
        if self.shares_reading && !source.is_stream() {
            // As many as can be had: file descriptors may be few.
            readers.extend((1..self.threads).map_while(|_| Some(progress.watch(source.reader().ok()?))));
        }
        let path = source.path.as_path();
        let before = self.validator.finish().tip;
        self.validator.set_noted(source.noted()?);
        let (mut repeated, is_mixed, begins_late) = (Repeated::default(), &mut self.is_mixed, &mut self.begins_late);
        let observe_one = |observation: Observation| {
            begins_late.look(path, &observation);
            let is_change = |finding: &validate::Finding| matches!(finding.kind, FindingKind::Cluster { .. });
            *is_mixed |= matches!(&observation, Observation::Finding(finding) if is_change(finding));
            if repeated.takes(path, &observation) {
                return;
            }
            repeated.end().into_iter().for_each(&mut observe);
            if !repeated.takes(path, &observation) {
                observe(found(path, &observation));
            }
        };
        let read = block_on(self.validator.read_striped(readers, observe_one));
        repeated.end().into_iter().for_each(&mut observe);
        read.map_err(Failure::at(path))?;
        let tip = self.validator.finish().tip.filter(|tip| before != Some(*tip));
        let first = first.map(|first| (first.op, first.parent, first.checksum));
        self.parts.push(Part { first, tip, is_stream: source.is_stream() });
        self.paths.push(path.to_owned());
        Ok(())
    }

    pub(super) fn finish(self) -> Judged {
        let validation = self.validator.finish();
        let path = |part: usize| self.paths.get(part).map_or(Path::new(""), PathBuf::as_path);
        let mut notes: Vec<_> = validation
            .notes
            .iter()
            .map(|note| Found::Note(path(note.part).to_owned(), log::note(path(note.part), note)))
            .collect();
        if validation.entries == 0 && validation.bytes == 0 {
            let note = log::plain_note(path(0), "empty", "the log is empty");
            notes.push(Found::Note(path(0).to_owned(), note));
        }
        // Logs of several clusters are never one, in whatever order.
        let mixed = self.is_mixed;
        let order = right_order(&self.parts).filter(|_| !mixed);
        let missing = order.as_deref().map_or_else(Vec::new, |order| missing_between(&self.parts, order));
        if let (None, false, Some((path, offset, from))) = (&order, mixed, self.begins_late.at) {
            let message = format!(
                "op 1 comes after op {from}: the entries are in another order than that of their ops, which `aof merge` \
                 puts right"
            );
            let mut note = log::plain_note(&path, "order", message);
            (note.offset, note.op, note.from) = (Some(offset), Some(1), from.into());
            notes.push(Found::Note(path, note));
        }
        let between = |(part, op, kind): (usize, u64, FindingKind)| {
            Found::Finding(path(part).to_owned(), log::found(path(part), 0, Some(op), &kind))
        };
        notes.extend(missing.into_iter().map(between));
        let tips = self.parts.iter().filter_map(|part| part.tip);
        let tip = tips.max_by_key(|tip| tip.op).filter(|tip| validation.tip.is_some_and(|last| last.op < tip.op));
        Judged { tip: tip.or(validation.tip), notes, order, validation }
    }
}

impl Judged {
    /// Whether the entries are in another order than that of their ops, within a file or over the files.
    pub(super) fn is_out_of_order(&self) -> bool {
        self.order.is_some() || self.notes.iter().any(|found| found.kind() == "order")
    }

    pub(super) fn digest(&self) -> Digest {
        self.validation.digest
    }
}

/// Whether op 1 comes after others, as in files that were joined in the wrong order. The rule does not mind, since the
/// parent of op 1 is always known.
#[derive(Default)]
struct BeginsLate {
    /// Where, and the op before.
    at: Option<(PathBuf, u64, u64)>,
}

impl BeginsLate {
    fn look(&mut self, path: &Path, observation: &Observation) {
        match observation {
            Observation::Note(validate::Note { kind: NoteKind::Backtrack { from }, op: Some(1), offset, .. }) => {
                self.at.get_or_insert((path.to_owned(), *offset, *from));
            }
            // Recorded again, or another history, which is a finding.
            Observation::Note(validate::Note { kind: NoteKind::Duplicate, offset, .. })
            | Observation::Finding(validate::Finding { offset, .. }) => {
                self.at.take_if(|(at, late, _)| at == path && late == offset);
            }
            Observation::Note(_) => {}
        }
    }
}

/// A run of entries that were recorded before, one after the other: one note for all of them.
#[derive(Default)]
struct Repeated {
    path: PathBuf,
    /// The first and the last of them.
    run: Option<(validate::Note, u64)>,
}

impl Repeated {
    /// Whether this is one more of the run, or the first of one.
    fn takes(&mut self, path: &Path, observation: &Observation) -> bool {
        let Observation::Note(note @ validate::Note { kind: NoteKind::Duplicate, op: Some(op), .. }) = observation
        else {
            return false;
        };
        match &mut self.run {
            Some((_, last)) if last.checked_add(1) == Some(*op) => *last = *op,
            // Another run: the caller ends this one first, and asks again.
            Some(_) => return false,
            None => {
                path.clone_into(&mut self.path);
                self.run = Some((note.clone(), *op));
            }
        }
        true
    }

    /// The note of the run, if there is one. What comes next begins another.
    fn end(&mut self) -> Option<Found> {
        let (first, last) = self.run.take()?;
        let mut note = log::note(&self.path, &first);
        let count = first.op.map_or(1, |op| last - op + 1);
        if count > 1 {
            let op = first.op.unwrap_or(last);
            note.message = format!("ops {op} to {last} were recorded before");
        }
        note.op_last = last.into();
        note.count = count.into();
        Some(Found::Note(self.path.clone(), note))
    }
}

/// What the first entry of a file says.
struct First {
    op: u64,
    parent: aof_api::format::Checksum,
    checksum: aof_api::format::Checksum,
}

/// The first entry, where the file begins with a whole one.
fn first_entry(source: &Source) -> Outcome<Option<First>> {
    let mut entries = Entries::new(source.reader()?, read::Options::new());
    // What is wrong with it is found when all is read.
    Ok(block_on(entries.next()).ok().flatten().map(|entry| First {
        op: entry.op(),
        parent: entry.header().parent,
        checksum: entry.checksum(),
    }))
}

/// What is to be reported of an observation.
fn found(path: &Path, observation: &Observation) -> Found {
    match observation {
        Observation::Finding(finding) => Found::Finding(path.to_owned(), log::finding(path, finding)),
        Observation::Note(note) => Found::Note(path.to_owned(), log::note(path, note)),
    }
}
