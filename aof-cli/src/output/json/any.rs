//! What every command may print.

use super::object::object;
use super::value::Sometimes;

object! {
    /// Why the command failed. It is the last line.
    Error = "error" {
        /// The exit code: 1 problems found in the log, 2 usage, 3 I/O error, 4 refused
        code: u8,
        /// What happened, where, and what to do next, as it is shown on a terminal
        message: String,
        /// The log it is about
        log: Sometimes<String>,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// Commands that help, to be pasted into a shell
        next: Vec<String>,
    }
}

object! {
    /// What `--help` prints.
    Help = "help" {
        /// The text
        text: String,
    }
}

object! {
    /// What `--version` prints.
    Version = "version" {
        /// The version of the tool
        version: String,
    }
}

object! {
    /// What `aof completions` prints.
    Completions = "completions" {
        /// The shell
        shell: String,
        /// The script
        text: String,
    }
}

object! {
    /// What `aof man` prints.
    Manual = "manual" {
        /// The page
        text: String,
    }
}
