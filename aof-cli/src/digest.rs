//! `aof digest`: the data checksum chain alone.

use crate::arguments::{DigestArguments, OutputArguments};
use crate::exit::{Exit, Failure, Outcome};
use crate::json;
use crate::progress::Progress;
use crate::source::Source;
use aof_api::{Digester, Entries, ReadOptions};
use futures::executor::block_on;
use std::io::Write;

pub(crate) fn run(arguments: &DigestArguments, output: &OutputArguments) -> Outcome {
    let sources = Source::open_all(&arguments.logs)?;
    let progress = Progress::new(Source::total_len(&sources), output);
    let mut digester = Digester::new();
    let mut count = 0;
    for source in &sources {
        let options = ReadOptions::new().verify_threads(source.threads(arguments.threads.count()));
        let mut entries = Entries::new(progress.watch(source.reader()?), options);
        while let Some(entry) = block_on(entries.next()).map_err(Failure::at(&source.path))? {
            digester.update(entry.header());
            count += 1;
            progress.set_entries(count);
        }
    }
    progress.finish();
    let digest = digester.digest().to_string();
    let mut out = std::io::stdout().lock();
    if output.json {
        json::print(&mut out, &serde_json::json!({ "type": "digest", "digest": digest }))?;
    } else {
        writeln!(out, "{digest}").map_err(Failure::output)?;
    }
    Ok(Exit::Clean)
}
