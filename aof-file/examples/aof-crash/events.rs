//! What a writer tells, and the writer itself, until it is killed.

use crate::writer::Load;
use std::io::{BufRead, BufReader};
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
    /// This entry is durable: op and checksum.
    Acknowledged(u64, String),
    RotationBegins,
    RotationDone,
    Failed(String),
}

/// A writer under way.
pub(crate) struct Writer {
    child: Child,
    events: Receiver<Event>,
    pub(crate) seen: Vec<Event>,
}

impl Writer {
    pub(crate) fn start(log: &Path, load: Load, seed: u64, round: u64) -> Writer {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["write", "--load", &format!("{load:?}").to_lowercase()])
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

    /// How many events have come by now.
    pub(crate) fn seen_by_now(&mut self) -> usize {
        self.seen.extend(self.events.try_iter());
        self.seen.len()
    }

    /// Kills it, and answers everything that it told.
    pub(crate) fn kill(mut self) -> Vec<Event> {
        // It may have ended by itself already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
        self.seen.extend(self.events.iter());
        self.seen
    }
}

fn parse(line: &str) -> Event {
    let words: Vec<_> = line.split(' ').collect();
    match words[..] {
        ["S"] => Event::Started,
        ["R"] => Event::RotationBegins,
        ["D"] => Event::RotationDone,
        ["T", nonce] => Event::Tried(nonce.parse().unwrap()),
        ["A", op, checksum] => Event::Acknowledged(op.parse().unwrap(), checksum.to_owned()),
        ["E", ..] => Event::Failed(line[2..].to_owned()),
        _ => panic!("a line of the writer: {line:?}"),
    }
}
