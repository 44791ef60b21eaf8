//! Where the last run ended, in a file.

use super::end::End;
use crate::output::failure::{Failure, Outcome};
use crate::output::paths::shown;
use aof_api::Error;
use aof_api::format::Checksum;
use aof_api::storage::IoCall;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// What is kept between two runs.
#[derive(Debug)]
pub(super) struct State {
    /// Where the last entry begins, in bytes; none where there was none.
    pub(super) last_offset: Option<u64>,
    pub(super) op: Option<u64>,
    pub(super) checksum: Option<Checksum>,
    /// Up to where the log was judged, in bytes.
    pub(super) judged: u64,
}

/// The same as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    last_offset: Option<u64>,
    op: Option<u64>,
    checksum: Option<String>,
    judged: u64,
}

impl State {
    pub(super) fn of(end: &End) -> State {
        let last = end.last;
        State {
            last_offset: last.map(|last| last.offset),
            op: last.map(|last| last.op),
            checksum: last.map(|last| last.checksum),
            judged: end.judged,
        }
    }

    /// The state in the file; none where there is no file yet.
    pub(super) fn load(path: &Path) -> Outcome<Option<State>> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::at(path)(Error::io_at(IoCall::Read, path, 0, error))),
        };
        let not_a_state = || {
            let name = shown(path);
            Failure::Refused(format!("{name} is not a state of `aof status`: remove it, or name another file"))
        };
        let written: Written = serde_json::from_slice(&text).map_err(|_| not_a_state())?;
        let checksum = written.checksum.map(|text| text.parse()).transpose().map_err(|_| not_a_state())?;
        let Written { last_offset, op, judged, .. } = written;
        Ok(Some(State { last_offset, op, checksum, judged }))
    }

    /// Replaces the file: it holds the old state or the new one.
    pub(super) fn save(&self, path: &Path) -> Outcome<()> {
        let written = Written {
            last_offset: self.last_offset,
            op: self.op,
            checksum: self.checksum.map(|checksum| checksum.to_string()),
            judged: self.judged,
        };
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let saved = serde_json::to_vec(&written).map_err(std::io::Error::from).and_then(|text| {
            let mut file = NamedTempFile::new_in(directory)?;
            file.write_all(&text)?;
            file.write_all(b"\n")?;
            file.persist(path).map(drop).map_err(|error| error.error)
        });
        saved.map_err(|error| Failure::at(path)(Error::io_at(IoCall::Write, path, 0, error)))
    }
}
