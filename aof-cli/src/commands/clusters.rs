//! Logs of several clusters, which are never one log.

use crate::input::source::Source;
use crate::output::advice::Next;
use crate::output::failure::{Failure, Outcome};
use crate::output::paths::{quoted, shown};
use aof_api::{AofRead, Entries, Error, read};
use futures::executor::block_on;
use std::path::Path;

/// Where the cluster of a log changes.
pub(super) struct Change {
    pub(super) offset: u64,
    pub(super) expected: u128,
    pub(super) found: u128,
}

impl Change {
    /// That the log is a mix, which the command cannot make one log of.
    pub(super) fn failure(&self, log: &Path) -> Failure {
        let Change { offset, expected, found } = self;
        Failure::Problem {
            text: format!(
                "{}: at offset {offset}, expected cluster {expected}, found {found}: logs of two clusters are mixed",
                shown(log)
            ),
            next: vec![Next::new(format!("aof validate {}", quoted(log)), "lists everything that is wrong")],
        }
    }
}

/// Where the cluster changes first; none where it does not, or the log cannot be read that far.
pub(super) fn change(reader: impl AofRead) -> Option<Change> {
    let (mut entries, mut first) = (Entries::new(reader, read::Options::new()), None);
    loop {
        match block_on(entries.next()) {
            Ok(Some(entry)) => {
                let found = entry.header().cluster.get();
                let expected = *first.get_or_insert(found);
                if expected != found {
                    return Some(Change { offset: entry.offset, expected, found });
                }
            }
            Err(Error::Corrupt { .. }) => {
                if block_on(entries.resync()).ok()?.is_some_and(|range| range.at_end) {
                    return None;
                }
            }
            Ok(None) | Err(_) => return None,
        }
    }
}

/// Logs of several clusters are not merged.
pub(super) fn refuse_several(sources: &[Source]) -> Outcome<()> {
    let mut first: Option<(&Source, u128)> = None;
    for source in sources {
        let mut entries = Entries::new(source.reader()?, read::Options::new());
        let Ok(Some(entry)) = block_on(entries.next()) else { continue };
        let cluster = entry.header().cluster.get();
        let (other, expected) = *first.get_or_insert((source, cluster));
        if cluster != expected {
            let (other, path) = (shown(&other.path), shown(&source.path));
            return Err(Failure::problem(format!(
                "{other} is a log of cluster {expected}, {path} of cluster {cluster}: nothing was written; merge the logs \
                 of one cluster"
            )));
        }
    }
    Ok(())
}

/// A log that is itself a mix of clusters, of which a merge or a repair keeps one.
pub(super) fn mixed(source: &Source) -> Option<String> {
    let Change { offset, expected, found } = change(source.reader().ok()?)?;
    let path = shown(&source.path);
    Some(format!("{path} holds cluster {expected}, and from offset {offset} on cluster {found}: two logs are mixed"))
}
