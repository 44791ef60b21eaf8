//! A log of several clusters, which cannot be appended to.

use crate::command_line::append::AppendArguments;
use crate::commands::clusters::change;
use crate::input::source::Source;
use crate::output::advice::Next;
use crate::output::failure::Failure;
use crate::output::paths::{quoted, shown};
use aof_api::Error;

/// The failure of opening the log. Without `--cluster`, another cluster is a problem of the log, not of the command line.
pub(super) fn of_the_log(arguments: &AppendArguments, error: Error) -> Failure {
    let log = arguments.log.as_path();
    match error {
        Error::WrongCluster { expected, found } if arguments.cluster.is_none() => {
            let change = Source::open(log).and_then(|log| log.reader()).ok().and_then(change);
            let at = change.map_or_else(String::new, |change| format!("at offset {}, ", change.offset));
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
