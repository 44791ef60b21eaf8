//! Parts of a benchmark, each in a process of its own, because one of the peers takes its settings from the environment
//! and once for all.

use std::path::Path;
use std::process::{Command, ExitCode};

/// Says to a process which part it runs, and in which directory.
const PART: &str = "AOF_BENCHES_PART";
const DIRECTORY: &str = "AOF_BENCHES_DIRECTORY";

/// A part of a benchmark: what it is called, and what runs it in a directory.
pub type Part<'name> = (&'name str, fn(&Path));

/// Runs this program again for each part that is wanted, with the same arguments, in a temporary directory that goes
/// with it. In those processes, runs the part.
pub fn in_processes(parts: &[Part<'_>], wanted: impl Fn(&str) -> bool) -> ExitCode {
    if let (Ok(part), Some(directory)) = (std::env::var(PART), std::env::var_os(DIRECTORY)) {
        let ours = parts.iter().filter(|(name, _)| *name == part);
        ours.for_each(|(_, run)| run(Path::new(&directory)));
        return ExitCode::SUCCESS;
    }
    for (part, _) in parts.iter().filter(|(part, _)| wanted(part)) {
        let directory = tempfile::tempdir().expect("the system takes a temporary directory");
        let status = Command::new(std::env::current_exe().expect("this program has a path"))
            .args(std::env::args_os().skip(1))
            .env(PART, part)
            .env(DIRECTORY, directory.path())
            .env("WALRUS_DATA_DIR", directory.path())
            .env("WALRUS_QUIET", "1")
            .status();
        if !status.expect("this program can be run again").success() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
