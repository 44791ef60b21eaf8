//! Why a command could not continue, for people and scripts.

use super::advice::{Advice, Next, Role, advice};
use super::exit::Exit;
use super::json::log::name;
use super::json::value::Sometimes;
use super::json::{self, any};
use super::out::Out;
use super::paths::{as_typed, printable, shown};
use super::say::{may_print, say};
use anstyle::{AnsiColor, Style};
use aof_api::storage::{CorruptReason, IoCall};
use aof_api::{Error, copy};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a command could not continue.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Of a log.
    Log { path: PathBuf, error: Error, role: Role },
    /// Of a destination that holds something else.
    Differs { path: PathBuf, error: copy::Error },
    /// Of what was asked.
    Usage(String),
    /// Something is to be protected.
    Refused(String),
    /// Of the contents of logs.
    Problem { text: String, next: Vec<Next> },
    /// Of a log, in the middle of what was to be done, and what there is of it.
    CutShort { failure: Box<Failure>, text: String, next: Vec<Next> },
    /// Nobody reads the acknowledgements any more.
    Acknowledgement(io::Error),
    /// Of a stream of this process.
    Stream { what: &'static str, error: io::Error },
    /// A signal asked the process to end.
    Interrupted(i32),
}

/// What every command returns.
pub(crate) type Outcome<T = Exit> = Result<T, Failure>;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Failure {
    /// For `map_err`, with the path that the failure is about: a log that the command reads or appends to.
    pub(crate) fn at(path: &Path) -> impl Fn(Error) -> Failure {
        Failure::of(path, Role::Log)
    }

    /// For `map_err`, of the file at `path`, which has this role.
    pub(crate) fn of(path: &Path, role: Role) -> impl Fn(Error) -> Failure {
        move |error| Failure::Log { path: path.to_owned(), error, role }
    }

    /// For `map_err` of what is written to standard output.
    pub(crate) fn output(error: io::Error) -> Failure {
        Failure::Stream { what: "standard output", error }
    }

    /// A problem without a command that helps.
    pub(crate) fn problem(text: impl Into<String>) -> Failure {
        Failure::Problem { text: text.into(), next: Vec::new() }
    }

    /// Whether the reader of the output had enough: `aof inspect LOG | head`.
    pub(crate) fn is_reader_gone(&self) -> bool {
        matches!(self, Failure::Stream { error, .. } if error.kind() == io::ErrorKind::BrokenPipe)
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Log { error, .. } => Exit::from(error),
            Failure::Differs { error, .. } => Exit::from(error),
            Failure::Usage(_) => Exit::Usage,
            Failure::Refused(_) => Exit::Refused,
            Failure::Problem { .. } => Exit::Problems,
            Failure::CutShort { failure, .. } => failure.exit(),
            _ if self.is_reader_gone() => Exit::Clean,
            Failure::Stream { .. } | Failure::Acknowledgement(_) | Failure::Interrupted(_) => Exit::Io,
        }
    }

    /// Says what happened: on standard error, or as the last object on standard output.
    pub(crate) fn report(&self, json: bool) {
        if self.is_reader_gone() || matches!(self, Failure::Interrupted(_)) {
            return;
        }
        let printed = json && may_print() && !matches!(self, Failure::Stream { .. } | Failure::Acknowledgement(_)) && {
            let mut out = Out::of_verdict();
            json::print(&mut out, &self.object()).is_ok() && out.finish().is_ok()
        };
        if !printed {
            say!("{ERROR}error:{ERROR:#} {self}");
        }
    }

    fn object(&self) -> any::Error {
        let (log, log_hex) = match self.path().map(name) {
            Some((log, hex)) => (log.into(), hex),
            None => (Sometimes(None), Sometimes(None)),
        };
        let next = self.next().into_iter().map(|next| next.command).collect();
        any::Error { code: self.exit() as u8, message: self.to_string(), log, log_hex, next }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Failure::Log { path, .. } | Failure::Differs { path, .. } => Some(path),
            Failure::CutShort { failure, .. } => failure.path(),
            _ => None,
        }
    }

    /// Commands that help.
    fn next(&self) -> Vec<Next> {
        match self {
            Failure::Log { path, error, role } => advice(path, error, *role).next,
            Failure::Problem { next, .. } => next.clone(),
            Failure::CutShort { failure, next, .. } => failure.next().into_iter().chain(next.iter().cloned()).collect(),
            _ => Vec::new(),
        }
    }
}

/// What the library reports, without the items of the library that a text of it names: the tool has flags instead, which
/// the advice names.
fn said(error: &Error) -> String {
    match error {
        Error::Corrupt { offset, reason: CorruptReason::EntriesBehind { damage, next } } => format!(
            "at offset {offset}: {damage}; valid entries follow the damage, the first at offset {next}, and the log does not \
             record what was acknowledged"
        ),
        Error::NoteTipMissing { expected, covered, found } => {
            let last = found.map_or_else(|| "it has no entry".to_owned(), |found| format!("its last entry is {found}"));
            format!(
                "acknowledged data is lost: the first {covered} bytes were recorded as durable and end in the entry \
                 {expected}, which the log does not hold ({last}); restore it from another copy"
            )
        }
        error => error.to_string(),
    }
}

/// What the library reports, with the path as it was typed.
fn text_of(path: &Path, error: &Error) -> String {
    match error {
        Error::Io { call: IoCall::Open | IoCall::Create, source, .. } => {
            format!("cannot open {}: {}", shown(path), as_typed(&source.to_string(), path))
        }
        Error::Io { call, path: Some(at), offset, source } => {
            format!("{call} {} at offset {offset} failed: {}", given(at, path), as_typed(&source.to_string(), path))
        }
        Error::Locked { .. } | Error::Moved { .. } | Error::Fenced { .. } | Error::Missing { .. } => {
            as_typed(&said(error), path)
        }
        error => format!("{}: {}", shown(path), as_typed(&said(error), path)),
    }
}

/// The name that was given for the file at `at`: a draft of `typed` is called by the name that it is to have.
fn given(at: &Path, typed: &Path) -> String {
    let draft = typed.file_name().zip(at.file_name()).is_some_and(|(typed, at)| {
        let rest = at.as_encoded_bytes().strip_prefix(typed.as_encoded_bytes());
        rest.is_some_and(|rest| rest.starts_with(b".partial-"))
    });
    if draft { shown(typed) } else { as_typed(&at.to_string_lossy(), typed) }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_next =
            |f: &mut fmt::Formatter<'_>, next: &[Next]| next.iter().try_for_each(|next| write!(f, "\n  {next}"));
        match self {
            Failure::Log { path, error, role } => {
                f.write_str(&text_of(path, error))?;
                let Advice { text, next } = advice(path, error, *role);
                with_next(f, &next)?;
                text.map_or(Ok(()), |text| write!(f, "\n  {text}"))
            }
            Failure::Differs { path, error: copy::Error::Storage(error) } => f.write_str(&text_of(path, error)),
            Failure::Differs { path, error } => write!(f, "{}: {error}", shown(path)),
            Failure::Usage(text) | Failure::Refused(text) => f.write_str(text),
            Failure::Problem { text, next } => f.write_str(text).and_then(|()| with_next(f, next)),
            Failure::CutShort { failure, text, next } => {
                write!(f, "{failure}; {text}").and_then(|()| with_next(f, next))
            }
            Failure::Acknowledgement(error) => {
                write!(f, "standard output: {error}: entries cannot be acknowledged any more, so no more were appended")
            }
            Failure::Stream { what, error } => write!(f, "{what}: {}", printable(&error.to_string())),
            Failure::Interrupted(_) => f.write_str("interrupted"),
        }
    }
}
