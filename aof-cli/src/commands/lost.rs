//! What the storage recorded as durable and the log does not hold: the same for every command that reads to the end.

use crate::input::source::Source;
use crate::output::failure::{Failure, Outcome};
use crate::output::json::log::{self, Finding};
use aof_api::validate::FindingKind;
use futures::executor::block_on;

/// The finding that acknowledged data is lost, where the note of a log in segments says so.
pub(super) fn lost(source: &Source) -> Outcome<Option<Finding>> {
    let Some(noted) = source.noted()? else { return Ok(None) };
    if block_on(noted.is_held(source.reader()?)).map_err(Failure::at(&source.path))? {
        return Ok(None);
    }
    let (covered, tip) = (noted.covered(), noted.tip());
    let offset = covered.min(source.start + source.len.unwrap_or(0));
    Ok(Some(log::found(&source.path, offset, Some(tip.op), &FindingKind::Lost { covered, tip })))
}
