//! Why a log cannot be opened to be appended to.

use crate::command_line::append::AppendArguments;
use crate::commands::clusters::change;
use crate::input::source::Source;
use crate::output::failure::Failure;
use crate::output::paths::shown;
use aof_api::Error;

/// The failure of opening the log. Where its cluster changes, that is a problem of the log, not of the command line.
pub(super) fn of_the_log(arguments: &AppendArguments, error: Error) -> Failure {
    let log = arguments.log.as_path();
    match error {
        Error::WrongCluster { expected, found } => {
            let change = Source::open(log).and_then(|log| log.reader()).ok().and_then(change);
            match change {
                Some(change) => change.failure(log),
                None if arguments.cluster.is_some() => Failure::at(log)(error),
                None => Failure::problem(format!(
                    "{}: expected cluster {expected}, found {found}: logs of two clusters are mixed",
                    shown(log)
                )),
            }
        }
        error => Failure::at(log)(error),
    }
}
