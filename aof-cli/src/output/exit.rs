//! The exit codes, and which failure of the library has which.

use aof_api::storage::{ErrorClass, Quantity};
use aof_api::{Error, copy, merge};
use std::process::ExitCode;

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

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

impl From<ErrorClass> for Exit {
    fn from(class: ErrorClass) -> Exit {
        match class {
            ErrorClass::Owner => Exit::Refused,
            ErrorClass::Call => Exit::Usage,
            // A log that was cut or pruned while it was read is not what it was.
            ErrorClass::Reader | ErrorClass::Data => Exit::Problems,
            // Storage, room, and whatever comes later.
            _ => Exit::Io,
        }
    }
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Exit {
        match error {
            Error::Undecided { cause, .. } => Exit::from(&**cause),
            // It would be overwritten.
            Error::NotEmpty { .. } => Exit::Refused,
            // The log is what makes these calls impossible, not the command line.
            Error::TooLarge { what: Quantity::Tail, .. } | Error::OpsExhausted => Exit::Problems,
            error => Exit::from(error.class()),
        }
    }
}

impl From<&merge::Error> for Exit {
    fn from(error: &merge::Error) -> Exit {
        match error {
            merge::Error::Storage(error) => Exit::from(error),
            error => Exit::from(error.class()),
        }
    }
}

impl From<&copy::Error> for Exit {
    fn from(error: &copy::Error) -> Exit {
        match error {
            copy::Error::Storage(error) => Exit::from(error),
            // It would be overwritten.
            copy::Error::Differs { .. } => Exit::Refused,
            error => Exit::from(error.class()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aof_api::format::{Checksum, Damage, HeaderLint};
    use aof_api::log::Appended;
    use aof_api::log::blocking::Aof;
    use aof_api::merge::Unmergeable;
    use aof_api::storage::{CorruptReason, IoCall};
    use aof_api::{LogOptions, Operation};
    use aof_file::FileBackend;
    use std::io;
    use std::sync::Arc;

    /// An entry, which only a log can make.
    fn appended() -> Appended {
        let directory = tempfile::tempdir().unwrap();
        let backend = FileBackend::create(directory.path().join("log.aof")).unwrap();
        Aof::create(backend, LogOptions::new()).unwrap().append(Operation(128), b"").unwrap()
    }

    /// Every variant that the library has.
    fn table() -> Vec<(Error, Exit)> {
        let checksum = Checksum::from(7_u128);
        let what = || "log.aof".to_owned();
        let appended = appended();
        vec![
            (Error::io(IoCall::Read, 0, io::Error::other("no")), Exit::Io),
            (Error::Poisoned { cause: Arc::new(Error::Closed) }, Exit::Io),
            (Error::Panicked { message: "no".into() }, Exit::Io),
            (Error::Undecided { appended, cause: Arc::new(Error::Full { needed: 1, available: 0 }) }, Exit::Io),
            (Error::Undecided { appended, cause: Arc::new(Error::Fenced { what: what() }) }, Exit::Refused),
            (Error::Closed, Exit::Io),
            (Error::Lent, Exit::Usage),
            (Error::Replaced, Exit::Usage),
            (Error::Full { needed: 1, available: 0 }, Exit::Io),
            (Error::UnflushedMax { unflushed: 1, needed: 1, limit: 1 }, Exit::Io),
            (Error::Unflushed { unflushed: 1 }, Exit::Io),
            (Error::Locked { what: what() }, Exit::Refused),
            (Error::Fenced { what: what() }, Exit::Refused),
            (Error::Moved { what: what() }, Exit::Refused),
            (Error::TooLarge { what: Quantity::Body, size: 2, limit: 1 }, Exit::Usage),
            (Error::TooLarge { what: Quantity::Write, size: 2, limit: 1 }, Exit::Usage),
            (Error::TooLarge { what: Quantity::Note, size: 2, limit: 1 }, Exit::Usage),
            (Error::TooLarge { what: Quantity::Tail, size: 2, limit: 1 }, Exit::Problems),
            (Error::TooManyEntries { count: 2, limit: 1 }, Exit::Usage),
            (Error::OutOfBounds { offset: 2, len: 1 }, Exit::Usage),
            (Error::NotEmpty { len: 1 }, Exit::Refused),
            (Error::WrongCluster { expected: 0, found: 5 }, Exit::Usage),
            (Error::Reserved { operation: 0 }, Exit::Usage),
            (Error::RootOp, Exit::Usage),
            (Error::OpsExhausted, Exit::Problems),
            (Error::BadMeta { lint: HeaderLint::Size }, Exit::Usage),
            (Error::Unsupported { what: "this" }, Exit::Usage),
            (Error::Truncated { offset: 2, len: 1 }, Exit::Problems),
            (Error::Pruned { start: 1 }, Exit::Problems),
            (Error::Lagged, Exit::Problems),
            (Error::Corrupt { offset: 0, reason: CorruptReason::Damaged(Damage::Magic) }, Exit::Problems),
            (Error::Missing { what: what(), from: 1, to: Some(2) }, Exit::Problems),
            (Error::ChecksumMismatch { expected: checksum, found: None }, Exit::Problems),
            (Error::MaybePruned { expected: checksum, start: 1 }, Exit::Problems),
            (Error::NoteTipMissing { expected: checksum, covered: 1, found: None }, Exit::Problems),
            (Error::ChainBroken { offset: 0, op: 1, expected: None, found: checksum }, Exit::Problems),
            (Error::Forked { offset: 0, op: 1, parent: checksum }, Exit::Problems),
        ]
    }

    #[test]
    fn every_failure_of_the_library_has_its_exit_code_also_inside_a_merge_or_a_copy() {
        for (error, exit) in table() {
            assert_eq!(Exit::from(&error), exit, "{error:?}");
            assert_eq!(Exit::from(&merge::Error::from(error.clone())), exit, "{error:?}");
            assert_eq!(Exit::from(&copy::Error::from(error.clone())), exit, "{error:?}");
        }
    }

    #[test]
    fn a_merge_that_must_be_told_more_is_a_problem_and_another_destination_is_refused() {
        let unmergeable = merge::Error::Unmergeable { reason: Arc::new(Unmergeable::NoEntries) };
        assert_eq!(Exit::from(&unmergeable), Exit::Problems);
        assert_eq!(Exit::from(&copy::Error::Differs { offset: 0 }), Exit::Refused);
    }

    #[test]
    fn the_table_has_every_variant_of_the_library() {
        let source = include_str!("../../../aof-api/src/storage/error.rs");
        let variants = source.split_once("pub enum Error {").unwrap().1.split_once("\n}").unwrap().0;
        let is_variant = |line: &&str| line.starts_with(|c: char| c.is_ascii_uppercase());
        let variants = variants.lines().filter_map(|line| line.strip_prefix("    ")).filter(is_variant);
        let mut variants: Vec<_> = variants.map(|line| line.trim_end_matches([' ', '{', ','])).collect();
        // The name of the variant is what `Debug` prints first.
        let name = |error: &Error| format!("{error:?}").split([' ', '(']).next().unwrap().to_owned();
        let mut names: Vec<_> = table().iter().map(|(error, _)| name(error)).collect();
        names.sort();
        names.dedup();
        variants.sort();
        assert_eq!(names, variants);
    }
}
