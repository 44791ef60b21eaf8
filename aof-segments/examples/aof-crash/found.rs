//! What a log holds after a crash.

use crate::random::{body, told};
use crate::writer::{Kind, archive, same_file};
use aof_api::{Aof, AofBackend, AofRead, Entries, LogOptions, Rule, read};
use aof_file::{FileOptions, FileReader};
use aof_segments::{Directory, SegmentedOptions};
use futures::executor::block_on;
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// The checksums of consecutive ops, over all files.
#[derive(Default)]
pub(crate) struct Found {
    /// The op of the first.
    pub(crate) first_op: u64,
    pub(crate) checksums: Vec<String>,
    /// The first offset that the log holds.
    pub(crate) start: u64,
    /// What opening told.
    pub(crate) how: String,
    pub(crate) tail_cut: bool,
    pub(crate) half_rotated: bool,
}

impl Found {
    pub(crate) fn get(&self, op: u64) -> Option<&String> {
        self.checksums.get(op.checked_sub(self.first_op)? as usize)
    }

    /// The op after the last one.
    pub(crate) fn next_op(&self) -> u64 {
        self.first_op + self.checksums.len() as u64
    }
}

/// Entries that some writer has tried to append, by round and nonce.
pub(crate) struct Tried<'a> {
    pub(crate) seed: u64,
    pub(crate) entries: &'a HashSet<(u64, u64)>,
}

/// Opens the log as the next writer would, and reads all of it.
pub(crate) fn open_and_read(log: &Path, kind: Kind, tried: &Tried<'_>) -> Result<Found, String> {
    let options = FileOptions::new().keep_cut(false);
    match kind {
        Kind::File => {
            let mut found = opened(options.open_or_create(log))?;
            for number in 0.. {
                let archive = archive(log, number);
                if !archive.exists() {
                    break;
                }
                if same_file(&archive, log) {
                    found.half_rotated = true;
                    break;
                }
                tried.read_file(&archive, &mut found)?;
            }
            tried.read_file(log, &mut found)?;
            Ok(found)
        }
        Kind::Segments => {
            let options = SegmentedOptions::new().file(options);
            let mut found = opened(options.open_or_create(log))?;
            let reader = options.open_read_only(log).map_err(|error| error.to_string())?;
            tried.read(reader, log, &mut found)?;
            check_names(log, found.start)?;
            Ok(found)
        }
    }
}

/// Opens and validates the log, and gives it up.
fn opened<B: AofBackend>(backend: aof_api::Result<B>) -> Result<Found, String> {
    let opened = backend.and_then(|backend| block_on(Aof::open(backend, LogOptions::new())));
    let (mut log, recovery) = opened.map_err(|error| format!("the log does not open: {error}"))?;
    let validation = block_on(log.validate(Rule::Linear, None)).map_err(|error| error.to_string())?;
    if !validation.is_clean() {
        return Err(format!("the log is not whole: {validation:?}"));
    }
    let tail_cut = recovery.cut.is_some();
    Ok(Found { first_op: 1, start: recovery.start, how: format!("{recovery:?}"), tail_cut, ..Found::default() })
}

/// Fails where a segment below the start is left.
fn check_names(log: &Path, start: u64) -> Result<(), String> {
    let at = |what: &dyn fmt::Display| format!("{}: {what}", log.display());
    for entry in log.read_dir().map_err(|error| at(&error))? {
        let name = entry.map_err(|error| at(&error))?.file_name().to_string_lossy().into_owned();
        let base = name.strip_suffix(".aof").and_then(|digits| digits.parse::<u64>().ok());
        if base.is_some_and(|base| base < start) {
            return Err(at(&format_args!("{name} is below the start, {start}")));
        }
    }
    match Directory::has_segments(log) {
        true => Ok(()),
        false => Err(at(&"has no segment")),
    }
}

impl Tried<'_> {
    fn read_file(&self, path: &Path, found: &mut Found) -> Result<(), String> {
        let reader = FileReader::open_read_only(path).map_err(|error| format!("{}: {error}", path.display()))?;
        self.read(reader, path, found)
    }

    /// Adds the entries of one file, or one directory, to `found`.
    fn read(&self, reader: impl AofRead, path: &Path, found: &mut Found) -> Result<(), String> {
        let at = |what: &dyn fmt::Display| format!("{}: {what}", path.display());
        let mut entries = Entries::starting_at(reader, found.start, read::Options::default());
        let mut is_first = true;
        while let Some(entry) = block_on(entries.next()).map_err(|error| at(&error))? {
            let op = entry.op();
            let checksum = entry.checksum().to_string();
            if is_first && found.start > 0 {
                found.first_op = op;
            }
            let is_seam = is_first && op > 0 && op + 1 == found.next_op() && found.checksums.last() == Some(&checksum);
            if is_first && !found.checksums.is_empty() && !is_seam {
                return Err(at(&format_args!("begins with op {op}, not with the seam, op {}", found.next_op() - 1)));
            }
            is_first = false;
            if is_seam {
                continue;
            }
            if op != found.next_op() {
                return Err(at(&format_args!("op {op} follows op {}", found.next_op() - 1)));
            }
            let known = told(entry.body()).filter(|known| self.entries.contains(known));
            if known.is_none_or(|(round, nonce)| body(self.seed, round, nonce) != entry.body()) {
                return Err(at(&format_args!("op {op} was appended by nobody")));
            }
            found.checksums.push(checksum);
        }
        if is_first && !found.checksums.is_empty() {
            return Err(at(&"empty after an archive, without its seam"));
        }
        Ok(())
    }
}
