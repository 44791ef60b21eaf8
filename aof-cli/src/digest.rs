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
    let progress = Progress::new(sources.iter().map(|source| source.len).sum(), output);
    let options = ReadOptions::new().verify_threads(arguments.threads.count());
    let mut digester = Digester::new();
    for source in &sources {
        let mut entries = Entries::new(progress.watch(source.reader()?), options);
        while let Some(entry) = block_on(entries.next()).map_err(Failure::at(&source.path))? {
            digester.update(entry.header());
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
