//! What to do next, where the error of the library cannot know that it is the tool that asks.

use super::looks::{Looks, looks};
use super::paths::quoted;
use crate::command_line::size::counted;
use aof_api::Error;
use aof_api::format::Damage;
use aof_api::storage::{CorruptReason, ErrorClass, IoCall};
use std::fmt;
use std::io;
use std::path::Path;

/// A command that helps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Next {
    /// As it is pasted into a shell.
    pub(crate) command: String,
    /// What it does.
    pub(crate) why: String,
}

impl Next {
    pub(crate) fn new(command: impl Into<String>, why: impl Into<String>) -> Next {
        Next { command: command.into(), why: why.into() }
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}   {}", self.command, self.why)
    }
}

/// What to do about a failure.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Advice {
    pub(crate) text: Option<String>,
    pub(crate) next: Vec<Next>,
}

/// What a file is to the command that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// A log that is read, or appended to.
    Log,
    /// A file that appears under its name only when it is complete.
    Output,
    /// A copy, which continues where it ends.
    Copy,
}

/// What to do about this error of this file.
pub(crate) fn advice(path: &Path, error: &Error, role: Role) -> Advice {
    let log = quoted(path);
    let validate = || Next::new(format!("aof validate {log}"), "lists everything that is wrong, and what is intact");
    let mut advice = Advice::default();
    match error {
        // The flags that open a log are those of `append`: a copy is made elsewhere.
        Error::Corrupt { reason: CorruptReason::NotALog(_), .. } if role == Role::Copy => {}
        _ if role == Role::Copy && error.class() == ErrorClass::Data => {
            advice.next = vec![validate()];
            advice.text = Some("nothing in it was changed: copy to another place".to_owned());
        }
        Error::ChainBroken { .. } => {
            advice.next = vec![validate()];
            advice.text = Some(
"it reports whether ops are missing, which another copy may have; where a restarted replica only recorded \
                 entries again, `--rule seen-parent` opens the log"
                    .to_owned(),
            );
        }
        Error::Forked { .. } => advice.next = vec![list_branches(&log)],
        Error::ChecksumMismatch { expected, .. } => {
            advice.next = vec![merge_with_another(&log)];
            advice.text = Some(format!(
                "`--expected-tip` names an entry that the log must hold, and no entry of it is {expected}: it is another \
                 log, or has lost its end"
            ));
        }
        Error::Corrupt { offset: 0, reason } if reason.damage() == Damage::Magic => match looks(path) {
            Some(looks) => looks.advise(path, &mut advice),
            None if matches!(reason, CorruptReason::NotALog(_)) => {}
            None => advice.next = vec![validate()],
        },
        Error::Corrupt { reason: CorruptReason::NotALog(_), .. } => {}
        Error::Corrupt { reason, .. } => {
            advice.next = elsewhere_first(&log);
            match reason {
                CorruptReason::TailRefused { entries, entries_after, .. } => {
                    let (kept, cut) = (counted(*entries, "whole entry"), counted(*entries_after, "whole entry"));
                    advice.text = Some(format!(
                        "`--tail truncate` keeps the {kept} before the damage, and cuts the {cut} after it, whose bytes \
                         are kept beside the log: only where those were acknowledged to nobody"
                    ));
                }
                CorruptReason::EntriesBehind { .. } => {
                    advice.text = Some(
                        "`--durable-len BYTES` says what had been checkpointed, `--tail keep` that torn entries were kept"
                            .to_owned(),
                    );
                }
                CorruptReason::Noted { .. } => advice.text = Some(IGNORE_NOTE.to_owned()),
                CorruptReason::Damaged(_) => advice.next = vec![validate()],
                _ => advice.next.push(validate()),
            }
        }
        Error::NoteTipMissing { .. } => {
            advice.next = vec![validate(), merge_with_another(&log)];
            advice.text = Some(IGNORE_NOTE.to_owned());
        }
        Error::WrongCluster { .. } => advice.text = Some("leave `--cluster` out to take the log's own".to_owned()),
        Error::Full { .. } => advice.text = Some(room(role).to_owned()),
        Error::Undecided { cause, .. } => return self::advice(path, cause, role),
        Error::Io { call: IoCall::Save, source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            advice.text = Some(
                "the bytes of a cut tail are kept in a file beside the log, and this directory takes none: \
                 `--discard-tail` cuts without keeping them, `--tail keep` leaves the tail in the log"
                    .to_owned(),
            );
        }
        _ => {}
    }
    advice
}

/// The way on where no other copy is left.
const IGNORE_NOTE: &str =
    "`--ignore-note` opens it without what was recorded as durable: only where no other copy has it";

fn room(role: Role) -> &'static str {
    match role {
        Role::Log => "what was appended before is kept: make room, then continue after it",
        Role::Output => {
            "nothing was written under this name: make room or choose another disk, then run the command again"
        }
        Role::Copy => "what was copied is kept: make room, then run the command again, which continues there",
    }
}

/// What repairs a torn end of this log.
pub(crate) fn cut_torn_end(log: &str) -> Next {
    // Without an input it would wait for one.
    Next::new(
        format!("aof append {log} < /dev/null"),
        "cuts the torn end when it opens the log, and keeps bytes that are not zeros beside it",
    )
}

/// What another copy may have.
pub(crate) fn merge_with_another(log: &str) -> Next {
    Next::new(format!("aof merge -o OUT {log} ANOTHER-COPY"), "fills in what another copy of the log has")
}

/// What lists the branches of a fork.
pub(crate) fn list_branches(log: &str) -> Next {
    Next::new(format!("aof merge -o OUT {log}"), "lists each branch with the --tip that keeps it")
}

/// Before anything is cut: another copy may have it, and what is whole can be had.
fn elsewhere_first(log: &str) -> Vec<Next> {
    vec![
        merge_with_another(log),
        Next::new(format!("aof repair --dry-run {log}"), "reports what is whole in it"),
        Next::new(format!("aof repair -o OUT {log}"), "writes what is whole"),
    ]
}

impl Looks {
    fn advise(self, path: &Path, advice: &mut Advice) {
        let (text, next) = self.advice(path);
        advice.text = Some(text);
        advice.next = next.into_iter().collect();
    }
}
