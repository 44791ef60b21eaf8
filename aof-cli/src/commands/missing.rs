//! What is missing in a log is missing in a copy of it, which is whole all the same: it is noted.

use super::judge::{Found, Judge};
use crate::command_line::output::OutputArguments;
use crate::input::source::Source;
use crate::output::failure::Outcome;
use crate::output::json;
use crate::output::json::log::{Finding, plain_note};
use crate::output::out::Out;
use crate::output::progress::Progress;
use crate::output::say::say;
use aof_api::Rule;
use std::path::Path;

/// What is wrong with the chain of the copy at `path`.
pub(super) fn in_copy(path: &Path, output: &OutputArguments) -> Outcome<Vec<Finding>> {
    let copy = Source::open(path)?;
    let mut progress = Progress::new(copy.len, output);
    progress.name("reading back");
    let mut missing = Vec::new();
    let mut judge = Judge::new(Rule::SeenParent, 1, std::slice::from_ref(&copy), &mut progress);
    judge.read(&copy, &progress, |found| {
        if let Found::Finding(_, finding) = found {
            missing.push(finding);
        }
    })?;
    progress.finish();
    Ok(missing)
}

/// Notes it, by its place in the original, which begins at `start` of the log, and is called `what` here.
pub(super) fn note(
    out: &mut Out,
    missing: &[Finding],
    (what, original, start): (&str, &Path, u64),
    output: &OutputArguments,
) -> Outcome<()> {
    for finding in missing {
        let offset = finding.offset + start;
        let text = format!("in {what} at offset {offset}: {}", finding.message);
        if output.json {
            let mut note = plain_note(original, finding.kind, text);
            (note.offset, note.op) = (Some(offset), finding.op);
            note.parent = finding.parent.clone();
            note.missing_first = finding.missing_first.clone();
            note.missing_last = finding.missing_last.clone();
            json::print(out, &note)?;
        } else {
            say!("note {}: {text}", finding.kind);
        }
    }
    Ok(())
}
