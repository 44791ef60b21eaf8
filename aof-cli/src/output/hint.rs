//! What to do next, where the error of the library cannot know that it is the tool that asks.

use crate::command_line::size::counted;
use crate::output::paths::quoted;
use crate::output::text::looks_like_text;
use aof_api::Error;
use aof_api::format::Damage;
use aof_api::storage::CorruptReason;
use std::path::Path;

/// What to do about this error of this log.
pub(crate) fn hint(path: &Path, error: &Error) -> Option<String> {
    let log = quoted(path);
    Some(match error {
        Error::ChainBroken { .. } => format!(
            "a log of a restarted or state-synced replica needs `--rule seen-parent` or `--rule tb`; \
             `aof validate {log}` lists everything that is wrong"
        ),
        Error::Forked { .. } => {
            format!("`aof merge -o OUT {log}` lists each history with the `--tip` that keeps it: append to OUT then")
        }
        Error::ChecksumMismatch { expected, .. } => format!(
            "`--expected-tip` names an entry that the log must hold, and no entry of it is {expected}: it is another log, or \
             has lost its end; `aof merge -o OUT {log} ANOTHER-COPY` fills in what another copy has"
        ),
        Error::Corrupt { offset: 0, reason } if reason.damage() == Damage::Magic && looks_like_text(path) => text(path),
        Error::Corrupt { reason: CorruptReason::NotALog(_), .. } => return None,
        Error::Corrupt { reason: CorruptReason::TailRefused { entries, entries_behind, .. }, .. } => {
            let (kept, cut) = (counted(*entries, "whole entry"), counted(*entries_behind, "whole entry"));
            let elsewhere = elsewhere_first(&log);
            format!(
                "{elsewhere}`--tail truncate` keeps the {kept} before the damage, and cuts the {cut} behind it, whose bytes \
                 are kept beside the log: only where those were acknowledged to nobody"
            )
        }
        Error::Corrupt { reason: CorruptReason::EntriesBehind { .. }, .. } => {
            elsewhere_first(&log)
                + "`--durable-len BYTES` says what had been checkpointed, `--tail keep` that torn entries were kept"
        }
        Error::Corrupt { reason: CorruptReason::Acknowledged { .. } | CorruptReason::Durable { .. }, .. } => {
            elsewhere_first(&log)
                + &format!("`aof validate {log}` lists everything that is wrong, and what is unaffected")
        }
        Error::Corrupt { .. } => format!("`aof validate {log}` lists everything that is wrong, and what is unaffected"),
        Error::WrongCluster { .. } => "leave `--cluster` out to take the log's own".to_owned(),
        Error::Full { .. } => "what was appended before is kept: make room, then go on behind it".to_owned(),
        _ => return None,
    })
}

/// What mends a torn end of this log, as it is pasted, and what that does.
pub(crate) fn cut_torn_end(log: &str) -> (String, &'static str) {
    // Without an input it would wait for one.
    (
        format!("aof append {log} < /dev/null"),
        "cuts the torn end when it opens the log, and keeps bytes that are not zeros beside it",
    )
}

/// Before anything is cut: another copy may have it, and what is whole can be had.
fn elsewhere_first(log: &str) -> String {
    format!(
        "`aof merge -o OUT {log} ANOTHER-COPY` fills in what another copy of the log has\n  \
         `aof repair --dry-run {log}` says what is whole in it, `aof repair -o OUT {log}` writes that\n  "
    )
}

/// Of a file that is no log and looks like text.
pub(crate) fn if_text(path: &Path) -> Option<String> {
    looks_like_text(path).then(|| text(path))
}

fn text(path: &Path) -> String {
    let (name, file) = (path.display(), quoted(path));
    format!("{name} looks like text, not like a log: `aof append LOG < {file}` makes entries of its lines")
}
