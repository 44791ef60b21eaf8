//! A process that appends line by line, for as long as the test wants.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// `aof append --ack`, with lines to come.
pub struct Writer {
    child: Child,
    lines: ChildStdin,
    acknowledged: Lines<BufReader<ChildStdout>>,
}

impl Writer {
    /// Each line in a checkpoint of its own.
    pub fn start(directory: &Path, log: &str) -> Writer {
        Writer::start_with(directory, &["--sync", "every", log])
    }

    pub fn start_with(directory: &Path, arguments: &[&str]) -> Writer {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("aof"))
            .args(["append", "--ack"])
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = child.stdin.take().unwrap();
        let acknowledged = BufReader::new(child.stdout.take().unwrap()).lines();
        Writer { child, lines, acknowledged }
    }

    /// Appends one line; the op that was acknowledged, or nothing when the process ended instead.
    pub fn append(&mut self, line: &str) -> Option<String> {
        writeln!(self.lines, "{line}").unwrap();
        self.acknowledged.next().map(Result::unwrap)
    }

    /// No more lines: its exit code, and what it said.
    pub fn end(self) -> (i32, String) {
        drop(self.lines);
        let output = self.child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
