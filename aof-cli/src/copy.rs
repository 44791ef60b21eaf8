//! `aof copy`: from any backend to any other, verified.

use crate::arguments::{OutputArguments, ThreadArguments};
use crate::exit::{Exit, Failure, Outcome};
use crate::json;
use crate::progress::Progress;
use crate::size::{Size, counted, grouped};
use crate::source::Source;
use aof_api::{AofBackend, CopyOptions, Entries, ReadOptions, copy};
use clap::Args;
use futures::executor::block_on;
use std::io::Write;
use std::path::PathBuf;

/// Copy a log, verified on both sides, from where an earlier copy stopped
///
/// DST is made, or goes on where it ends, if what it holds is the beginning of SRC; anything else is refused, and nothing
/// is overwritten. A new DST is no more open to others than SRC. When the command is done, all of DST is durable and was
/// read back. A copy that was interrupted, by
/// Ctrl-C for instance, is the beginning of SRC: run the command again.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof copy ledger.aof /mnt/backup/ledger.aof\n  \
                        xz -dc archive.aof.xz | aof copy - archive.aof")]
pub(crate) struct CopyArguments {
    /// The log to copy; `-` is standard input
    #[arg(value_name = "SRC")]
    source: PathBuf,
    /// The copy
    #[arg(value_name = "DST")]
    destination: PathBuf,
    #[command(flatten)]
    threads: ThreadArguments,
}

pub(crate) fn run(arguments: &CopyArguments, output: &OutputArguments) -> Outcome {
    let source = Source::open(&arguments.source)?;
    let path = &arguments.destination;
    if path.as_os_str() == "-" {
        return Err(Failure::Usage("DST is a file: a copy is read back, which standard output cannot be".to_owned()));
    }
    if !source.is_stream() {
        let reader = source.reader()?;
        if reader.is_at(path).map_err(Failure::at(path))? {
            return Err(Failure::Usage("SRC and DST are the same file".to_owned()));
        }
        // Nothing is made for what is no log at all.
        let mut entries = Entries::new(reader, ReadOptions::new());
        if let Err(error) = block_on(entries.next())
            && !source.live
        {
            return Err(Failure::at(&source.path)(error));
        }
    }
    let progress = Progress::new(source.len, output);
    let read = ReadOptions::new().verify_threads(source.threads(arguments.threads.count()));
    let options = CopyOptions::new().read(read).live(source.live);
    let copied = block_on(async {
        let backend = Source::options_for_output(std::slice::from_ref(&source)).open_or_create(path);
        let mut destination = backend.map_err(Failure::at(path))?;
        let copied = copy(progress.watch(source.reader()?), &mut destination, options).await;
        progress.finish();
        let copied = copied.map_err(|error| match error {
            aof_api::Error::Corrupt { .. } => Failure::at(&source.path)(error),
            error => Failure::at(path)(error),
        })?;
        destination.close().await.map_err(Failure::at(path))?;
        Ok(copied)
    })?;
    let mut out = std::io::stdout().lock();
    if output.json {
        let object = serde_json::json!({
            "type": "summary",
            "entries": json::number(copied.entries),
            "bytes": json::number(copied.bytes),
            "resumed_at": json::number(copied.resumed_at),
            "pending": json::number(copied.pending),
            "tip": copied.tip.map(|tip| tip.checksum.to_string()),
            "tip_op": copied.tip.map(|tip| json::number(tip.op)),
        });
        json::print(&mut out, &object)?;
        return Ok(Exit::Clean);
    }
    let mut text = format!(
        "copied    {}, {} bytes ({}), durable\n",
        counted(copied.entries, "entry"),
        grouped(copied.bytes),
        Size(copied.bytes)
    );
    if copied.resumed_at > 0 {
        text += &format!("resumed   {} bytes were there already, the same\n", grouped(copied.resumed_at));
    }
    if copied.pending > 0 {
        text += &format!("pending   {} bytes at the end are being written: copy again\n", grouped(copied.pending));
    }
    let tip = copied.tip.map_or_else(|| "none".to_owned(), |tip| format!("{} (op {})", tip.checksum, tip.op));
    writeln!(out, "{text}tip       {tip}").map_err(Failure::output)?;
    Ok(Exit::Clean)
}
