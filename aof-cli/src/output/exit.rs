//! How a command ends: the exit codes, and failures told to people.

use crate::output::hint::hint;
use crate::output::paths::as_typed;
use anstream::eprintln;
use anstyle::{AnsiColor, Style};
use aof_api::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The exit codes of every command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Done, nothing wrong.
    Clean = 0,
    /// The log has problems.
    Problems = 1,
    /// The command line, or what was given to append, cannot be.
    Usage = 2,
    /// The machine failed.
    Io = 3,
    /// Refused to protect something: locked, or it would overwrite.
    Refused = 4,
}

/// Why a command could not go on.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Of a log.
    Log { path: PathBuf, error: Error },
    /// Of what was asked.
    Usage(String),
    /// Something is to be protected.
    Refused(String),
    /// Of the contents of several logs.
    Problem(String),
    /// Of a log, in the middle of what was to be done, and what there is of it.
    CutShort { failure: Box<Failure>, text: String },
    /// Nobody reads the acknowledgements any more.
    Acknowledgement(io::Error),
    /// Of a stream of this process.
    Stream { what: &'static str, error: io::Error },
}

/// What every command answers.
pub(crate) type Outcome<T = Exit> = Result<T, Failure>;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Failure {
    /// For `map_err`, with the path that the failure is about.
    pub(crate) fn at(path: &Path) -> impl Fn(Error) -> Failure {
        move |error| Failure::Log { path: path.to_owned(), error }
    }

    /// For `map_err` of what is written to standard output.
    pub(crate) fn output(error: io::Error) -> Failure {
        Failure::Stream { what: "standard output", error }
    }

    pub(crate) fn report(&self) {
        if !self.is_closed_pipe() {
            eprintln!("{ERROR}error:{ERROR:#} {self}");
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) => Exit::Usage,
            Failure::Refused(_) => Exit::Refused,
            Failure::Problem(_) => Exit::Problems,
            Failure::CutShort { failure, .. } => failure.exit(),
            // The reader had enough: `aof inspect LOG | head`.
            _ if self.is_closed_pipe() => Exit::Clean,
            Failure::Stream { .. } | Failure::Acknowledgement(_) => Exit::Io,
            Failure::Log { error, .. } => exit_of(error),
        }
    }

    fn is_closed_pipe(&self) -> bool {
        matches!(self, Failure::Stream { error, .. } if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Corrupt { .. }
        | Error::ChecksumMismatch { .. }
        | Error::ChainBroken { .. }
        | Error::Forked { .. }
        | Error::Unmergeable { .. }
        | Error::Truncated { .. }
        | Error::TooLarge { what: "the damaged tail", .. } => Exit::Problems,
        Error::Locked { .. }
        | Error::Fenced { .. }
        | Error::Moved { .. }
        | Error::NotEmpty { .. }
        | Error::Differs { .. } => Exit::Refused,
        Error::WrongCluster { .. } | Error::TooLarge { .. } | Error::Reserved { .. } | Error::Unsupported { .. } => {
            Exit::Usage
        }
        _ => Exit::Io,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Log { path, error } => {
                let name = path.display();
                let text = as_typed(&error.to_string(), path);
                match error {
                    Error::Locked { .. } | Error::Moved { .. } | Error::Fenced { .. } => write!(f, "{text}")?,
                    Error::Io { operation: operation @ ("open" | "create"), source, .. } => {
                        write!(f, "cannot {operation} {}", as_typed(&source.to_string(), path))?;
                    }
                    Error::Io { .. } if text.contains(&name.to_string()) => write!(f, "{text}")?,
                    _ => write!(f, "{name}: {text}")?,
                }
                hint(path, error).map_or(Ok(()), |hint| write!(f, "\n  {hint}"))
            }
            Failure::Usage(message) | Failure::Refused(message) | Failure::Problem(message) => f.write_str(message),
            Failure::CutShort { failure, text } => write!(f, "{failure}; {text}"),
            Failure::Acknowledgement(error) => {
                write!(f, "standard output: {error}: entries cannot be acknowledged any more, so no more were appended")
            }
            Failure::Stream { what, error } => write!(f, "{what}: {error}"),
        }
    }
}
