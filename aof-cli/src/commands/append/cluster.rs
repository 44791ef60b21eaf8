//! A log of several clusters, which cannot be appended to.

use crate::command_line::append::AppendArguments;
use crate::output::advice::Next;
use crate::output::failure::Failure;
use crate::output::paths::{quoted, shown};
use aof_api::{Entries, Error, read};
use aof_file::FileBackend;
use futures::executor::block_on;
use std::path::Path;

/// The failure of opening the log. Without `--cluster`, another cluster is a problem of the log, not of the command line.
pub(super) fn of_the_log(arguments: &AppendArguments, error: Error) -> Failure {
    let log = arguments.log.as_path();
    match error {
        Error::WrongCluster { expected, found } if arguments.cluster.is_none() => {
            let at = place(log).map_or_else(String::new, |offset| format!("at offset {offset}, "));
            Failure::Problem {
                text: format!(
                    "{}: {at}expected cluster {expected}, found {found}: logs of two clusters are mixed",
                    shown(log)
                ),
                next: vec![Next::new(format!("aof validate {}", quoted(log)), "lists everything that is wrong")],
            }
        }
        error => Failure::at(log)(error),
    }
}

/// Where the cluster changes first.
fn place(log: &Path) -> Option<u64> {
    let mut entries = Entries::new(FileBackend::open_read_only(log).ok()?, read::Options::new());
    let mut first = None;
    while let Some(entry) = block_on(entries.next()).ok()? {
        let cluster = entry.header().cluster.get();
        if *first.get_or_insert(cluster) != cluster {
            return Some(entry.offset);
        }
    }
    None
}
