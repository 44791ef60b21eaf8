//! `aof digest`: the data checksum chain alone.

use crate::command_line::digest::DigestArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{counted, grouped};
use crate::input::source::{LogReader, Source};
use crate::output::exit::{Exit, Failure, Outcome};
use crate::output::json;
use crate::output::progress::{Progress, Watched};
use anstream::eprintln;
use aof_api::format::Digester;
use aof_api::read::{self, DamagedRange};
use aof_api::{Entries, Error, Operation};
use futures::executor::block_on;
use std::io::Write;

pub(crate) fn run(arguments: &DigestArguments, output: &OutputArguments) -> Outcome {
    let sources = Source::open_all(&arguments.logs)?;
    let progress = Progress::new(Source::total_len(&sources), output);
    let mut digesting =
        Digesting { progress, digester: Digester::new(), entries: 0, not_counted: 0, surprising: 0, pending: 0 };
    for source in &sources {
        let options = read::Options::new().verify_threads(source.threads(arguments.threads.count()));
        digesting.read(source, Entries::new(digesting.progress.watch(source.reader()?), options))?;
    }
    digesting.finish(output)
}

struct Digesting {
    progress: Progress,
    digester: Digester,
    entries: u64,
    /// Entries whose operation adds nothing to the digest.
    not_counted: u64,
    /// Those among them that are not the protocol's own, which every log of a replica has.
    surprising: u64,
    /// Bytes at the ends of logs that are being written.
    pending: u64,
}

impl Digesting {
    fn read(&mut self, source: &Source, mut entries: Entries<Watched<LogReader>>) -> Outcome<()> {
        let failure = Failure::at(&source.path);
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) => {
                    self.digester.update(entry.header());
                    self.entries += 1;
                    let operation = entry.header().operation();
                    let not_counted = !operation.is_replayable();
                    self.not_counted += u64::from(not_counted);
                    self.surprising += u64::from(not_counted && operation.0 >= Operation::STATE_MACHINE_MIN.0);
                    self.progress.set_entries(self.entries);
                }
                Ok(None) => return Ok(()),
                Err(error @ Error::Corrupt { .. }) if source.live => {
                    match block_on(entries.resync()).map_err(&failure)? {
                        Some(DamagedRange { torn_end: true, len, .. }) => {
                            self.pending += len;
                            return Ok(());
                        }
                        Some(_) => return Err(failure(error)),
                        // It is whole by now.
                        None => {}
                    }
                }
                Err(error) => return Err(failure(error)),
            }
        }
    }

    fn finish(self, output: &OutputArguments) -> Outcome {
        let Digesting { progress, digester, entries, not_counted, surprising, pending } = self;
        progress.finish();
        let digest = digester.digest().to_string();
        let mut out = std::io::stdout().lock();
        if output.json {
            let object = serde_json::json!({
                "type": "digest",
                "digest": digest,
                "entries": json::number(entries),
                "not_counted": json::number(not_counted),
                "pending": json::number(pending),
            });
            json::print(&mut out, &object)?;
            return Ok(Exit::Clean);
        }
        writeln!(out, "{digest}").map_err(Failure::output)?;
        if surprising > 0 {
            eprintln!(
                "note: {} of {} not counted: the digest covers the operations that TigerBeetle replays, 128 to 130, 138, \
                 139, 146 and 147",
                grouped(surprising),
                counted(entries, "entry")
            );
        }
        if pending > 0 {
            eprintln!("note: {} bytes at the end are being written, and not counted", grouped(pending));
        }
        Ok(Exit::Clean)
    }
}
