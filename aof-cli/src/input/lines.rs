//! What is to be appended: lines of standard input, or made-up bodies.

use super::standard_input::StandardInput;
use crate::output::failure::{Failure, Outcome};
use crate::output::signals::Interruption;
use aof_api::format::BODY_SIZE_MAX;
use std::io::{BufRead, BufReader};

/// Bodies, one after the other, until a signal asks to end.
pub(crate) enum Input {
    Lines(Lines),
    MadeUp { left: u64, body: Vec<u8>, interruption: Interruption },
}

/// Lines without their line feeds.
pub(crate) struct Lines {
    stdin: BufReader<StandardInput>,
    number: u64,
}

impl Input {
    pub(crate) fn lines(interruption: Interruption) -> Input {
        Input::Lines(Lines { stdin: BufReader::with_capacity(1 << 20, StandardInput::until(interruption)), number: 0 })
    }

    /// `count` bodies of `len` bytes.
    pub(crate) fn made_up(count: u64, len: usize, interruption: Interruption) -> Input {
        let body = (0..len).map(|index| b"0123456789abcdef"[index % 16]).collect();
        Input::MadeUp { left: count, body, interruption }
    }

    /// Whether asking for the next body might wait for somebody to write one.
    pub(crate) fn pauses(&self) -> bool {
        match self {
            Input::Lines(lines) => !lines.stdin.buffer().contains(&b'\n'),
            Input::MadeUp { .. } => false,
        }
    }

    /// The signal that asks to end, if one came.
    pub(crate) fn signal(&self) -> Option<i32> {
        match self {
            Input::Lines(lines) => lines.stdin.get_ref().signal(),
            Input::MadeUp { interruption, .. } => interruption.signal(),
        }
    }

    /// The next body, into `body`; returns whether there is one.
    pub(crate) fn next(&mut self, body: &mut Vec<u8>) -> Outcome<bool> {
        body.clear();
        if let Some(signal) = self.signal() {
            return Err(Failure::Interrupted(signal));
        }
        match self {
            Input::MadeUp { left: 0, .. } => Ok(false),
            Input::MadeUp { left, body: made_up, .. } => {
                *left -= 1;
                body.extend_from_slice(made_up);
                Ok(true)
            }
            Input::Lines(lines) => lines.next(body),
        }
    }
}

impl Lines {
    fn next(&mut self, body: &mut Vec<u8>) -> Outcome<bool> {
        self.number += 1;
        loop {
            let there = self.stdin.fill_buf().map_err(|error| Failure::Stream { what: "standard input", error })?;
            if there.is_empty() {
                // A line that a signal cut short is not a line.
                return match self.stdin.get_ref().signal() {
                    Some(signal) => Err(Failure::Interrupted(signal)),
                    None => Ok(!body.is_empty()),
                };
            }
            let line_feed = there.iter().position(|byte| *byte == b'\n');
            let part = &there[..line_feed.unwrap_or(there.len())];
            if body.len() + part.len() > BODY_SIZE_MAX as usize {
                let number = self.number;
                return Err(Failure::Usage(format!(
                    "line {number} is longer than an entry can hold ({BODY_SIZE_MAX} bytes)"
                )));
            }
            body.extend_from_slice(part);
            let used = part.len() + usize::from(line_feed.is_some());
            self.stdin.consume(used);
            if line_feed.is_some() {
                return Ok(true);
            }
        }
    }
}
