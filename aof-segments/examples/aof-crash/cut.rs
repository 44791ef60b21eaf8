//! The cut itself, `FS_IOC_SHUTDOWN`, which safe Rust cannot call: a Python program waits for the word, and calls it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What becomes of the journal that is in memory at a cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Journal {
    /// Written before: metadata is ahead of data.
    Flushed = 1,
    /// Lost, as when the power fails.
    Lost = 2,
}

/// A process that is ready to cut, so that the moment is not that of a program's start.
pub(crate) struct Cutter {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Cutter {
    pub(crate) fn start() -> Result<Cutter, String> {
        let mut child = Command::new("python3")
            .args(["-c", include_str!("cut.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("python3: {error}"))?;
        let (orders, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Ok(Cutter { child, orders, answers })
    }

    /// Cuts the power: nothing that is not on the disk will ever be. Returns the time ([`now_ns`](crate::events::now_ns))
    /// right before the call.
    pub(crate) fn cut(&mut self, folder: &Path, journal: Journal) -> Result<u64, String> {
        let mut answer = String::new();
        writeln!(self.orders, "{} {}", journal as u32, folder.display())
            .and_then(|()| self.answers.read_line(&mut answer))
            .map_err(|error| format!("cut.py: {error}"))?;
        answer.trim().parse().map_err(|_| format!("FS_IOC_SHUTDOWN: {}", answer.trim()))
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
