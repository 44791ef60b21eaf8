//! What a writer tells, and the writer itself, until it is killed.

use crate::writer::{Kind, Load};
use rustix::time::{ClockId, clock_gettime};
use std::fmt::Display;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// One line of a writer.
#[derive(Debug)]
pub(crate) enum Event {
    Started,
    /// It is about to append the entry with this nonce.
    Tried(u64),
    /// This entry is durable, and was known to be at this time.
    Acknowledged {
        op: u64,
        checksum: String,
        at_ns: u64,
    },
    RotationBegins,
    RotationDone,
    /// It is about to prune what is below this op.
    PruneBegins {
        op: u64,
    },
    /// The log durably begins at this offset, and was known to at this time.
    Pruned {
        start: u64,
        at_ns: u64,
    },
    Failed(String),
}

/// A writer under way.
pub(crate) struct Writer {
    child: Child,
    events: Receiver<Event>,
    seen: Vec<Event>,
}

impl Writer {
    pub(crate) fn start(log: &Path, kind: Kind, load: Load, seed: u64, round: u64) -> Writer {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["write", "--load", &format!("{load:?}").to_lowercase()])
            .args(["--kind", &format!("{kind:?}").to_lowercase()])
            .args(["--seed", &seed.to_string(), "--round", &round.to_string(), "--log"])
            .arg(log)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // A line without its end was cut off by the kill.
            while lines.read_line(&mut line).is_ok_and(|count| count > 0) && line.ends_with('\n') {
                if sender.send(parse(line.trim_end())).is_err() {
                    break;
                }
                line.clear();
            }
        });
        Writer { child, events, seen: Vec::new() }
    }

    /// Listens until the first event of this kind, or the time is over, or the writer has ended.
    pub(crate) fn listen(&mut self, longest: Duration, is_it: impl Fn(&Event) -> bool) {
        let deadline = Instant::now() + longest;
        loop {
            match self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) => {
                    let found = is_it(&event);
                    self.seen.push(event);
                    if found {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Kills it, and returns everything that it told.
    pub(crate) fn kill(mut self) -> Vec<Event> {
        // It may have ended by itself already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
        self.seen.extend(self.events.iter());
        self.seen
    }
}

/// Nanoseconds of CLOCK_MONOTONIC, which all processes share.
pub(crate) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// One line of a writer for the process that watches, in one write.
pub(crate) fn tell(line: impl Display) {
    let line = format!("{line}\n");
    // Nobody listens when the watching process is gone: then this one ends too.
    if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
        std::process::exit(1);
    }
}

fn parse(line: &str) -> Event {
    let words: Vec<_> = line.split(' ').collect();
    match words[..] {
        ["S"] => Event::Started,
        ["R"] => Event::RotationBegins,
        ["D"] => Event::RotationDone,
        ["P", op] => Event::PruneBegins { op: op.parse().unwrap() },
        ["Q", start, at_ns] => Event::Pruned { start: start.parse().unwrap(), at_ns: at_ns.parse().unwrap() },
        ["T", nonce] => Event::Tried(nonce.parse().unwrap()),
        ["A", op, checksum, at_ns] => Event::Acknowledged {
            op: op.parse().unwrap(),
            checksum: checksum.to_owned(),
            at_ns: at_ns.parse().unwrap(),
        },
        ["E", ..] => Event::Failed(line[2..].to_owned()),
        _ => panic!("a line of the writer: {line:?}"),
    }
}
