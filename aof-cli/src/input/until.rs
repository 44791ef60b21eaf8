//! A log up to a point in time: where that is.

use super::source::Source;
use crate::output::failure::{Failure, Outcome};
use aof_api::read::{self, Until};
use aof_api::{Entries, Error};
use futures::executor::block_on;

/// Where the first entry past `until` begins, in bytes; `None` where there is none before damage. The log is read up to
/// there.
pub(crate) fn end_of(source: &Source, until: Until) -> Outcome<Option<u64>> {
    if source.is_stream() {
        return Err(Failure::Usage("a copy up to an op or a time needs a file, not a stream".to_owned()));
    }
    let failure = Failure::at(&source.path);
    let mut entries = Entries::new(source.reader()?, read::Options::new());
    let mut last = None;
    loop {
        match block_on(entries.next()) {
            Ok(Some(entry)) if until.is_past(entry.header()) => return Ok(Some(entry.offset)),
            Ok(Some(entry)) => last = Some((entry.op(), entry.offset + entry.size_disk())),
            // After the last op that is wanted, damage does not matter.
            Err(Error::Corrupt { .. }) => {
                let reached = last.filter(|(op, _)| matches!(until, Until::Op(until) if *op >= until));
                return Ok(reached.map(|(_, end)| end));
            }
            Ok(None) => return Ok(None),
            Err(error) => return Err(failure(error)),
        }
    }
}
