//! What is found in files that are one log: the same for every command that judges.

use super::judged_order::{Part, right_order};
use crate::input::source::{LogReader, Source};
use crate::output::failure::{Failure, Outcome};
use crate::output::json::log::{self, Finding, Note};
use crate::output::progress::{Progress, Watched};
use aof_api::format::Digest;
use aof_api::validate::{self, NoteKind, Observation, Validation, Validator};
use aof_api::{Entries, Rule, Tip, read};
use futures::executor::block_on;
use std::path::{Path, PathBuf};

/// A finding or a note, and the file it is in.
pub(super) enum Found {
    Finding(PathBuf, Finding),
    Note(PathBuf, Note),
}

/// Reads the files of a log, one after the other.
pub(super) struct Judge {
    rule: Rule,
    threads: usize,
    validator: Validator,
    paths: Vec<PathBuf>,
    parts: Vec<Part>,
    /// The cluster of the first entry, and of the last one whose cluster was another.
    clusters: Option<(u128, u128)>,
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
    pub(super) fn new(rule: Rule, threads: usize, progress: &mut Progress) -> Judge {
        let validator = Validator::new(validate::Options::new().rule(rule).verify_threads(threads));
        progress.follow_entries(validator.entries_so_far());
        Judge { rule, threads, validator, paths: Vec::new(), parts: Vec::new(), clusters: None }
    }

    /// Reads one file, and hands over what is found in it.
    pub(super) fn read(&mut self, source: &Source, progress: &Progress, mut observe: impl FnMut(Found)) -> Outcome<()> {
        let first = if source.is_stream() { None } else { first_entry(source)? };
        self.validator.set_live(source.live);
        let mut readers: Vec<Watched<LogReader>> = vec![progress.watch(source.reader()?)];
        if self.rule == Rule::Linear && !source.is_stream() {
            // As many as can be had: file descriptors may be few.
            readers.extend((1..self.threads).map_while(|_| Some(progress.watch(source.reader().ok()?))));
        }
        let path = source.path.as_path();
        let (before, clusters) = (self.validator.finish().tip, &mut self.clusters);
        let cluster = first.as_ref().map_or(0, |first| first.cluster);
        let observe_one = |observation| {
            if let Some(found) = found(path, &observation, clusters, cluster) {
                observe(found);
            }
        };
        block_on(self.validator.read_striped(readers, observe_one)).map_err(Failure::at(path))?;
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
        let tips = self.parts.iter().filter_map(|part| part.tip);
        let tip = tips.max_by_key(|tip| tip.op).filter(|tip| validation.tip.is_some_and(|last| last.op < tip.op));
        Judged { tip: tip.or(validation.tip), notes, order: right_order(&self.parts), validation }
    }
}

impl Judged {
    pub(super) fn digest(&self) -> Digest {
        self.validation.digest
    }
}

/// What the first entry of a file says.
struct First {
    op: u64,
    parent: aof_api::format::Checksum,
    checksum: aof_api::format::Checksum,
    cluster: u128,
}

/// The first entry, where the file begins with a whole one.
fn first_entry(source: &Source) -> Outcome<Option<First>> {
    let mut entries = Entries::new(source.reader()?, read::Options::new());
    // What is wrong with it is found when all is read.
    Ok(block_on(entries.next()).ok().flatten().map(|entry| First {
        op: entry.op(),
        parent: entry.header().parent,
        checksum: entry.checksum(),
        cluster: entry.header().cluster.get(),
    }))
}

/// What is to be reported of an observation. Another cluster is a finding, once for each change.
fn found(
    path: &Path,
    observation: &Observation,
    clusters: &mut Option<(u128, u128)>,
    first_of_file: u128,
) -> Option<Found> {
    match observation {
        Observation::Finding(finding) => Some(Found::Finding(path.to_owned(), log::finding(path, finding))),
        Observation::Note(validate::Note { kind: NoteKind::Cluster { found }, offset, op, .. }) => {
            let (first, last) = clusters.get_or_insert((first_of_file, first_of_file));
            if last == found {
                return None;
            }
            *last = *found;
            Some(Found::Finding(path.to_owned(), log::cluster(path, *offset, *op, *first, *found)))
        }
        Observation::Note(note) => Some(Found::Note(path.to_owned(), log::note(path, note))),
    }
}
