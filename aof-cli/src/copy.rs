//! `aof copy`: from any backend to any other, verified.

use crate::arguments::{OutputArguments, ThreadArguments};
use crate::exit::{Exit, Failure, Outcome};
use crate::fresh::Fresh;
use crate::hint::cut_torn_end;
use crate::json;
use crate::paths::{quoted, refuse_directory};
use crate::progress::Progress;
use crate::size::{Size, counted, grouped};
use crate::source::Source;
use crate::text::looks_like_text;
use aof_api::{AofBackend, Copied, Copier, CopyOptions, DamagedRange, Entries, Error, ReadOptions};
use clap::Args;
use futures::executor::block_on;
use std::io::Write;
use std::path::PathBuf;

/// Copy a log, verified on both sides, from where an earlier copy stopped
///
/// DST is made, or goes on where it ends, if what it holds is the beginning of SRC; anything else is refused, and nothing
/// is overwritten. At damage in SRC the copy ends, and what comes before it is kept: exit code 1. A new DST is no more open to others than SRC. When the command is done, all of DST is durable and was
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
    refuse_directory(path, source.name())?;
    let mut report = Report { arguments, source: &source, output, copied: Copied::default(), stopped: None };
    if !source.is_stream() {
        let reader = source.reader()?;
        if reader.is_at(path).map_err(Failure::at(path))? {
            return Err(Failure::Refused("SRC and DST are the same file: choose another name for DST".to_owned()));
        }
        // Nothing is made for what is no log at all.
        let mut entries = Entries::new(reader, ReadOptions::new());
        match block_on(entries.next()).map(drop) {
            Err(error @ Error::Corrupt { .. }) if !source.live => {
                report.stopped = block_on(entries.resync()).map_err(Failure::at(&source.path))?;
                report.print()?;
                return Err(report.stop(&error));
            }
            Err(error) if !source.live => return Err(Failure::at(&source.path)(error)),
            _ => {}
        }
    }
    let mut progress = Progress::new(source.len, output);
    let read = ReadOptions::new().verify_threads(source.threads(arguments.threads.count()));
    let mut copier = Copier::new(CopyOptions::new().read(read).live(source.live));
    progress.follow_entries(copier.entries_so_far());
    let fresh = Fresh::look(path);
    let backend = Source::options_for_output(std::slice::from_ref(&source)).open_or_create(path);
    let mut destination = backend.map_err(Failure::at(path))?;
    let copied = block_on(copier.copy(progress.watch(source.reader()?), &mut destination));
    progress.finish();
    (report.copied, report.stopped) = (copier.copied(), copier.stopped());
    let closed = block_on(destination.close());
    drop(destination);
    let stopped = match copied {
        Ok(_) => None,
        Err(error @ Error::Corrupt { .. }) => Some(report.stop(&error)),
        Err(error) => return Err(Failure::at(path)(error)),
    };
    if let Some(stopped) = &stopped {
        fresh.discard_after(stopped);
    }
    closed.map_err(Failure::at(path))?;
    report.print()?;
    stopped.map_or(Ok(Exit::Clean), Err)
}

/// What was copied, and what stopped it.
struct Report<'a> {
    arguments: &'a CopyArguments,
    source: &'a Source,
    output: &'a OutputArguments,
    copied: Copied,
    stopped: Option<DamagedRange>,
}

impl Report<'_> {
    fn print(&self) -> Outcome<()> {
        let Copied { entries, bytes, resumed_at, tip, pending } = self.copied;
        let mut out = std::io::stdout().lock();
        if self.output.json {
            let mut object = serde_json::json!({
                "type": "summary",
                "complete": self.stopped.is_none(),
                "entries": json::number(entries),
                "bytes": json::number(bytes),
                "resumed_at": json::number(resumed_at),
                "pending": json::number(pending),
                "tip": tip.map(|tip| tip.checksum.to_string()),
                "tip_op": tip.map(|tip| json::number(tip.op)),
            });
            if let Some(DamagedRange { offset, len, damage, op, zeros, torn_end, .. }) = self.stopped {
                object["stopped_at"] = json::number(offset);
                object["damage"] = serde_json::json!({
                    "offset": json::number(offset),
                    "len": json::number(len),
                    "op": op.map(json::number),
                    "zeros": zeros,
                    "torn_end": torn_end,
                    "message": damage.to_string(),
                });
                object["next"] = self.next().into_iter().map(|(command, _)| command).collect::<Vec<_>>().into();
            }
            return json::print(&mut out, &object);
        }
        if self.stopped.is_some() && entries == 0 {
            return Ok(());
        }
        let (counted, grouped_bytes) = (counted(entries, "entry"), grouped(bytes));
        let mut text = format!("copied    {counted}, {grouped_bytes} bytes ({}), durable\n", Size(bytes));
        if resumed_at > 0 {
            text += &format!("resumed   {} bytes were there already, the same\n", grouped(resumed_at));
        }
        if pending > 0 {
            text += &format!("pending   {} bytes at the end are being written: copy again\n", grouped(pending));
        }
        let tip = tip.map_or_else(|| "none".to_owned(), |tip| format!("{} (op {})", tip.checksum, tip.op));
        writeln!(out, "{text}tip       {tip}").map_err(Failure::output)
    }

    /// Damage in the source: what it is, where the copy ends, and what to do next.
    fn stop(&self, error: &Error) -> Failure {
        let (name, copy) = (self.source.path.display(), self.arguments.destination.display());
        if let Error::Corrupt { offset: 0, .. } = error
            && looks_like_text(&self.source.path)
        {
            return Failure::at(&self.source.path)(error.clone());
        }
        let ends = match self.copied.tip {
            Some(tip) => format!("the copy ends there, behind op {}; all of {copy} up to there is durable", tip.op),
            None => "nothing was copied".to_owned(),
        };
        let torn = self.stopped.filter(|stopped| stopped.torn_end).map_or_else(String::new, |stopped| {
            let len = grouped(stopped.len);
            format!(" (a torn end, {len} bytes: an entry that was begun and never finished, and nothing says that it was acknowledged)")
        });
        let mut text = format!("{name}: {error}{torn}; {ends}");
        for (command, why) in self.next() {
            text += &format!("\n  {command}   {why}");
        }
        Failure::Problem(text)
    }

    /// What to do about damage in the source.
    fn next(&self) -> Vec<(String, &'static str)> {
        let source = self.source.in_command();
        let copy = quoted(&self.arguments.destination);
        let again = if self.source.is_stream() { "-".to_owned() } else { source.clone() };
        let torn = self.stopped.is_some_and(|stopped| stopped.torn_end);
        let mut next = Vec::new();
        if torn {
            next.push(cut_torn_end(&source));
        }
        next.push((
            format!("aof merge -o OUT {source} ANOTHER-COPY"),
            "fills in what another copy of the log has: copy that instead",
        ));
        // Before a torn end all is whole, and was copied.
        if !torn {
            next.push((format!("aof repair -o OUT {source}"), "writes what is whole, and says what is lost"));
        }
        next.push((format!("aof copy {again} {copy}"), "goes on there, once the damage was mended"));
        next
    }
}
