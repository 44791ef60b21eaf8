//! What the records of a Raft log say: a second pass, because the first one hands out findings, not entries.

use crate::input::source::Source;
use crate::output::failure::{Failure, Outcome};
use crate::output::openraft::summary::Summary;
use aof_api::{Entries, Error, read};
use futures::executor::block_on;

/// Refuses what cannot be read twice.
pub(super) fn check(sources: &[Source]) -> Outcome<()> {
    match sources.iter().any(Source::is_stream) {
        true => Err(Failure::Usage(
            "--decode reads the log a second time, which a pipe does not allow: give a file, or use `aof stat --decode`"
                .to_owned(),
        )),
        false => Ok(()),
    }
}

/// Reads the records of every file; damage, which was reported, is passed over.
pub(super) fn read(sources: &[Source]) -> Outcome<Summary> {
    let mut summary = Summary::default();
    for source in sources {
        let mut entries = Entries::new(source.reader()?, read::Options::new());
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) => summary.add(entry.header().operation(), entry.body()),
                Ok(None) => break,
                Err(Error::Corrupt { .. }) => drop(block_on(entries.resync()).map_err(Failure::at(&source.path))?),
                Err(error) => return Err(Failure::at(&source.path)(error)),
            }
        }
    }
    Ok(summary)
}
